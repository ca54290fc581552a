/** Making certificates: build what is to be signed, sign it, put both together. RFC 5280 §4.1. */
import { der, encodeHex } from '@countersign/codec'
import { randomBytes } from '#crypto'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import type { SignatureAlgorithm, Signer } from '../crypto/port.ts'
import { PublicKey } from '../crypto/public-key.ts'
import { signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { PkiError } from '../error.ts'
import { TbsCertificate } from './certificate.ts'
import type { Extension } from './extension.ts'
import type { Name } from './name.ts'

/** All that a certificate says. */
export type CertificateTemplate = {
  readonly serialNumber: bigint
  readonly issuer: Name
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly extensions: readonly Extension[]
}

const LARGEST_SERIAL_NUMBER = 1n << 159n

/** The TBSCertificate to sign with that algorithm. Throws PkiError for what no certificate may say. */
export function toBeSigned(template: CertificateTemplate, algorithm: SignatureAlgorithm): Uint8Array {
  const { serialNumber, issuer, notBefore, notAfter, subject, publicKey, extensions } = template
  if (serialNumber <= 0n || serialNumber >= LARGEST_SERIAL_NUMBER)
    throw new PkiError('invalid_argument', 'serialNumber: positive and at most 20 octets (RFC 5280 §4.1.2.2)')
  if (!(notBefore.getTime() <= notAfter.getTime()))
    throw new PkiError('invalid_argument', 'notAfter: not before notBefore')
  if (new Set(extensions.map(({ id }) => id)).size !== extensions.length)
    throw new PkiError('invalid_argument', 'extensions: each at most once (RFC 5280 §4.2)')
  return TbsCertificate.encode({
    version: 2,
    serialNumber,
    signature: signatureAlgorithmIdentifier(algorithm),
    issuer,
    validity: { notBefore, notAfter },
    subject,
    subjectPublicKeyInfo: PublicKey.decode(publicKey),
    ...(extensions.length > 0 && { extensions }),
  })
}

/** The certificate of a TBSCertificate and the signature over it. */
export function assembleCertificate(tbs: Uint8Array, algorithm: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  return der.writeElement(0x30, [
    tbs,
    AlgorithmIdentifier.encode(signatureAlgorithmIdentifier(algorithm)),
    der.bitStringBytes.encode(signature),
  ])
}

/** Builds and signs a certificate; `signer` holds the issuer's key. */
export async function signCertificate(template: CertificateTemplate, signer: Signer): Promise<Uint8Array> {
  const tbs = toBeSigned(template, signer.algorithm)
  return assembleCertificate(tbs, signer.algorithm, await signer.sign(tbs))
}

/** 159 random bits, never 0: positive, and unique without asking anyone (RFC 5280 §4.1.2.2). */
export function randomSerialNumber(): bigint {
  const bytes = randomBytes(20)
  bytes[0] = (bytes[0] as number) & 0x7f
  // The chance that this is 0 is one in 2^159, and toBeSigned refuses it.
  return BigInt(`0x${encodeHex(bytes)}`)
}
