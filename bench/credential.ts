/** A root, and content credentials under it as a C2PA validator wants them, made anew for each run. */
import { generateKeyPairSync } from 'node:crypto'
import { encodePem } from '@countersign/codec'
import {
  createSigner,
  extensions,
  keyIdentifier,
  name,
  randomSerialNumber,
  type SignatureAlgorithm,
  type Signer,
  signCertificate,
} from '@countersign/pki'

export type BenchCredential = {
  readonly algorithm: 'ES256' | 'PS256'
  readonly signer: Signer
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array
  readonly privateKeyPem: string
  /** Leaf first, without the root; DER. */
  readonly certificates: readonly Uint8Array[]
  readonly chainPem: string
  readonly root: Uint8Array
  readonly rootPem: string
}

const DAY = 86_400_000
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
const CLAIM_SIGNING = '1.3.6.1.4.1.62558.2.1'

/** A new private key, PKCS#8. */
export function newKey(algorithm: SignatureAlgorithm): Uint8Array {
  const { privateKey } =
    algorithm === 'PS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ format: 'der', type: 'pkcs8' })
}

/** A credential of one authority below a root. */
export async function benchCredential(algorithm: 'ES256' | 'PS256'): Promise<BenchCredential> {
  const rootSigner = await createSigner('ES256', newKey('ES256'))
  const authoritySigner = await createSigner('ES256', newKey('ES256'))
  const privateKey = newKey(algorithm)
  const signer = await createSigner(algorithm, privateKey)
  const rootName = name({ CN: 'Bench Root', O: 'Bench' })
  const authorityName = name({ CN: 'Bench Authority', O: 'Bench' })
  const authorityOf = (issuer: Signer, subject: Signer, pathLength?: number) => [
    extensions.basicConstraints({ cA: true, ...(pathLength === undefined ? {} : { pathLenConstraint: pathLength }) }),
    extensions.keyUsage(['keyCertSign', 'cRLSign']),
    extensions.subjectKeyIdentifier(keyIdentifier(subject.publicKey)),
    extensions.authorityKeyIdentifier(keyIdentifier(issuer.publicKey)),
  ]
  const dates = (days: number) => ({
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + days * DAY),
    serialNumber: randomSerialNumber(),
  })
  const root = await signCertificate(
    {
      ...dates(3650),
      issuer: rootName,
      subject: rootName,
      publicKey: rootSigner.publicKey,
      extensions: authorityOf(rootSigner, rootSigner),
    },
    rootSigner,
  )
  const authority = await signCertificate(
    {
      ...dates(1825),
      issuer: rootName,
      subject: authorityName,
      publicKey: authoritySigner.publicKey,
      extensions: authorityOf(rootSigner, authoritySigner, 0),
    },
    rootSigner,
  )
  const leaf = await signCertificate(
    {
      ...dates(365),
      issuer: authorityName,
      subject: name({ CN: 'Bench Signer', O: 'Bench', C: 'DE' }),
      publicKey: signer.publicKey,
      extensions: [
        extensions.basicConstraints({ cA: false }),
        extensions.keyUsage(['digitalSignature', 'nonRepudiation']),
        extensions.extendedKeyUsage([CLAIM_SIGNING, EMAIL_PROTECTION]),
        extensions.subjectKeyIdentifier(keyIdentifier(signer.publicKey)),
        extensions.authorityKeyIdentifier(keyIdentifier(authoritySigner.publicKey)),
      ],
    },
    authoritySigner,
  )
  const pem = (der: Uint8Array): string => encodePem('CERTIFICATE', der)
  return {
    algorithm,
    signer,
    privateKey,
    privateKeyPem: encodePem('PRIVATE KEY', privateKey),
    certificates: [leaf, authority],
    chainPem: pem(leaf) + pem(authority),
    root,
    rootPem: pem(root),
  }
}
