import { encodeHex, utf8Bytes } from '@countersign/codec'
import { digest, randomBytes } from '@countersign/pki'

/** The right to set the password of a user once, sent by mail. Only its hash is kept: 256 random bits, so a fast hash serves. */
export type PasswordToken = {
  /** SHA-256 of the token's text. */
  readonly hash: Uint8Array
  readonly userId: string
  readonly purpose: 'invitation' | 'reset'
  readonly createdAt: Date
  readonly endsAt: Date
}

/** The tokens in the store. */
export type PasswordTokens = {
  find(hash: Uint8Array): Promise<PasswordToken | undefined>
  list(userId: string): Promise<readonly PasswordToken[]>
  add(token: PasswordToken): Promise<void>
  removeOfUser(userId: string): Promise<void>
  removeEnded(before: Date): Promise<number>
}

const HOUR = 3_600_000
const LASTS_MS = { invitation: 7 * 24 * HOUR, reset: HOUR } as const

/** A new token, and its text, which stands in the mail alone. */
export function newPasswordToken(
  at: Date,
  { userId, purpose }: Pick<PasswordToken, 'userId' | 'purpose'>,
): { readonly text: string; readonly token: PasswordToken } {
  const text = encodeHex(randomBytes(32))
  const endsAt = new Date(at.getTime() + LASTS_MS[purpose])
  return { text, token: { hash: passwordTokenHash(text), userId, purpose, createdAt: at, endsAt } }
}

/** What is kept of a token's text. */
export function passwordTokenHash(text: string): Uint8Array {
  return digest('sha256', utf8Bytes(text))
}
