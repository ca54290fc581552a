/** Passwords at rest: Argon2id (RFC 9106) in PHC string form. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { Passwords } from '../domain/password.ts'
import { atMost } from './at-most.ts'

const argon2Async = promisify(argon2)

/** What a try of a password costs: memory in KiB, passes over it, and lanes. */
export type PasswordCost = { readonly memory: number; readonly passes: number; readonly parallelism: number }

/** RFC 9106 §4, second recommendation: 64 MiB, three passes, four lanes. */
const COST: PasswordCost = { memory: 64 * 1024, passes: 3, parallelism: 4 }
const SALT_BYTES = 16
const TAG_BYTES = 32

/** How a PHC string of that cost begins. */
function beginning({ memory, passes, parallelism }: PasswordCost): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`
}

/** The PHC string of a password under a fresh salt. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const tag = await argon2Async('argon2id', {
    message: password.normalize('NFC'),
    nonce: salt,
    ...cost,
    tagLength: TAG_BYTES,
  })
  return `${beginning(cost)}${unpadded(salt)}$${unpadded(tag)}`
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{22,86})$/

/** Whether the password is the one of the PHC string; false for a string that is none. */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  const match = PHC.exec(phc)
  if (!match) return false
  const [, memory, passes, parallelism, salt, tag] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const expected = Buffer.from(tag, 'base64')
  const actual = await argon2Async('argon2id', {
    message: password.normalize('NFC'),
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  })
  return timingSafeEqual(actual, expected)
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

/** Each has 64 MiB and a thread of the four in the pool for a fifth of a second. */
const AT_ONCE = 2
const MOST_WAITING = 64

/**
 * Passwords by Argon2id, so many at once: who tries many at a time has neither the memory nor all threads. Tests, which
 * are about other things, make it cheap.
 */
export function createPasswords(cost = COST): Passwords {
  const run = atMost(AT_ONCE, MOST_WAITING, 'passwords and PINs are being tried')
  // Of a password that nobody has, for those who are not there.
  let nobodys: Promise<string> | undefined
  return {
    hash: (password) => run(() => hashPassword(password, cost)),
    async verify(phc, password) {
      nobodys ??= hashPassword(randomBytes(16).toString('hex'), cost)
      const known = phc ?? (await nobodys)
      return (await run(() => verifyPassword(known, password))) && phc !== undefined
    },
    isOutdated: (phc) => !phc.startsWith(beginning(cost)),
  }
}
