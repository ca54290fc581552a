/** Proving again who one is, before what a stolen session must not do. */
import { Refusal } from './refusal.ts'
import { type Attempt, beginAttempt, failAttempt, lockName, releaseAttempt } from './sign-in-attempts.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** What is told of a wrong password or code, and of too many: the same. */
export const WRONG_OR_TOO_MANY =
  'The password or the code is wrong, or there were too many attempts: then wait a quarter of an hour.'

/**
 * Throws a Refusal unless the password is the user's, and `work`, inside a transaction, says that all else is right.
 * What is wrong counts as a failed attempt at signing in.
 */
export async function proveOneself(
  world: World,
  { id }: User,
  { password, network }: { readonly password: string; readonly network: string },
  work: (repositories: Repositories, user: User) => Promise<boolean> = async () => true,
): Promise<void> {
  const user = await world.store.users.find(id)
  if (!user) throw new Refusal('not_found', 'user_not_found', 'There is no such user.')
  const attempt = await beginAttempt(world, id, network)
  const isPassword = await world.passwords.verify(user.passwordHash, password)
  const fault = attempt.isLocked ? 'there were too many attempts' : 'the password or the second factor is wrong'
  if (isPassword && !attempt.isLocked && (await isRest(world, user, work, attempt)))
    return releaseAttempt(world, attempt)
  await failAttempt(world, fault, user, attempt)
  throw new Refusal('forbidden', 'wrong_password', WRONG_OR_TOO_MANY, { cause: new Error(fault) })
}

async function isRest(
  world: World,
  { id, passwordHash }: User,
  work: (repositories: Repositories, user: User) => Promise<boolean>,
  attempt: Attempt,
): Promise<boolean> {
  try {
    return await world.store.transaction(async (repositories) => {
      await repositories.locks.take(lockName(id))
      const user = await repositories.users.find(id)
      return user !== undefined && user.passwordHash === passwordHash && (await work(repositories, user))
    })
  } catch (error) {
    // What was declined for another reason was no wrong password.
    await releaseAttempt(world, attempt)
    throw error
  }
}
