import type { SignatureAlgorithm } from '@countersign/pki'

export type KeyType = 'p256' | 'p384' | 'p521' | 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ed25519'

/**
 * A private key as it rests in the store: PKCS#8 under AES-256-GCM with the master key; bound to its id. One of a user's
 * credential lies under a key that Argon2id makes from the PIN as well, and is bound to the credential's id.
 */
export type WrappedKey = {
  /** UUID. */
  readonly id: string
  readonly type: KeyType
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly wrapped: Uint8Array
  /** The id of the credential whose PIN it takes; undefined where the master key opens it. */
  readonly boundTo: string | undefined
  readonly createdAt: Date
}

/** What a key of each type signs with when nothing else is asked for. */
export const DEFAULT_ALGORITHM: Readonly<Record<KeyType, SignatureAlgorithm>> = {
  p256: 'ES256',
  p384: 'ES384',
  p521: 'ES512',
  rsa2048: 'PS256',
  rsa3072: 'PS256',
  rsa4096: 'PS256',
  ed25519: 'EdDSA',
}

/** The wrapped private keys in the store. */
export type PrivateKeys = {
  find(id: string): Promise<WrappedKey | undefined>
  add(key: WrappedKey): Promise<void>
  /** Puts the wrapping of a key in the place of the one that it had; false when it had another one. */
  rewrap(key: WrappedKey, before: WrappedKey): Promise<boolean>
  remove(id: string): Promise<void>
}
