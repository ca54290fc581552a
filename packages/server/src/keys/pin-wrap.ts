/** Wrapping under a PIN: Argon2id (RFC 9106) makes the key of an AES-256-GCM. The tag is all that tells a right PIN from a wrong one. */
import { argon2, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { KeyError } from './key-error.ts'

const argon2Async = promisify(argon2)

/** What one try of a PIN costs: memory in KiB, and passes over it. */
export type PinCost = { readonly memory: number; readonly passes: number; readonly lanes: number }

/** RFC 9106 §4, second recommendation: 64 MiB, three passes, four lanes. */
export const PIN_COST: PinCost = { memory: 64 * 1024, passes: 3, lanes: 4 }

const VERSION = 1
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Version (1), memory (4), passes (1), lanes (1), salt, nonce; ciphertext and tag follow. */
const HEAD_BYTES = 7 + SALT_BYTES + NONCE_BYTES

/** Wraps bytes under a PIN, for one context: for another one they don't open. The cost goes along. */
export async function wrapUnderPin(
  plain: Uint8Array,
  { pin, context, cost }: { readonly pin: string; readonly context: string; readonly cost: PinCost },
): Promise<Uint8Array> {
  const head = Buffer.concat([Buffer.alloc(7), randomBytes(SALT_BYTES + NONCE_BYTES)])
  head.writeUInt8(VERSION, 0)
  head.writeUInt32BE(cost.memory, 1)
  head.writeUInt8(cost.passes, 5)
  head.writeUInt8(cost.lanes, 6)
  const key = await keyOf(pin, head)
  const cipher = createCipheriv('aes-256-gcm', key, head.subarray(-NONCE_BYTES), { authTagLength: TAG_BYTES })
  key.fill(0)
  cipher.setAAD(associated(context, head))
  return new Uint8Array(Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
}

/** Undefined when it was wrapped under another PIN, or for another context, or was changed: these can't be told apart. */
export async function openUnderPin(
  wrapped: Uint8Array,
  { pin, context }: { readonly pin: string; readonly context: string },
): Promise<Uint8Array | undefined> {
  if (wrapped.length < HEAD_BYTES + TAG_BYTES || wrapped[0] !== VERSION)
    throw new KeyError('malformed_wrapping', 'what is wrapped under a PIN is no wrapping of this version')
  const head = Buffer.from(wrapped.subarray(0, HEAD_BYTES))
  const key = await keyOf(pin, head)
  const decipher = createDecipheriv('aes-256-gcm', key, head.subarray(-NONCE_BYTES), { authTagLength: TAG_BYTES })
  key.fill(0)
  decipher.setAAD(associated(context, head))
  decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES))
  const body = decipher.update(wrapped.subarray(HEAD_BYTES, wrapped.length - TAG_BYTES))
  try {
    const plain = Buffer.concat([body, decipher.final()])
    const opened = new Uint8Array(plain)
    plain.fill(0)
    return opened
  } catch {
    return undefined
  } finally {
    body.fill(0)
  }
}

function keyOf(pin: string, head: Buffer): Promise<Buffer> {
  return argon2Async('argon2id', {
    message: pin.normalize('NFC'),
    nonce: head.subarray(7, 7 + SALT_BYTES),
    memory: head.readUInt32BE(1),
    passes: head.readUInt8(5),
    parallelism: head.readUInt8(6),
    tagLength: 32,
  })
}

/** The cost stands in it too: whoever lowered it would have a wrapping that does not open. */
function associated(context: string, head: Buffer): Buffer {
  return Buffer.concat([head, Buffer.from(context, 'utf8')])
}
