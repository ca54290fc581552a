import type { Repositories } from './store.ts'
import type { User } from './user.ts'

/** The people who may manage an account, and get its mail. */
export async function administratorsOf(
  { users }: Pick<Repositories, 'users'>,
  accountId: string,
  at: Date,
): Promise<readonly User[]> {
  return (await users.list(accountId)).filter(
    ({ kind, status, endsAt, permissions }) =>
      kind === 'standard' &&
      status === 'active' &&
      (endsAt === undefined || at <= endsAt) &&
      permissions.includes('MANAGE_AM_ACCOUNT'),
  )
}
