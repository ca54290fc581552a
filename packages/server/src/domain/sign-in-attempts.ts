/**
 * Locking out: of a user, so many wrong attempts in a row, and then each waits twice as long for the next, a quarter of
 * an hour at most. Networks from which the person signed in before are counted each by itself, all others together: so
 * a stranger who tries on and on keeps nobody out where they are used to work. A password that was set by a mail's token
 * makes its network a known one.
 */
import type { AuditEvent } from './audit-event.ts'
import { failureEvent } from './authentication-failure.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** The attempts at signing in as one user from one known network, or from all that are not known. */
export type SignInAttempts = {
  /** Whom it was tried as: the id of a user, or NOBODY. */
  readonly subject: string
  /** Empty for all networks that are not known. */
  readonly network: string
  /** In a row. */
  readonly failures: number
  readonly lockedUntil: Date | undefined
  readonly lastAt: Date
}

/** The attempts in the store. */
export type SignInAttemptsOfAll = {
  find(subject: string, network: string): Promise<SignInAttempts | undefined>
  put(attempts: SignInAttempts): Promise<void>
  remove(subject: string, network: string): Promise<void>
  removeOfSubject(subject: string): Promise<void>
  /** Removes what was not tried since; how many. */
  removeBefore(lastAt: Date): Promise<number>
}

/** An attempt that counts as failed until it is known not to be. */
export type Attempt = {
  readonly subject: string
  /** Where it is counted. */
  readonly counted: string
  /** The password is not to be judged: what comes out is a refusal whatever it is. */
  readonly isLocked: boolean
  /** Until when nobody gets in, if this attempt fails and is what locks. */
  readonly locksUntil: Date | undefined
}

/** Whom attempts are counted for whose address is none of a person, so that they take as long. */
export const NOBODY = 'nobody'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const FREE_FAILURES = 5
const LONGEST_LOCK_MS = 15 * MINUTE
const FAILURES_COUNT_MS = DAY
/** How long a network stays known. */
const KNOWN_MS = 90 * DAY

/** Begins an attempt, and counts it before anything is judged: attempts that come at once are counted as if one by one. */
export async function beginAttempt({ store, now }: AttemptWorld, subject: string, network: string): Promise<Attempt> {
  return store.transaction(async ({ signInAttempts, locks }) => {
    await locks.take(lockName(subject))
    const at = now()
    const found = (await signInAttempts.find(subject, network)) ?? (await signInAttempts.find(subject, ''))
    const counted = found?.network ?? ''
    const isLocked = subject !== NOBODY && found?.lockedUntil !== undefined && at < found.lockedUntil
    if (isLocked) {
      // Written too, so that it takes as long.
      await signInAttempts.put({ ...found, lastAt: at })
      return { subject, counted, isLocked, locksUntil: undefined }
    }
    const failures = (found && at.getTime() - found.lastAt.getTime() < FAILURES_COUNT_MS ? found.failures : 0) + 1
    const locksUntil = lockEnd(failures, at)
    await signInAttempts.put({ subject, network: counted, failures, lockedUntil: locksUntil, lastAt: at })
    return { subject, counted, isLocked: subject === NOBODY, locksUntil }
  })
}

function lockEnd(failures: number, at: Date): Date | undefined {
  if (failures < FREE_FAILURES) return undefined
  const lockMs = Math.min(MINUTE * 2 ** Math.min(failures - FREE_FAILURES, 10), LONGEST_LOCK_MS)
  return new Date(at.getTime() + lockMs)
}

/** Takes back an attempt that was neither wrong nor the end of it: its password was right, and a code is still to come. */
export async function releaseAttempt({ store }: AttemptWorld, { subject, counted }: Attempt): Promise<void> {
  await store.transaction(async ({ signInAttempts, locks }) => {
    await locks.take(lockName(subject))
    const found = await signInAttempts.find(subject, counted)
    if (found) await signInAttempts.put({ ...found, failures: Math.max(0, found.failures - 1), lockedUntil: undefined })
  })
}

/** Notes why an attempt failed, and that it locked, at once: so that no failure takes longer than another. */
export async function failAttempt(world: World, fault: string, user?: User, attempt?: Attempt): Promise<void> {
  const failure = failureEvent(world, fault, 'user', user?.id, user && { user })
  const events = [failure, user && attempt && lockEvent(world.now(), user, attempt)].filter(
    (event) => event !== undefined,
  )
  if (events.length === 0) return
  await world.store.transaction(async ({ auditEvents }) => {
    for (const event of events) await auditEvents.append(event)
  })
}

function lockEvent(at: Date, { id, accountId }: User, { locksUntil }: Attempt): AuditEvent | undefined {
  if (!locksUntil) return undefined
  return auditEvent(at, PLATFORM, {
    action: 'user.lock',
    resourceType: 'user',
    resourceId: id,
    accountId,
    details: { until: locksUntil.toISOString() },
  })
}

/** Forgets the failures that an attempt was counted with, since it was right, and knows the network from now on. */
export async function settleAttempts(
  { signInAttempts }: Pick<Repositories, 'signInAttempts'>,
  { subject, counted }: Pick<Attempt, 'subject' | 'counted'>,
  network: string,
  at: Date,
): Promise<void> {
  await signInAttempts.remove(subject, counted)
  await signInAttempts.put({ subject, network, failures: 0, lockedUntil: undefined, lastAt: at })
}

/** Removes what no longer counts; how many. */
export function forgetAttempts({ removeBefore }: SignInAttemptsOfAll, at: Date): Promise<number> {
  return removeBefore(new Date(at.getTime() - KNOWN_MS))
}

/** The lock of all that changes how somebody signs in. */
export function lockName(userId: string): string {
  return `sign-in:${userId}`
}

type AttemptWorld = Pick<World, 'store' | 'now'>
