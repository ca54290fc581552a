import type { DeviceKeyType } from './device-key-type.ts'

/** The kinds of keys that take long enough to make that some are made ahead. */
export type PooledKeyType = Extract<DeviceKeyType, `rsa_${string}`>

/** A key pair for a device that nobody has asked for yet. */
export type PooledKey = {
  /** UUID. */
  readonly id: string
  readonly type: PooledKeyType
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** PKCS#8 under the master key. */
  readonly wrapped: Uint8Array
  readonly createdAt: Date
}

/** The pooled keys in the store. */
export type PooledKeys = {
  add(key: PooledKey): Promise<void>
  /** The oldest of its type, which is gone from the store: of all who take at once, on whatever node, one gets it. */
  take(type: PooledKeyType): Promise<PooledKey | undefined>
  count(type: PooledKeyType): Promise<number>
  /** How many there were. */
  removeMadeBefore(type: PooledKeyType, before: Date): Promise<number>
  removeAll(): Promise<number>
}
