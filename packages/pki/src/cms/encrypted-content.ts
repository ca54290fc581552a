/** Content that was encrypted, as enveloped and encrypted data and PKCS#12 have it. RFC 5652 §6.1. */
import { concatBytes, type Der, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'

/**
 *     EncryptedContentInfo ::= SEQUENCE {
 *       contentType ContentType, contentEncryptionAlgorithm ContentEncryptionAlgorithmIdentifier,
 *       encryptedContent [0] IMPLICIT EncryptedContent OPTIONAL }
 *
 * Nothing read here goes without the content.
 */
export type EncryptedContentInfo = {
  readonly contentType: string
  readonly contentEncryptionAlgorithm: AlgorithmIdentifier
  readonly encryptedContent: Uint8Array
}
export const EncryptedContentInfo: Der<EncryptedContentInfo> = der.sequence<EncryptedContentInfo>({
  contentType: der.oid,
  contentEncryptionAlgorithm: AlgorithmIdentifier,
  encryptedContent: inPieces(der.implicit(0, der.octetString)),
})

/** An OCTET STRING under an implicit tag that may come in pieces, each an OCTET STRING. X.690 §8.7.3. */
function inPieces(type: Der<Uint8Array>): Der<Uint8Array> {
  const fromElement = (element: der.Element): Uint8Array =>
    type.accepts(element.tag)
      ? type.fromElement(element)
      : concatBytes(der.elementsOf(element).map(({ bytes }) => der.octetString.decode(bytes)))
  return {
    ...type,
    accepts: (tag) => type.accepts(tag & ~0x20),
    decode: (bytes) => fromElement(der.onlyElement(bytes)),
    fromElement,
  }
}
