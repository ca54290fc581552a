import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import type { DeviceKeyType } from './device-key-type.ts'
import type { KeyType, WrappedKey } from './private-key.ts'

/** What a key of a user is bound to: for this credential, by this PIN, it opens. */
export type PinBinding = { readonly credentialId: string; readonly pin: string }

/**
 * Signs what somebody else hashed; the signature is in X.509 form, ECDSA as DER. Ed25519 can't sign digests: with it, what
 * is given is signed as the text that it is.
 */
export type DigestSigner = (digest: Uint8Array) => Promise<Uint8Array>

/** A key whose PIN was right, for as long as somebody has this in hand; it stands nowhere. */
export type OpenedKey = {
  /** Signs with the key; by the default algorithm of its type unless another that suits is named. */
  signer(algorithm?: SignatureAlgorithm): Signer
  digestSigner(algorithm: SignatureAlgorithm, saltLength?: number): DigestSigner
  /** The same key under another PIN, of the same credential; the caller stores it. */
  rebind(pin: string): Promise<WrappedKey>
  /**
   * The key under 32 random bytes and the master key, for who is authorised now and signs later, on whatever node: what
   * comes out may be stored, the secret may not. The id binds the two.
   */
  seal(id: string, secret: Uint8Array): Uint8Array
}

/** A key pair of a device, which is in the answer to the request and nowhere else. */
export type DeviceKeyPair = {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** PKCS#8, DER; whoever has it overwrites it as soon as it is handed out. */
  readonly privateKey: Uint8Array
}

/** The room of the private keys, as the rules see it. */
export type Keys = {
  /** A new key pair, its private key wrapped; the caller stores it. Bound to a PIN, the platform alone can't use it. */
  generate(type: KeyType, binding?: PinBinding): Promise<WrappedKey>
  /** A new key pair for a device. Few that take long are made at once; what comes while many wait is refused. */
  generateForDevice(type: DeviceKeyType): Promise<DeviceKeyPair>
  /**
   * A key that somebody brought, PKCS#8 in DER, wrapped as one that was made here; undefined when it is of no type that
   * is used here, or none at all.
   */
  import(pkcs8: Uint8Array, binding?: PinBinding): Promise<WrappedKey | undefined>
  /** Signs with a key that no PIN binds; by the default algorithm of its type unless another that suits is named. */
  signer(key: WrappedKey, algorithm?: SignatureAlgorithm): Signer
  /** The salt of RSASSA-PSS is as long as the hash unless it is said how long. */
  digestSigner(key: WrappedKey, algorithm: SignatureAlgorithm, saltLength?: number): DigestSigner
  /**
   * Opens a key that is bound to a PIN; undefined when it is another PIN. Costs a fifth of a second on purpose, few run
   * at once, and nobody counts here: whoever calls it counts.
   */
  open(key: WrappedKey, pin: string): Promise<OpenedKey | undefined>
  /** Opens what `seal` gave for this key and id; undefined under another secret. */
  unseal(key: WrappedKey, id: string, secret: Uint8Array, sealed: Uint8Array): OpenedKey | undefined
  /** PKCS#8, DER: for what is handed out once (a P12), and for the TLS server. */
  privateKeyBytes(key: WrappedKey): Uint8Array
  /** Throws unless the key opens under the platform's master key. */
  check(key: WrappedKey): void
  /** Wraps a secret that is no key (what is given once and stands until it is fetched). */
  wrapSecret(id: string, secret: Uint8Array): Uint8Array
  unwrapSecret(id: string, wrapped: Uint8Array): Uint8Array
  /**
   * A hash that nobody can compute without the master key, so that a short secret can't be guessed from what the store
   * has of it.
   */
  keyedHash(purpose: string, bytes: Uint8Array): Uint8Array
}
