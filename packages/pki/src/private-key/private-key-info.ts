/** Private keys as PKCS #8 has them. RFC 5958 §2. */
import { type Der, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { named } from '../error.ts'

/**
 *     OneAsymmetricKey ::= SEQUENCE {
 *       version Version, privateKeyAlgorithm AlgorithmIdentifier, privateKey OCTET STRING,
 *       attributes [0] IMPLICIT Attributes OPTIONAL, publicKey [1] IMPLICIT BIT STRING OPTIONAL }
 *
 * Attributes stay bytes: nobody here asks for any.
 */
export type PrivateKeyInfo = {
  readonly version: number
  readonly privateKeyAlgorithm: AlgorithmIdentifier
  readonly privateKey: Uint8Array
  readonly attributes?: readonly Uint8Array[]
  readonly publicKey?: Uint8Array
}
/** The DER codec of OneAsymmetricKey, of old called PrivateKeyInfo. */
export const PrivateKeyInfo: Der<PrivateKeyInfo> = named(
  'a PKCS #8 private key',
  der.sequence<PrivateKeyInfo>({
    version: der.smallInteger,
    privateKeyAlgorithm: AlgorithmIdentifier,
    privateKey: der.octetString,
    attributes: der.optional(der.implicit(0, der.setOf(der.any))),
    publicKey: der.optional(der.implicit(1, der.bitStringBytes)),
  }),
)
