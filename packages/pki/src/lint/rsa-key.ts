/** What lints of RSA keys look at. */
import { type PublicKey, RsaPublicKey } from '../crypto/public-key.ts'

/** What OpenSSL verifies with. */
const MOST_RSA_BITS = 16_384

/** Whether it is an RSA key, bound to RSASSA-PSS or not. */
export function isRsa({ type }: PublicKey): boolean {
  return type === 'RSA' || type === 'RSASSA-PSS'
}

/** Whether its size is one that is safe and that readers take; CA/Browser Forum BR §6.1.5. */
export function hasGoodSize({ bits }: PublicKey): boolean {
  return bits >= 2048 && bits <= MOST_RSA_BITS && bits % 8 === 0
}

const decoded = new WeakMap<PublicKey, RsaPublicKey | undefined>()

/** The numbers of an RSA key, decoded once; undefined for other keys, and for what is none. */
export function rsaKey(publicKey: PublicKey): RsaPublicKey | undefined {
  if (!isRsa(publicKey)) return undefined
  if (decoded.has(publicKey)) return decoded.get(publicKey)
  const key = numbers(publicKey.key)
  decoded.set(publicKey, key)
  return key
}

function numbers(bytes: Uint8Array): RsaPublicKey | undefined {
  try {
    return RsaPublicKey.decode(bytes)
  } catch {
    return undefined
  }
}
