/** Sessions of people: looked at, and ended before their time. */
import type { Principal } from './authenticate.ts'
import { endSessions } from './end-sessions.ts'
import { managedUser } from './manage-users.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { idleEnd, type Session } from './session.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

type SessionWorld = Pick<World, 'store' | 'now'>

/** The principal's sessions that still count, oldest first. */
export async function listSessions({ store, now }: SessionWorld, { user }: Principal): Promise<readonly Session[]> {
  const at = now()
  return (await store.sessions.list(user.id)).filter((session) => at < idleEnd(session))
}

/** Ends one of the principal's own sessions. */
export async function endSession({ store, now }: SessionWorld, { user }: Principal, id: string): Promise<void> {
  await store.transaction(async (repositories) => {
    const session = (await repositories.sessions.list(user.id)).find((one) => one.id === id)
    if (!session || !(await repositories.sessions.remove(id)))
      throw new Refusal('not_found', 'session_not_found', 'There is no such session.')
    await repositories.auditEvents.append(
      auditEvent(
        now(),
        { kind: 'user', id: user.id, accountId: user.accountId },
        {
          action: 'session.end',
          resourceType: 'session',
          resourceId: id,
          details: { reason: 'signed out' },
        },
      ),
    )
  })
}

/** Ends the principal's sessions, all but the one that asks. */
export async function endOtherSessions({ store, now }: SessionWorld, principal: Principal): Promise<void> {
  const { user, session } = principal
  await store.transaction(async (repositories) => {
    const actor: Actor = { kind: 'user', id: user.id, accountId: user.accountId }
    const others = (await repositories.sessions.list(user.id)).filter(({ id }) => id !== session?.id)
    for (const { id } of others) await repositories.sessions.remove(id)
    await recordEnd(repositories, now(), actor, user.id, others.length)
  })
}

/** Ends all sessions of a user of the principal's account. */
export async function endSessionsOfUser({ store, now }: SessionWorld, principal: Principal, id: string): Promise<void> {
  await store.transaction(async (repositories) => {
    const { user: self, account } = principal
    await managedUser(repositories, principal, id)
    const ended = await endSessions(repositories, id)
    await recordEnd(repositories, now(), { kind: 'user', id: self.id, accountId: account.id }, id, ended)
  })
}

async function recordEnd(
  { auditEvents }: Repositories,
  at: Date,
  actor: Actor,
  userId: string,
  endedSessions: number,
): Promise<void> {
  await auditEvents.append(
    auditEvent(at, actor, {
      action: 'user.end_sessions',
      resourceType: 'user',
      resourceId: userId,
      details: { endedSessions },
    }),
  )
}
