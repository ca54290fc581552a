/** How objects of an account are changed: by who may, one of a kind at a time, with an audit event in the same transaction. */
import { type Principal, requirePermission } from './authenticate.ts'
import { currentPrincipal } from './current-principal.ts'
import type { Permission } from './permission.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/** What changes an account. */
export type ChangingWorld = Pick<World, 'now' | 'store'>

/** Runs a change in one transaction, under locks of the account, by the principal as it is now. */
export async function changeInAccount<T>(
  world: ChangingWorld,
  principal: Principal,
  { locks, permission }: { readonly locks: readonly string[]; readonly permission: Permission },
  work: (repositories: Repositories, at: Date) => Promise<T>,
): Promise<T> {
  return world.store.transaction(async (repositories) => {
    for (const lock of locks) await repositories.locks.take(`${lock}:${principal.account.id}`)
    requirePermission(await currentPrincipal(repositories, principal), permission)
    return work(repositories, world.now())
  })
}

/** Writes who did what to an object: its action is the noun and a verb. */
export async function recordChange(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  { user, account }: Principal,
  event: Parameters<typeof auditEvent>[2],
): Promise<void> {
  await auditEvents.append(auditEvent(at, { kind: 'user', id: user.id, accountId: account.id }, event))
}

/** An object of the account; one of another account is as one that is not there. */
export function ownedBy<T extends { readonly accountId: string }>(
  accountId: string,
  found: T | undefined,
  noun: string,
  code = `${noun.replaceAll(' ', '_')}_not_found`,
): T {
  if (found?.accountId === accountId) return found
  throw new Refusal('not_found', code, `There is no such ${noun}.`)
}

/** Throws a Refusal where a name is another's already. */
export function requireFreeName(
  noun: string,
  id: string,
  { records }: { readonly records: readonly { readonly id: string }[] },
): void {
  if (records.every((other) => other.id === id)) return
  throw new Refusal(
    'conflict',
    `${noun.replaceAll(' ', '_')}_exists`,
    `There is ${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun} with this name already.`,
  )
}

/** Throws a Refusal where an account has as many of a noun as it may. */
export function requireRoom(noun: string, { total }: { readonly total: number }, most: number): void {
  if (total < most) return
  throw new Refusal(
    'conflict',
    `too_many_${noun.replaceAll(' ', '_')}s`,
    `An account has at most ${most} ${noun}s: delete one.`,
  )
}

/** Throws a Refusal where something refers to an object that is to be deleted, saying how many of each. */
export function requireUnused(noun: string, uses: Readonly<Record<string, number>>, instead = ''): void {
  const found = Object.entries(uses).filter(([, count]) => count > 0)
  if (found.length === 0) return
  const what = found.map(([name, count]) => `${count} ${name}${count === 1 ? '' : 's'}`).join(', ')
  throw new Refusal(
    'conflict',
    `${noun.replaceAll(' ', '_')}_in_use`,
    `In use by ${what}: delete what uses it first${instead}.`,
  )
}
