/** Warnings ahead of an end: each once, to the administrators of the account, the managers of a service user and to webhooks, which hear of the end too. */
import type { Account } from './account.ts'
import { administratorsOf } from './administrator.ts'
import { queueMail } from './deliver-mail.ts'
import { ENDING_KINDS, type Ending } from './ending.ts'
import { endingMail } from './ending-mail.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import type { Repositories } from './store.ts'
import { queueWebhookEvent } from './tell-webhooks.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** So many days ahead. */
export const WARNING_DAYS = [90, 60, 30, 14, 7, 1] as const

/** Of one kind and one number of days at once. */
const AT_ONCE = 500
/** In one mail, and in one transaction. */
const IN_ONE_MAIL = 100

type DueWarning = { readonly ending: Ending; readonly days: number }
type WarningWorld = Pick<World, 'store' | 'keys' | 'now'>

/** Warns of all that a warning is due of; how many it were. Where nodes do so at once, each warning is one node's. */
export async function warnOfEndings(world: WarningWorld): Promise<number> {
  let warned = 0
  for (;;) {
    const due = await dueWarnings(world)
    const before = warned
    for (const [accountId, ofAccount] of Map.groupBy(due, ({ ending }) => ending.accountId))
      for (let index = 0; index < ofAccount.length; index += IN_ONE_MAIL)
        warned += await warn(world, accountId, ofAccount.slice(index, index + IN_ONE_MAIL))
    if (warned === before) return warned
  }
}

async function dueWarnings({ store, now }: WarningWorld): Promise<readonly DueWarning[]> {
  const at = now()
  const due: DueWarning[] = []
  for (const [index, days] of WARNING_DAYS.entries()) {
    const nextDays = WARNING_DAYS[index + 1] ?? 0
    for (const kind of ENDING_KINDS)
      for (const ending of await store.endings.listDue({ kind, days, at, nextDays }, AT_ONCE))
        due.push({ ending, days })
  }
  return due
}

async function warn(world: WarningWorld, accountId: string, due: readonly DueWarning[]): Promise<number> {
  const at = world.now()
  return world.store.transaction(async (repositories) => {
    const account = await repositories.accounts.find(accountId)
    if (!account) return 0
    const noted: DueWarning[] = []
    for (const warning of due)
      if (await repositories.endings.noteWarning(warning.ending, warning.days, at)) noted.push(warning)
    if (noted.length === 0) return 0
    const recipients = await recipientsOf(repositories, account, noted, at)
    for (const [{ email }, { as, endings }] of recipients)
      await queueMail(world, repositories, accountId, endingMail({ to: email, account, endings, as, at }))
    for (const { ending, days } of noted) await queueWebhookEvent(repositories, at, eventOf('ending', ending, { days }))
    for (const { ending, days } of noted)
      await repositories.auditEvents.append(
        auditEvent(at, PLATFORM, {
          action: 'expiry.warn',
          resourceType: ending.kind,
          resourceId: ending.id,
          accountId,
          details: { days, endsAt: ending.endsAt.toISOString(), recipients: told(recipients, ending) },
        }),
      )
    return noted.length
  })
}

type Recipients = ReadonlyMap<User, { readonly as: 'administrator' | 'manager'; readonly endings: readonly Ending[] }>

/** Administrators are told of everything, other managers of what they manage. */
async function recipientsOf(
  repositories: Repositories,
  { id: accountId }: Account,
  noted: readonly DueWarning[],
  at: Date,
): Promise<Recipients> {
  const users = await repositories.users.list(accountId)
  const endings = noted.map(({ ending }) => ending)
  const administrators = new Set((await administratorsOf(repositories, accountId, at)).map(({ id }) => id))
  const managed = (person: User): readonly Ending[] =>
    endings.filter(({ userId }) => users.some(({ id, managers }) => id === userId && managers.includes(person.id)))
  const recipients: [User, { as: 'administrator' | 'manager'; endings: readonly Ending[] }][] = users
    .filter(({ kind, status, endsAt }) => kind === 'standard' && status === 'active' && (!endsAt || at <= endsAt))
    .map((person) =>
      administrators.has(person.id)
        ? [person, { as: 'administrator', endings }]
        : [person, { as: 'manager', endings: managed(person) }],
    )
  return new Map(recipients.filter(([, { endings: own }]) => own.length > 0))
}

function told(recipients: Recipients, ending: Ending): number {
  return [...recipients.values()].filter(({ endings }) => endings.includes(ending)).length
}

/** So long ago an end may be to be told of. */
const ENDED_DAYS = 7

/** Tells webhooks of what has ended; how many it were. */
export async function tellOfEnds({ store, now }: WarningWorld): Promise<number> {
  let told = 0
  for (const kind of ENDING_KINDS) {
    const query = { kind, days: 0, nextDays: -ENDED_DAYS }
    for (;;) {
      const at = now()
      const ended = await store.endings.listDue({ ...query, at }, AT_ONCE)
      for (const ending of ended)
        await store.transaction(async (repositories) => {
          if (!(await repositories.endings.noteWarning(ending, 0, at))) return
          await queueWebhookEvent(repositories, at, eventOf('ended', ending, {}))
          told++
        })
      if (ended.length < AT_ONCE) break
    }
  }
  return told
}

function eventOf(
  what: 'ending' | 'ended',
  { kind, id, accountId, name, holder, endsAt }: Ending,
  more: object,
): Parameters<typeof queueWebhookEvent>[2] {
  const data = { id, name, holder: holder ?? null, ends_at: endsAt.toISOString(), ...more }
  return { accountId, event: `${kind}.${what}`, data }
}
