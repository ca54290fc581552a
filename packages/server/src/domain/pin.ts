import type { Account } from './account.ts'
import type { Credential } from './credential.ts'
import type { MailContent } from './mail.ts'
import { Refusal } from './refusal.ts'
import type { User } from './user.ts'

const LEAST = 8
const LEAST_DIGITS = 12
const MOST = 64
const LEAST_DIFFERENT = 5

/** What a PIN that somebody chooses has to be. */
export const PIN_RULE = `${LEAST} to ${MOST} characters that a keyboard has, without blanks, at least ${LEAST_DIFFERENT} different ones; of digits alone at least ${LEAST_DIGITS}`

/** Throws a Refusal unless the PIN may be chosen. How long one lasts against who has database and master key, docs/keys.md says. */
export function checkChosenPin(pin: string): void {
  const isFit =
    /^[\x21-\x7e]+$/.test(pin) &&
    pin.length >= (/^\d+$/.test(pin) ? LEAST_DIGITS : LEAST) &&
    pin.length <= MOST &&
    new Set(pin).size >= LEAST_DIFFERENT
  if (!isFit) throw new Refusal('invalid', 'pin_unfit', `new_pin: ${PIN_RULE}.`)
}

/** The mail that brings a user the PIN of a credential: the only place where it stands. */
export function pinMail({
  user,
  account,
  credential,
  pin,
}: {
  readonly user: Pick<User, 'email' | 'friendlyName'>
  readonly account: Pick<Account, 'name'>
  readonly credential: Pick<Credential, 'nickname'>
  readonly pin: string
}): MailContent {
  const text = `Hello ${oneLine(user.friendlyName)},

with your digital ID you sign images and other content for ${oneLine(account.name)}.

Credential ID: ${credential.nickname}
PIN:           ${pin}

Keep this mail where nobody else reads it, or change the PIN and delete the mail.
The PIN is kept nowhere else: nobody can tell it to you again. Five wrong PINs in
a row lock the credential, and an administrator unlocks it. If the PIN is lost, an
administrator has a new one sent to you, with a new key and certificate.
`
  return { to: user.email, subject: 'Sign with your digital ID', text }
}

/** Names are their givers' text: one line of it. */
function oneLine(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+/gu, ' ').slice(0, 200)
}
