/** Keys and certificates for tests: an authority issues another with one line, and each test changes the one thing it is about. */
import { generateKeyPairSync } from 'node:crypto'
import {
  Certificate,
  type CertificateTemplate,
  createSigner,
  type Extension,
  extensions,
  keyIdentifier,
  name,
  oids,
  type SignatureAlgorithm,
  type Signer,
  signCertificate,
} from '../src/index.ts'

export type Entity = { readonly certificate: Certificate; readonly signer: Signer; readonly privateKey: Uint8Array }

export const DAY = 86_400_000
/** The moment at which the tests take place. */
export const NOW: Date = new Date('2026-06-01T12:00:00Z')

/** A new key for that algorithm, as PKCS#8. */
export function newPrivateKey(algorithm: SignatureAlgorithm, { bits = 2048 } = {}): Uint8Array {
  const { privateKey } =
    algorithm === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : algorithm.startsWith('ES')
        ? generateKeyPairSync('ec', {
            namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm as 'ES256'],
          })
        : generateKeyPairSync('rsa', { modulusLength: bits })
  return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
}

let serialNumber = 0x4000_0000_0000_0000n

export type Changes = Partial<CertificateTemplate> & {
  readonly privateKey?: Uint8Array
  readonly algorithm?: SignatureAlgorithm
  /** Extensions to put in place of those of the same id, or beside the others. */
  readonly with?: readonly Extension[]
  /** Ids of extensions to leave out. */
  readonly without?: readonly string[]
}

/** An authority: a root when no issuer is given. */
export async function authority(label: string, issuer?: Entity, changes: Changes = {}): Promise<Entity> {
  return await issue(label, issuer, changes, (publicKey, issuerKey) => [
    extensions.basicConstraints({ cA: true }),
    extensions.keyUsage(['keyCertSign', 'cRLSign']),
    extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
    extensions.authorityKeyIdentifier(keyIdentifier(issuerKey)),
  ])
}

/** An end-entity that may sign, for client authentication unless said. */
export async function endEntity(label: string, issuer: Entity | undefined, changes: Changes = {}): Promise<Entity> {
  return await issue(label, issuer, changes, (publicKey, issuerKey) => [
    extensions.basicConstraints({ cA: false }),
    extensions.keyUsage(['digitalSignature']),
    extensions.extendedKeyUsage([oids.clientAuth]),
    extensions.subjectKeyIdentifier(keyIdentifier(publicKey)),
    extensions.authorityKeyIdentifier(keyIdentifier(issuerKey)),
  ])
}

async function issue(
  label: string,
  issuer: Entity | undefined,
  changes: Changes,
  profile: (publicKey: Uint8Array, issuerKey: Uint8Array) => readonly Extension[],
): Promise<Entity> {
  const { privateKey: givenKey, algorithm = 'ES256', with: added = [], without = [], ...template } = changes
  const privateKey = givenKey ?? newPrivateKey(algorithm)
  const signer = await createSigner(algorithm, privateKey)
  const issuing = issuer?.signer ?? signer
  const left = profile(template.publicKey ?? signer.publicKey, issuing.publicKey).filter(
    ({ id }) => !without.includes(id) && !added.some((extension) => extension.id === id),
  )
  const subject = template.subject ?? name({ O: 'Example', CN: label })
  const bytes = await signCertificate(
    {
      serialNumber: serialNumber++,
      issuer: issuer?.certificate.subject ?? subject,
      notBefore: new Date(NOW.getTime() - DAY),
      notAfter: new Date(NOW.getTime() + 90 * DAY),
      subject,
      publicKey: signer.publicKey,
      extensions: [...left, ...added],
      ...template,
    },
    issuing,
  )
  return { certificate: Certificate.decode(bytes), signer, privateKey }
}
