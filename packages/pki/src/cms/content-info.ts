/** The outermost layer of the Cryptographic Message Syntax. RFC 5652 §3. */
import { type Der, der } from '@countersign/codec'

/**
 * Any content under its type. RFC 5652 §3.
 *
 *     ContentInfo ::= SEQUENCE {
 *       contentType ContentType, content [0] EXPLICIT ANY DEFINED BY contentType }
 *
 * PKCS#7 makes the content optional; nothing read here goes without.
 */
export type ContentInfo = {
  readonly contentType: string
  readonly content: Uint8Array
}
export const ContentInfo: Der<ContentInfo> = der.sequence<ContentInfo>({
  contentType: der.oid,
  content: der.explicit(0, der.any),
})

/** Content types. RFC 5652 §4, §5.1, §6.1 and §8, RFC 3161 §2.4.2, RFC 5958 §4. */
export const contentTypes = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  encryptedData: '1.2.840.113549.1.7.6',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  keyPackage: '2.16.840.1.101.2.1.2.78.5',
} as const
