import type { Account } from './account.ts'
import type { Principal } from './authenticate.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'

/** An account with who manages it. */
export type ManagedAccount = { readonly account: Account; readonly administrators: readonly User[] }

type AccountWorld = { readonly store: Pick<Repositories, 'users'> }

/** The accounts of the principal: its own. */
export async function listAccounts(
  { store }: AccountWorld,
  { account }: Principal,
): Promise<readonly ManagedAccount[]> {
  const users = await store.users.list(account.id)
  const administrators = users.filter(
    ({ status, permissions }) => status === 'active' && permissions.includes('MANAGE_AM_ACCOUNT'),
  )
  return [{ account, administrators }]
}

/** One of them. */
export async function findAccount(world: AccountWorld, principal: Principal, id: string): Promise<ManagedAccount> {
  const found = (await listAccounts(world, principal)).find(({ account }) => account.id === id)
  if (!found) throw new Refusal('not_found', 'account_not_found', 'There is no such account.')
  return found
}
