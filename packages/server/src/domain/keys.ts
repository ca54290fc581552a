import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import type { KeyType, WrappedKey } from './private-key.ts'

/** The room of the private keys, as the rules see it. */
export type Keys = {
  /** A new key pair, its private key wrapped; the caller stores it. */
  generate(type: KeyType): Promise<WrappedKey>
  /** Signs with the key; by the default algorithm of its type unless another that suits is named. */
  signer(key: WrappedKey, algorithm?: SignatureAlgorithm): Signer
  /** PKCS#8, DER: for what is handed out once (a P12), and for the TLS server. */
  privateKeyBytes(key: WrappedKey): Uint8Array
  /** Throws unless the key opens under the platform's master key. */
  check(key: WrappedKey): void
  /** Wraps a secret that is no key (what is given once and stands until it is fetched). */
  wrapSecret(id: string, secret: Uint8Array): Uint8Array
  unwrapSecret(id: string, wrapped: Uint8Array): Uint8Array
}
