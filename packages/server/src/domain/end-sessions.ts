import { forgetEndedSessions } from './session.ts'
import { forgetAttempts, lockName } from './sign-in-attempts.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

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

/** Forgets what no longer counts: sessions, tokens of mails, and attempts of long ago. */
export async function forgetEndedSignIns({ store, now }: Pick<World, 'store' | 'now'>): Promise<void> {
  await forgetEndedSessions(store.sessions, now())
  await store.passwordTokens.removeEnded(now())
  await forgetAttempts(store.signInAttempts, now())
}
