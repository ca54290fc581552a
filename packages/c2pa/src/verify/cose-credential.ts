/** The certificates that a COSE signature comes with, and whether their key made it. C2PA 2.2 §13.2, §14.2 and §14.5. */
import { type Certificate, ecdsaSignatureFromRaw, verifySignature } from '@countersign/pki'
import type { CborValue } from '../cbor.ts'
import { type CoseAlgorithm, type CoseSign1, decodeCoseSign1, HEADER, signatureStructure } from '../cose/sign1.ts'
import { curveBytes, keySuits } from './signing-credential.ts'
import { decodeCertificate } from './trust.ts'
import { MORE_EVIDENCE, spendEvidence, type Verification } from './verification.ts'

/** COSE's `crit`: none of what it could name is known here. RFC 9052 §3.1. */
const CRITICAL = 2

/** The COSE structure, or what is wrong with it. */
export function readSign1(bytes: Uint8Array): CoseSign1 | string {
  try {
    const sign1 = decodeCoseSign1(bytes)
    const { protectedHeader, unprotectedHeader } = sign1
    return protectedHeader.has(CRITICAL) || unprotectedHeader.has(CRITICAL) ? 'a header is critical' : sign1
  } catch (error) {
    return (error as Error).message
  }
}

/** The head of COSE_Sign1_Tagged: tag 18. RFC 9052 §4.2. */
const TAGGED = 0xd2

/** One that is tagged, and whose payload stands elsewhere. C2PA 2.2 §13.2. */
export function readDetachedSign1(bytes: Uint8Array): CoseSign1 | string {
  if (bytes[0] !== TAGGED) return 'it is no COSE_Sign1_Tagged'
  const sign1 = readSign1(bytes)
  return typeof sign1 === 'string' || sign1.payload === null ? sign1 : 'its payload is not detached'
}

/** Leaf first. */
export type Chain = readonly [Certificate, ...Certificate[]]

const MOST_CERTIFICATES = 32

/** The certificates of `x5chain`, or why they are no credential. §14.2, §14.5. */
export function readCredential(
  verification: Verification,
  { protectedHeader, unprotectedHeader }: CoseSign1,
): Chain | string {
  // Versions 1.x wrote the label as text; where both are, the number counts.
  for (const label of [HEADER.certificateChain, 'x5chain']) {
    const inProtected = protectedHeader.get(label)
    const inUnprotected = unprotectedHeader.get(label)
    if (inProtected !== undefined && inUnprotected !== undefined) return 'there are two credentials'
    const value = inProtected ?? inUnprotected
    if (value !== undefined) return decodeChain(verification, value)
  }
  return 'there is no certificate'
}

function decodeChain(verification: Verification, value: CborValue): Chain | string {
  const list: readonly CborValue[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || list.length > MOST_CERTIFICATES) return `a chain of ${list.length} certificates`
  try {
    const chain = list.map((bytes) => {
      if (!(bytes instanceof Uint8Array)) throw new TypeError('a certificate that is no byte string')
      if (!spendEvidence(verification, bytes)) throw new RangeError(MORE_EVIDENCE)
      return decodeCertificate(bytes)
    })
    return chain as unknown as Chain
  } catch (error) {
    return `a certificate can not be read: ${(error as Error).message}`
  }
}

/** Whether the leaf's key made the signature over that payload. RFC 9052 §4.4. */
export async function isSignedBy(
  algorithm: CoseAlgorithm,
  leaf: Certificate,
  { protectedBytes, signature }: CoseSign1,
  payload: Uint8Array,
): Promise<boolean> {
  if (!keySuits(algorithm, leaf)) return false
  const bytes = algorithm.startsWith('ES') ? x509Signature(signature, curveBytes(leaf)) : signature
  if (!bytes || bytes.length === 0) return false
  const signed = signatureStructure('Signature1', protectedBytes, payload)
  return verifySignature(algorithm, leaf.publicKey.bytes, signed, bytes)
}

/** c2pa-ts has written ECDSA signatures as X.509 has them: whoever signs so does not sign as COSE does. RFC 9053 §2.1. */
export function formFault(algorithm: CoseAlgorithm, leaf: Certificate, { signature }: CoseSign1): string | undefined {
  const length = curveBytes(leaf)
  if (!algorithm.startsWith('ES') || length === undefined || signature.length === 2 * length) return undefined
  const isDer = signature[0] === 0x30 && signature[1] === signature.length - 2
  return isDer ? 'unsupported signature format (EC signature should be in P1363 r|s format)' : undefined
}

/** An ECDSA signature from COSE's form: two numbers of the curve's length, nothing else. RFC 9053 §2.1. */
function x509Signature(signature: Uint8Array, length: number | undefined): Uint8Array | undefined {
  return length !== undefined && signature.length === 2 * length ? ecdsaSignatureFromRaw(signature) : undefined
}
