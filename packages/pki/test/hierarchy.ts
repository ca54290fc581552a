/** A small PKI made for the tests: a root, an issuing authority, and whatever is to be issued under it. */
import { generateKeyPairSync } from 'node:crypto'
import { encodePem } from '@countersign/codec'
import {
  Certificate,
  createSigner,
  type Extension,
  extensions,
  keyIdentifier,
  type Name,
  name,
  randomSerialNumber,
  type SignatureAlgorithm,
  type Signer,
  signCertificate,
} from '../src/index.ts'

/** A certificate with the key it was made for. */
export type Identity = {
  readonly certificate: Certificate
  readonly signer: Signer
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array
}

export const NOT_BEFORE: Date = new Date('2026-01-01T00:00:00Z')
export const NOT_AFTER: Date = new Date('2036-01-01T00:00:00Z')

export async function newSigner(algorithm: SignatureAlgorithm): Promise<{ signer: Signer; privateKey: Uint8Array }> {
  const { privateKey } = algorithm.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384' }[algorithm as string] ?? 'P-521' })
    : algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const bytes = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
  return { signer: await createSigner(algorithm, bytes), privateKey: bytes }
}

export type Wanted = {
  readonly subject: Name
  readonly algorithm?: SignatureAlgorithm
  readonly extensions: readonly Extension[]
  readonly notBefore?: Date
  readonly notAfter?: Date
}

/** Issues a certificate for a new key; self-signed without an issuer. */
export async function issue(wanted: Wanted, issuer?: Identity): Promise<Identity> {
  const { signer, privateKey } = await newSigner(wanted.algorithm ?? 'ES256')
  const authority = issuer?.signer ?? signer
  const bytes = await signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: issuer?.certificate.subject ?? wanted.subject,
      notBefore: wanted.notBefore ?? NOT_BEFORE,
      notAfter: wanted.notAfter ?? NOT_AFTER,
      subject: wanted.subject,
      publicKey: signer.publicKey,
      extensions: [
        extensions.subjectKeyIdentifier(keyIdentifier(signer.publicKey)),
        extensions.authorityKeyIdentifier(keyIdentifier(authority.publicKey)),
        ...wanted.extensions,
      ],
    },
    authority,
  )
  return { certificate: Certificate.decode(bytes), signer, privateKey }
}

export async function issueAuthority(
  commonName: string,
  issuer?: Identity,
  algorithm: SignatureAlgorithm = 'ES256',
): Promise<Identity> {
  return issue(
    {
      subject: name({ C: 'DE', O: 'Example', CN: commonName }),
      algorithm,
      extensions: [
        extensions.basicConstraints({ cA: true }),
        extensions.keyUsage(['keyCertSign', 'cRLSign', 'digitalSignature']),
      ],
    },
    issuer,
  )
}

export async function issueLeaf(
  commonName: string,
  issuer: Identity,
  purposes: readonly string[],
  options: Partial<Wanted> & { readonly criticalPurposes?: boolean } = {},
): Promise<Identity> {
  return issue(
    {
      subject: name({ C: 'DE', O: 'Example', CN: commonName }),
      extensions: [
        extensions.keyUsage(['digitalSignature']),
        extensions.extendedKeyUsage(purposes, { critical: options.criticalPurposes ?? false }),
      ],
      ...options,
    },
    issuer,
  )
}

export function pem({ certificate }: Identity): string {
  return encodePem('CERTIFICATE', certificate.bytes)
}
