/** The mails by which people set their password: what is in them is a secret until it was used. */
import type { Account } from './account.ts'
import type { MailContent } from './mail.ts'
import type { User } from './user.ts'

export type PasswordMail = {
  readonly user: Pick<User, 'email'>
  readonly account: Pick<Account, 'name'>
  /** Of the token. */
  readonly text: string
  readonly endsAt: Date
  readonly publicUrl: string
}

/** The mail to a person who is to have a password. */
export function invitationMail({ account, ...mail }: PasswordMail): MailContent {
  const name = account.name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+/gu, ' ').slice(0, 200)
  return {
    to: mail.user.email,
    subject: `You are invited to ${name}`,
    text: `You have been given access to the account ${name} at
${mail.publicUrl}

${howTo(mail)}
If you don't know what this is about, do nothing.
`,
  }
}

/** The mail to a person who has forgotten the password, or of whom somebody says so. */
export function resetMail(mail: PasswordMail): MailContent {
  return {
    to: mail.user.email,
    subject: 'Set a new password',
    text: `Somebody, probably you, asked for a new password at
${mail.publicUrl}

${howTo(mail)}
If it was not you, do nothing: your password stays as it is.
`,
  }
}

/** In lines of at most 75 characters: a mail breaks longer ones, and what somebody copies would be in pieces. RFC 2045 §6.7. */
function howTo({ text, endsAt, publicUrl }: Omit<PasswordMail, 'account' | 'user'>): string {
  return `Set your password with this token, once, until ${endsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC:

${text}

POST ${publicUrl}/account/api/v1/password
{"token":
 "${text}",
 "password": "a new one of at least 12 characters"}
`
}
