/** Passcodes: what devices enroll with before they have anything else. */
import { utf8Bytes } from '@countersign/codec'
import type { EnrollmentProof } from './enrollment-right.ts'
import type { Keys } from './keys.ts'
import { randomPasscode } from './random-secret.ts'
import { Refusal } from './refusal.ts'

type Passcode = Extract<EnrollmentProof, { kind: 'passcode' }>

/** Of 5 random bits a character: what those who may look at passcodes don't see of the shortest can't be guessed over the network. */
export const PASSCODE_LENGTH = { least: 16, usual: 32, most: 128 } as const

/** So much of it is shown. */
const BEGINNING = 5

const PASSCODE = /^[2-9a-z]{16,128}$/

/** What is kept of a passcode; undefined for what has not the form of one. */
export function passcodeHash(keys: Pick<Keys, 'keyedHash'>, text: string): Uint8Array | undefined {
  return PASSCODE.test(text) ? keys.keyedHash('enrollment passcode', utf8Bytes(text)) : undefined
}

/** A fresh passcode, whose text is given once, and what is kept of it. */
export function newPasscode(
  keys: Pick<Keys, 'keyedHash'>,
  length: number,
): { readonly text: string; readonly proof: Passcode } {
  const { least, most } = PASSCODE_LENGTH
  if (!Number.isInteger(length) || length < least || length > most)
    throw new Refusal('invalid', 'invalid_request', `passcode_length: ${least} to ${most}.`)
  const text = randomPasscode(length)
  const proof = {
    kind: 'passcode',
    beginning: text.slice(0, BEGINNING),
    length,
    hash: passcodeHash(keys, text),
  } as const
  return { text, proof }
}
