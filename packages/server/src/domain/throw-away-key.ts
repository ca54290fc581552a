import type { SignatureAlgorithm, Signer } from '@countersign/pki'
import type { Keys } from './keys.ts'
import type { KeyType, WrappedKey } from './private-key.ts'

const made = new WeakMap<Keys, Map<KeyType, Promise<WrappedKey>>>()

/**
 * Signs what is to be linted: with a key of the same type as the authority's, that nobody trusts, that is stored nowhere
 * and that ends with the process.
 */
export async function throwAwaySigner(keys: Keys, type: KeyType, algorithm: SignatureAlgorithm): Promise<Signer> {
  const known = made.get(keys) ?? new Map<KeyType, Promise<WrappedKey>>()
  made.set(keys, known)
  const key = known.get(type) ?? keys.generate(type)
  known.set(type, key)
  return keys.signer(await key, algorithm)
}
