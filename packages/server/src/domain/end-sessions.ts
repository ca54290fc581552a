import { lockName } from './sign-in-attempts.ts'
import type { Repositories } from './store.ts'

/** Ends all sessions of a user, those that begin at this very moment too; how many. Inside a transaction. */
export async function endSessions({ sessions, locks }: Repositories, userId: string): Promise<number> {
  await locks.take(lockName(userId))
  return sessions.removeOfUser(userId)
}

/** Forgets all by which a user signed in, with its sessions. Inside a transaction. */
export async function forgetSignIn(repositories: Repositories, userId: string): Promise<void> {
  await endSessions(repositories, userId)
  await repositories.totps.remove(userId)
  await repositories.passwordTokens.removeOfUser(userId)
  await repositories.signInAttempts.removeOfSubject(userId)
}
