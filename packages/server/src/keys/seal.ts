/** Wrapping under a secret of 32 random bytes, which needs no slow hash: HKDF (RFC 5869) makes the key of an AES-256-GCM. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { KeyError } from './key-error.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Layout of what comes out: nonce (12), ciphertext, tag (16). It opens for this context alone. */
export function sealUnder(secret: Uint8Array, context: string, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, context), nonce, { authTagLength: TAG_BYTES })
  return new Uint8Array(Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
}

/** Undefined when it was sealed under another secret, or for another context. */
export function unsealUnder(secret: Uint8Array, context: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES)
    throw new KeyError('malformed_wrapping', `what is sealed for ${context} is cut short`)
  const nonce = sealed.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, context), nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const body = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES))
  try {
    decipher.final()
    return new Uint8Array(body)
  } catch {
    body.fill(0)
    return undefined
  }
}

function keyOf(secret: Uint8Array, context: string): Uint8Array {
  if (secret.length !== 32) throw new TypeError('a secret that keys are sealed under has 32 bytes')
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), context, 32))
}
