/** What an account may read of the audit log: its own events, filtered and in order of time. */
import type { Account } from './account.ts'
import type { AuditEvent, ListedAuditEvent } from './audit-event.ts'
import { Refusal } from './refusal.ts'
import type { World } from './world.ts'

/** Which events are wanted. All of what is given has to be so. */
export type AuditLogFilter = {
  /** Part of the name or the e-mail address of who did it, without regard to case. */
  readonly userName?: string | undefined
  readonly action?: string | undefined
  readonly resourceTypes?: readonly string[] | undefined
  readonly resourceId?: string | undefined
  readonly status?: AuditEvent['status'] | undefined
  /** The account whose events they are to be; there is none but one's own. */
  readonly accountId?: string | undefined
  readonly from?: Date | undefined
  /** The first moment that is too late. */
  readonly until?: Date | undefined
  readonly order: 'newest' | 'oldest'
}

/** A name that fits more users than this says too little. */
const MOST_USERS = 1_000

/** The events of an account that pass a filter, read as they are taken; an event that comes meanwhile moves none of them. */
export async function* readAuditLog(
  { store, now }: Pick<World, 'store' | 'now'>,
  account: Account,
  { userName, accountId = account.id, ...filter }: AuditLogFilter,
): AsyncGenerator<ListedAuditEvent, void, void> {
  if (accountId !== account.id) throw new Refusal('not_found', 'account_not_found', 'There is no such account.')
  const actorIds = userName === undefined ? undefined : await usersNamed(store, account, userName)
  if (actorIds?.length === 0) return
  // What comes later would be read on and on.
  const end = new Date(now().getTime() + 1)
  const until = filter.until && filter.until < end ? filter.until : end
  yield* store.auditEvents.walk({ ...filter, accountId, actorIds, until })
}

async function usersNamed(
  { users }: Pick<World['store'], 'users'>,
  account: Account,
  text: string,
): Promise<readonly string[]> {
  const part = text.toLowerCase()
  const named = (await users.list(account.id)).filter(({ friendlyName, email }) =>
    `${friendlyName}\n${email}`.toLowerCase().includes(part),
  )
  if (named.length > MOST_USERS)
    throw new Refusal('invalid', 'invalid_request', `user_name fits ${named.length} users: give more of the name.`)
  return named.map(({ id }) => id)
}
