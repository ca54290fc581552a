/** Signing in: e-mail address, password and, where there is one, a second factor, for a session. */
import type { Account } from './account.ts'
import { faultOfUser } from './authenticate.ts'
import { AuthenticationFault } from './authentication-failure.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { isSecondFactor, type SecondFactor } from './second-factor.ts'
import { MOST_SESSIONS, newSession, type Session, sessionHash } from './session.ts'
import {
  type Attempt,
  beginAttempt,
  failAttempt,
  lockName,
  NOBODY,
  releaseAttempt,
  settleAttempts,
} from './sign-in-attempts.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** Where a person is, as far as it can be told. */
export type Whereabouts = {
  readonly address: string
  /** The address, or of IPv6 its network. */
  readonly network: string
  readonly userAgent: string
}

export type SignIn = SecondFactor & {
  readonly email: string
  readonly password: string
  /** The token of a session that the browser has already: the new one takes its place. */
  readonly replaces?: string | undefined
}

/** A new session, with the token that is told now and never again. */
export type SignedIn = {
  readonly user: User
  readonly account: Account
  readonly session: Session
  readonly token: string
}

/**
 * Signs a person in. Whatever is wrong, the answer is one and the same and takes as long; only a right password without
 * its code is told, since the code has to be asked for.
 */
export async function signIn(world: World, wish: SignIn, where: Whereabouts): Promise<SignedIn> {
  const user = await world.store.users.findByEmail(wish.email)
  const account = await world.store.accounts.find(user?.accountId ?? NOBODY)
  const attempt = await beginAttempt(world, user?.id ?? NOBODY, where.network)
  const isRight = await world.passwords.verify(user?.passwordHash, wish.password)
  if (!user || !account) throw await refusedSignIn(world, 'there is no such user')
  if (attempt.isLocked) throw await refusedSignIn(world, 'there were too many attempts', user)
  const fault = isRight ? faultOfUser(user, account, world.now()) : 'the password is wrong'
  if (fault) throw await refusedSignIn(world, fault, user, attempt)
  const totp = await world.store.totps.find(user.id)
  if (totp?.confirmedAt && wish.totp === undefined && wish.recoveryCode === undefined) {
    await releaseAttempt(world, attempt)
    throw new Refusal('unauthenticated', 'totp_required', 'Send the code of your authenticator app along, as totp.')
  }
  const passwordHash =
    user.passwordHash && world.passwords.isOutdated(user.passwordHash)
      ? await world.passwords.hash(wish.password)
      : undefined
  const outcome = await world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(user.id))
    const at = world.now()
    // Between judging the password and now it may have been changed, and all sessions ended with it.
    const [now, served] = [await repositories.users.find(user.id), await repositories.accounts.find(account.id)]
    if (!now || now.passwordHash !== user.passwordHash || !served || faultOfUser(now, served, at))
      return 'the user was changed meanwhile'
    if (!(await isSecondFactor(world, repositories, user, wish))) return 'the second factor is wrong'
    if (passwordHash) await repositories.users.setPassword(user.id, passwordHash, now.passwordChangedAt)
    await settleAttempts(repositories, attempt, where.network, at)
    if (wish.replaces !== undefined) await endReplaced(repositories, at, wish.replaces)
    return { account, ...(await addSession(repositories, at, now, where)) }
  })
  if (typeof outcome === 'string') throw await refusedSignIn(world, outcome, user, attempt)
  return outcome
}

/** Begins a session of a user who has just proved who it is; of too many the oldest ends. */
export async function addSession(
  repositories: Repositories,
  at: Date,
  user: User,
  { address, userAgent }: Whereabouts,
): Promise<Omit<SignedIn, 'account'>> {
  const { sessions, auditEvents } = repositories
  const made = newSession(at, { userId: user.id, address, userAgent })
  const before = await sessions.list(user.id)
  for (const { id } of before.slice(0, Math.max(0, before.length - MOST_SESSIONS + 1)))
    if (await sessions.remove(id)) await recordEnd(repositories, at, user, id, 'too many')
  await sessions.add(made.session)
  await auditEvents.append(
    auditEvent(at, actorOf(user), {
      action: 'session.create',
      resourceType: 'session',
      resourceId: made.session.id,
      details: { address, endsAt: made.session.endsAt.toISOString() },
    }),
  )
  return { user, ...made }
}

async function endReplaced(repositories: Repositories, at: Date, token: string): Promise<void> {
  const { sessions } = repositories
  const holder = await sessions.findByHash(sessionHash(token))
  if (holder && (await sessions.remove(holder.session.id)))
    await recordEnd(repositories, at, holder.user, holder.session.id, 'replaced')
}

async function recordEnd(
  { auditEvents }: Repositories,
  at: Date,
  user: User,
  resourceId: string,
  reason: string,
): Promise<void> {
  await auditEvents.append(
    auditEvent(at, actorOf(user), { action: 'session.end', resourceType: 'session', resourceId, details: { reason } }),
  )
}

/** Notes a failed attempt; what comes back is to be thrown, and says nothing of it. */
async function refusedSignIn(world: World, fault: string, user?: User, attempt?: Attempt): Promise<Refusal> {
  await failAttempt(world, fault, user, attempt)
  return new Refusal(
    'unauthenticated',
    'invalid_credentials',
    'The e-mail address, the password or the code is wrong, or there were too many attempts: then wait a quarter of an hour.',
    { cause: new AuthenticationFault(fault, 'session', undefined) },
  )
}

function actorOf({ id, accountId }: User): { readonly kind: 'user'; readonly id: string; readonly accountId: string } {
  return { kind: 'user', id, accountId }
}
