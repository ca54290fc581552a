/** How a warning reads: what ends, when, and what to do. Names, never secrets. */
import type { Account } from './account.ts'
import type { Ending, EndingKind } from './ending.ts'
import type { MailContent } from './mail.ts'

const NOUNS: Readonly<Record<EndingKind, string>> = {
  client_auth_certificate: 'client authentication certificate',
  api_key: 'API key',
  service_user: 'service user',
  credential: 'content credential',
  account: 'account',
}

const ADVICE: Readonly<Record<EndingKind, string>> = {
  client_auth_certificate:
    'Get a new certificate, bring it to whoever uses this one, then disable this one. Both are valid until then.',
  api_key: 'Rotate it, or give it a later end. After its end every request with it is refused.',
  service_user: 'Give it a later end if it is still needed. Its API keys and certificates stop working with it.',
  credential:
    'If another authority issues its certificate, upload the next one. Else it should have renewed itself by now, and has not: look for errors in the log of the platform.',
  account:
    'Ask who administers the platform for a later end if it is still needed. After its end nothing of it is let in.',
}

const DAY = 86_400_000

/** The mail that warns somebody of what ends: who administers the account, or manages service users. */
export function endingMail({
  to,
  account,
  endings,
  as,
  at,
}: {
  readonly to: string
  readonly account: Pick<Account, 'name'>
  readonly endings: readonly Ending[]
  readonly as: 'administrator' | 'manager'
  readonly at: Date
}): MailContent {
  const sorted = endings.toSorted((a, b) => a.endsAt.getTime() - b.endsAt.getTime())
  const [first] = sorted
  const subject =
    first && sorted.length === 1
      ? `The ${titleOf(first)} ends on ${first.endsAt.toISOString().slice(0, 10)}`
      : `${sorted.length} certificates, keys or users of ${oneLine(account.name)} end soon`
  const items = sorted.map(
    (ending) => `The ${titleOf(ending)}${holderOf(ending)}
ends on ${moment(ending.endsAt)}, ${daysLeft(ending.endsAt, at)}.
${ADVICE[ending.kind]}
`,
  )
  const text = `In the account ${oneLine(account.name)} something will end.

${items.join('\n')}
You get this mail since you ${as === 'manager' ? 'manage what it is about' : 'may manage the account'}. Warnings come 90, 60, 30, 14,
7 and 1 days ahead.
`
  return { to, subject, text }
}

function titleOf({ kind, name }: Ending): string {
  return `${NOUNS[kind]} "${oneLine(name)}"`
}

function holderOf({ holder }: Ending): string {
  return holder === undefined ? '' : ` of "${oneLine(holder)}"`
}

function moment(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function daysLeft(end: Date, at: Date): string {
  const days = Math.max(1, Math.round((end.getTime() - at.getTime()) / DAY))
  return days === 1 ? 'in one day' : `in ${days} days`
}

/** Names are their givers' text: one line of it, and not the length of a letter. */
function oneLine(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+/gu, ' ').slice(0, 200)
}
