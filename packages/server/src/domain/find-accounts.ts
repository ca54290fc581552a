import type { Account } from './account.ts'
import { type Principal, permissionsOf } from './authenticate.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'

type AccountWorld = { readonly store: Pick<Repositories, 'accounts'> }

/** The accounts that the principal may see: its own, and all of the platform if it manages those. */
export async function listAccounts({ store }: AccountWorld, principal: Principal): Promise<readonly Account[]> {
  return managesPlatform(principal) ? store.accounts.list() : [principal.account]
}

/** One of them. */
export async function findAccount({ store }: AccountWorld, principal: Principal, id: string): Promise<Account> {
  if (id === principal.account.id) return principal.account
  const account = managesPlatform(principal) ? await store.accounts.find(id) : undefined
  if (!account) throw new Refusal('not_found', 'account_not_found', 'There is no such account.')
  return account
}

/** Who manages an account. */
export async function listAdministrators(
  { store }: { readonly store: Pick<Repositories, 'users'> },
  account: Account,
): Promise<readonly User[]> {
  const users = await store.users.list(account.id)
  return users.filter(({ status, permissions }) => status === 'active' && permissions.includes('MANAGE_AM_ACCOUNT'))
}

/** Whether the principal manages the accounts of the platform. */
export function managesPlatform(principal: Principal): boolean {
  return permissionsOf(principal).includes('MANAGE_AM_PLATFORM')
}
