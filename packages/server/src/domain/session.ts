import { encodeHex, utf8Bytes } from '@countersign/codec'
import { digest, randomBytes } from '@countersign/pki'
import type { Account } from './account.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'

/** A person who is signed in, in one browser. Only the hash of its token is kept: 256 random bits, so a fast hash serves. */
export type Session = {
  /** UUID. */
  readonly id: string
  readonly userId: string
  /** SHA-256 of the token's text. */
  readonly hash: Uint8Array
  readonly createdAt: Date
  /** To the minute. */
  readonly lastUsedAt: Date
  /** However much it is used. */
  readonly endsAt: Date
  /** From where the person signed in. */
  readonly address: string
  /** What the browser said that it is. */
  readonly userAgent: string
}

/** A session with whom it stands for, so that one look authenticates a request. */
export type SessionHolder = { readonly session: Session; readonly user: User; readonly account: Account }

/** The sessions in the store. */
export type Sessions = {
  /** By SHA-256 of the token's text, ended ones too: whoever asks judges. */
  findByHash(hash: Uint8Array): Promise<SessionHolder | undefined>
  /** Those of a user, oldest first. */
  list(userId: string): Promise<readonly Session[]>
  add(session: Session): Promise<void>
  /** Notes that it was used. */
  touch(id: string, at: Date): Promise<void>
  /** False when it was gone already. */
  remove(id: string): Promise<boolean>
  /** How many there were. */
  removeOfUser(userId: string): Promise<number>
  /** Removes those that end before a moment, and those not used since another. */
  removeEnded(endsBefore: Date, lastUsedBefore: Date): Promise<number>
}

const MINUTE = 60_000

/** A working day. */
const LASTS_MS = 12 * 60 * MINUTE
const IDLE_MS = 60 * MINUTE
/** Noting each use would be a write for each request. */
const NOTED_EVERY_MS = MINUTE
const MOST_USER_AGENT = 200

/** Of one user; of more the oldest ends. */
export const MOST_SESSIONS = 50

/** A new session, and its token, which nobody can tell again. */
export function newSession(
  at: Date,
  { userId, address, userAgent }: Pick<Session, 'userId' | 'address' | 'userAgent'>,
): { readonly session: Session; readonly token: string } {
  const token = encodeHex(randomBytes(32))
  const session: Session = {
    id: uuidV7(at),
    userId,
    hash: sessionHash(token),
    createdAt: at,
    lastUsedAt: at,
    endsAt: new Date(at.getTime() + LASTS_MS),
    address,
    userAgent: userAgent.slice(0, MOST_USER_AGENT).replaceAll(/[^\x20-\x7e]/g, '?'),
  }
  return { session, token }
}

/** What is kept of a token. */
export function sessionHash(token: string): Uint8Array {
  return digest('sha256', utf8Bytes(token))
}

/** What a page has to send along with the cookie, which it can't read: it follows from the token, and tells nothing of it. */
export function csrfTokenOf(token: string): string {
  return encodeHex(digest('sha256', utf8Bytes(`countersign csrf ${token}`)))
}

/** When it ends unless it is used. */
export function idleEnd({ lastUsedAt, endsAt }: Session): Date {
  return new Date(Math.min(lastUsedAt.getTime() + IDLE_MS, endsAt.getTime()))
}

/** Whether its use at that moment is to be noted. */
export function isToBeNoted({ lastUsedAt }: Session, at: Date): boolean {
  return at.getTime() - lastUsedAt.getTime() >= NOTED_EVERY_MS
}

/** Removes the sessions that count no longer; how many. */
export function forgetEndedSessions({ removeEnded }: Sessions, at: Date): Promise<number> {
  return removeEnded(at, new Date(at.getTime() - IDLE_MS))
}
