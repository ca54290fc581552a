/**
 * Managers of a service user: people who see it, make and end its keys, end its certificates and disable it, whatever else they
 * may. Who names them may do all that it may, since they may act as it.
 */
import { type Principal, permissionsOf } from './authenticate.ts'
import type { Permission } from './permission.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'

const MOST_MANAGERS = 20

/** Whether the principal was named to manage the user. A key with scopes is not for what none of them says. */
export function isManagerOf({ user: self, account, apiKey }: Principal, user: User): boolean {
  if (user.kind !== 'service' || user.accountId !== account.id || apiKey?.scopes) return false
  return self.kind === 'standard' && user.managers.includes(self.id)
}

/** Whether the principal may ask for what is there for who has the permission, and for managers. */
export async function isAdmitted(
  { store }: { readonly store: Pick<Repositories, 'users'> },
  principal: Principal,
  permission: Permission,
): Promise<boolean> {
  if (permissionsOf(principal).includes(permission)) return true
  if (principal.user.kind !== 'standard') return false
  return (await store.users.list(principal.account.id)).some((user) => isManagerOf(principal, user))
}

/** Throws a Refusal unless all are people of the account of the service user. */
export async function requireManagers(
  { users }: Pick<Repositories, 'users'>,
  { kind, accountId }: Pick<User, 'kind' | 'accountId'>,
  managers: readonly string[],
): Promise<void> {
  if (kind !== 'service')
    throw new Refusal('invalid', 'invalid_request', 'managers: people have none, service users do.')
  if (managers.length > MOST_MANAGERS)
    throw new Refusal('invalid', 'invalid_request', `managers: a service user has at most ${MOST_MANAGERS}.`)
  const people = (await users.list(accountId)).filter((user) => user.kind === 'standard')
  const unknown = managers.find((id) => !people.some((person) => person.id === id))
  if (unknown === undefined) return
  throw new Refusal(
    'invalid',
    'invalid_request',
    `managers: ${JSON.stringify(unknown.slice(0, 60))} is no person of the account.`,
  )
}

/** Takes a person who is deleted from the managers of all. */
export async function forgetManager({ users }: Pick<Repositories, 'users'>, { id, accountId }: User): Promise<void> {
  for (const user of await users.list(accountId))
    if (user.managers.includes(id))
      await users.update({ ...user, managers: user.managers.filter((manager) => manager !== id) })
}
