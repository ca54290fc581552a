/** A content-signing hierarchy for the tests: a root, an issuing authority, and leaves of each algorithm under it. */
import { generateKeyPairSync } from 'node:crypto'
import { encodePem } from '@countersign/codec'
import {
  Certificate,
  createSigner,
  extensions,
  keyIdentifier,
  name,
  randomSerialNumber,
  type SignatureAlgorithm,
  type Signer,
  signCertificate,
} from '@countersign/pki'

export type Entity = { readonly certificate: Certificate; readonly signer: Signer }

export const CLAIM_SIGNING = '1.3.6.1.4.1.62558.2.1'
export const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
export const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

const DAY = 86_400_000

type Profile = {
  readonly algorithm?: SignatureAlgorithm
  readonly curve?: 'P-256' | 'P-384' | 'P-521'
  readonly issuer?: Entity
  /** Extended key usages of a leaf; an authority has none. */
  readonly purposes?: readonly string[]
  /** URL of the OCSP responder that the certificate names. */
  readonly responder?: string
}

export async function issue(commonName: string, profile: Profile = {}): Promise<Entity> {
  const { algorithm = 'ES256', issuer, purposes } = profile
  const signer = await newSigner(algorithm, profile.curve)
  const authority = issuer?.signer ?? signer
  const isTimeStamping = purposes?.includes(TIME_STAMPING) ?? false
  const bytes = await signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: issuer?.certificate.subject ?? name({ C: 'DE', O: 'Example', CN: commonName }),
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + 90 * DAY),
      subject: name({ C: 'DE', O: 'Example', CN: commonName }),
      publicKey: signer.publicKey,
      extensions: [
        extensions.subjectKeyIdentifier(keyIdentifier(signer.publicKey)),
        extensions.authorityKeyIdentifier(keyIdentifier(authority.publicKey)),
        ...(purposes
          ? [
              extensions.keyUsage(['digitalSignature']),
              extensions.extendedKeyUsage(purposes, { critical: isTimeStamping }),
            ]
          : [extensions.basicConstraints({ cA: true }), extensions.keyUsage(['keyCertSign', 'cRLSign'])]),
        ...(profile.responder === undefined
          ? []
          : [extensions.authorityInformationAccess({ ocsp: profile.responder })]),
      ],
    },
    authority,
  )
  return { certificate: Certificate.decode(bytes), signer }
}

async function newSigner(algorithm: SignatureAlgorithm, curve?: string): Promise<Signer> {
  const namedCurve = curve ?? { ES256: 'P-256', ES384: 'P-384' }[algorithm as string] ?? 'P-521'
  const { privateKey } = algorithm.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve })
    : algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return createSigner(algorithm, new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })))
}

export const root: Entity = await issue('Example Root')
export const authority: Entity = await issue('Example Content Signing CA', { issuer: root })
export const rootPem: string = encodePem('CERTIFICATE', root.certificate.bytes)

/** What `sign` needs of a credential. */
export async function credential(
  algorithm: SignatureAlgorithm = 'ES256',
  curve?: Profile['curve'],
): Promise<{ signer: Signer; certificates: readonly Uint8Array[] }> {
  const leaf = await issue('Example Signer', {
    algorithm,
    ...(curve ? { curve } : {}),
    issuer: authority,
    purposes: [CLAIM_SIGNING, EMAIL_PROTECTION],
  })
  return { signer: leaf.signer, certificates: [leaf.certificate.bytes, authority.certificate.bytes] }
}
