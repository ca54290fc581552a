import { encodeHex } from '@countersign/codec'
import { createHash, verifySignature } from '#crypto'
import type { SignatureAlgorithm } from '../crypto/port.ts'
import type { Certificate } from './certificate.ts'

/** Those of a few hundred chains. */
const MOST_REMEMBERED = 1_000

const remembered = new Map<string, boolean>()

/**
 * Whether that key made the certificate's signature, RFC 5280 §6.1.3 (a) (1). Remembered by the bytes that it is about,
 * since the same few authorities stand above most of what is verified, and their long keys take the most time.
 */
export async function isCertificateSignedBy(
  algorithm: SignatureAlgorithm,
  { tbs, signature }: Pick<Certificate, 'tbs' | 'signature'>,
  spki: Uint8Array,
): Promise<boolean> {
  // The key and the signed bytes are DER, each of which says where it ends; what is left is the signature.
  const about = createHash('sha256').update(spki).update(tbs).update(signature).digest()
  const name = `${algorithm} ${encodeHex(about)}`
  const known = remembered.get(name)
  if (known !== undefined) return known
  const isSigned = await verifySignature(algorithm, spki, tbs, signature)
  remembered.set(name, isSigned)
  if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value as string)
  return isSigned
}
