/** One-time passwords by the clock, as authenticator apps make them. RFC 6238, over RFC 4226. */
import { encodeHex, utf8Bytes } from '@countersign/codec'
import { digest, hmac, randomBytes } from '@countersign/pki'
import { equalInConstantTime } from './constant-time.ts'

/** The second factor of a user: asked for at sign-in once it is confirmed. */
export type Totp = {
  readonly userId: string
  /** The secret, wrapped under the master key. */
  readonly wrapped: Uint8Array
  readonly confirmedAt: Date | undefined
  /** The time step of the last code that was used: that one and those before it serve no more. RFC 6238 §5.2. */
  readonly lastStep: number
  readonly createdAt: Date
}

/** The second factors in the store, each with its recovery codes. */
export type Totps = {
  find(userId: string): Promise<Totp | undefined>
  /** In place of what there was. */
  put(totp: Totp): Promise<void>
  /** False when a code of that step or a later one was used. */
  use(userId: string, step: number): Promise<boolean>
  /** With its recovery codes; false when there was none. */
  remove(userId: string): Promise<boolean>
  /** In place of all that there were. */
  putRecoveryCodes(userId: string, hashes: readonly Uint8Array[]): Promise<void>
  /** False when there is none of that hash, or no more. */
  useRecoveryCode(userId: string, hash: Uint8Array): Promise<boolean>
  countRecoveryCodes(userId: string): Promise<number>
}

/** RFC 4226 §4 R6: as long as the hash. */
const SECRET_LENGTH = 20
const STEP_MS = 30_000
const DIGITS = 6
/** RFC 6238 §5.2: one step, for clocks that differ and people that type. */
const SKEW = 1

export function newTotpSecret(): Uint8Array {
  return randomBytes(SECRET_LENGTH)
}

/** The time step of a moment. RFC 6238 §4.2. */
export function totpStep(at: Date): number {
  return Math.floor(at.getTime() / STEP_MS)
}

/** The code of a counter, six digits. RFC 4226 §5.3. */
export function hotp(secret: Uint8Array, counter: number): string {
  const message = new Uint8Array(8)
  new DataView(message.buffer).setBigUint64(0, BigInt(counter))
  const mac = hmac('sha1', secret, message)
  const offset = (mac[19] as number) & 0x0f
  const binary = new DataView(mac.buffer, mac.byteOffset).getUint32(offset) & 0x7fffffff
  return String(binary % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** The time step whose code it is, around that moment; undefined for a wrong one. */
export function stepOfCode(secret: Uint8Array, code: string, at: Date): number | undefined {
  const given = utf8Bytes(code.replaceAll(' ', ''))
  let found: number | undefined
  for (let step = totpStep(at) - SKEW; step <= totpStep(at) + SKEW; step++)
    if (step >= 0 && equalInConstantTime(utf8Bytes(hotp(secret, step)), given)) found = step
  return found
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Base32 without padding. RFC 4648 §6. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31]
    value &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + BASE32[(value << (5 - bits)) & 31]
}

/** What authenticator apps read as a QR code: the Key URI Format. */
export function totpUri(secret: Uint8Array, { email, issuer }: { email: string; issuer: string }): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(email)}`
  const parameters = `secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`
  return `otpauth://totp/${label}?${parameters}&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`
}

const RECOVERY_CODES = 10

/** Codes for who has lost the app, 80 random bits each, so a fast hash serves. */
export function newRecoveryCodes(): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () => (encodeHex(randomBytes(10)).match(/.{5}/g) as string[]).join('-'))
}

/** What is kept of a recovery code, however it was typed. */
export function recoveryCodeHash(code: string): Uint8Array {
  return digest('sha256', utf8Bytes(code.toLowerCase().replaceAll(/[\s-]/g, '')))
}
