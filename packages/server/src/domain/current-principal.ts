import type { Principal } from './authenticate.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'

/**
 * The principal as its user is now, inside the transaction of what it does: what was taken from it while its request was
 * read counts no more. Throws a Refusal for one who was disabled or deleted meanwhile.
 */
export async function currentPrincipal(
  { users }: Pick<Repositories, 'users'>,
  principal: Principal,
): Promise<Principal> {
  const user = await users.find(principal.user.id)
  if (user?.status === 'active') return { ...principal, user }
  throw new Refusal('forbidden', 'access_denied', 'You were disabled a moment ago.')
}
