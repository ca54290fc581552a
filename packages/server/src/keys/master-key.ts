/** The master key: wraps every private key and every secret that rests in the store. */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { chmod, link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyError } from './key-error.ts'

/** Wraps bytes under AES-256-GCM, bound to the id of what they belong to, so that no row can pass for another. */
export type MasterKey = {
  wrap(id: string, plain: Uint8Array): Uint8Array
  /** Throws KeyError `wrong_master_key` when the bytes were wrapped under another key, for another id, or were changed. */
  unwrap(id: string, wrapped: Uint8Array): Uint8Array
  /** HMAC-SHA-256 under a key of its own for each purpose (HKDF, RFC 5869). */
  keyedHash(purpose: string, bytes: Uint8Array): Uint8Array
}

const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A master key of 32 bytes. Layout of what it wraps: version (1), nonce (12), ciphertext, tag (16). */
export function masterKey(bytes: Uint8Array): MasterKey {
  if (bytes.length !== 32) throw new KeyError('malformed_master_key', 'a master key has 32 bytes')
  const key: KeyObject = createSecretKey(bytes)
  return {
    wrap(id, plain) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(Buffer.from(id, 'utf8'))
      const body = cipher.update(plain)
      return new Uint8Array(Buffer.concat([Buffer.of(VERSION), nonce, body, cipher.final(), cipher.getAuthTag()]))
    },
    unwrap(id, wrapped) {
      if (wrapped.length < 1 + NONCE_BYTES + TAG_BYTES || wrapped[0] !== VERSION)
        throw new KeyError('malformed_wrapping', `what is wrapped for ${id} is no wrapping of this version`)
      const nonce = wrapped.subarray(1, 1 + NONCE_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(id, 'utf8'))
      decipher.setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES))
      const body = decipher.update(wrapped.subarray(1 + NONCE_BYTES, wrapped.length - TAG_BYTES))
      try {
        return new Uint8Array(Buffer.concat([body, decipher.final()]))
      } catch (cause) {
        throw new KeyError(
          'wrong_master_key',
          `what is wrapped for ${id} does not open under this master key: it was made under another, or changed since`,
          { cause },
        )
      }
    },
    keyedHash(purpose, bytes) {
      const derived = Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `keyed hash: ${purpose}`, 32))
      return new Uint8Array(createHmac('sha256', derived).update(bytes).digest())
    },
  }
}

/** The file of the master key in the data folder. */
export function masterKeyFile(dataFolder: string): string {
  return join(dataFolder, 'master.key')
}

/**
 * The master key that was given, or that of the data folder; made there when there is none and none was ever used
 * (`mayCreate`). What is wrapped under a lost key is lost, so a new one must never take its place.
 */
export async function openMasterKey({
  given,
  dataFolder,
  mayCreate,
}: {
  readonly given: Uint8Array | undefined
  readonly dataFolder: string
  readonly mayCreate: boolean
}): Promise<MasterKey> {
  if (given) return masterKey(given)
  const file = masterKeyFile(dataFolder)
  const text = (await readIfThere(file)) ?? (mayCreate ? await create(file) : undefined)
  if (text === undefined)
    throw new KeyError(
      'missing_master_key',
      `${file} is missing, and the database holds keys wrapped under it: put it back, or set COUNTERSIGN_MASTER_KEY`,
    )
  // Node passes over what is no base64: what does not come back as it was is no key that was written whole.
  const bytes = Buffer.from(text.trim(), 'base64')
  if (bytes.length !== 32 || bytes.toString('base64') !== text.trim())
    throw new KeyError('malformed_master_key', `${file} does not hold 32 bytes in base64`)
  return masterKey(new Uint8Array(bytes))
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new KeyError('malformed_master_key', `${file} can't be read: ${code}`, { cause: error })
  }
}

/** Whole or not at all, and never over a key that another process made meanwhile: `link` fails if the name is taken. */
async function create(file: string): Promise<string> {
  // Two that begin at once, in one process too, write drafts of their own.
  const draft = `${file}.${process.pid}-${randomBytes(6).toString('hex')}.new`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`)
    await handle.chmod(0o600)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  await chmod(file, 0o600)
  return await readFile(file, 'utf8')
}
