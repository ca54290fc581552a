/** The second factor of a person: enrolled, confirmed, asked for, and taken away. */
import type { Principal } from './authenticate.ts'
import { managedUser, refuseOneself } from './manage-users.ts'
import { proveOneself, WRONG_OR_TOO_MANY } from './prove-oneself.ts'
import { Refusal } from './refusal.ts'
import { isSecondFactor, recordTotp, type SecondFactor } from './second-factor.ts'
import { beginAttempt, failAttempt, lockName, releaseAttempt } from './sign-in-attempts.ts'
import { queueNotice } from './sign-in-notice.ts'
import type { Repositories } from './store.ts'
import { base32, newRecoveryCodes, newTotpSecret, recoveryCodeHash, stepOfCode, totpUri } from './totp.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** A secret that counts once a code of it has confirmed it; told now and never again. */
export type EnrolledTotp = { readonly secret: string; readonly uri: string }

/** Makes a secret, for who knows the password. One that was not confirmed is replaced. */
export async function enrollTotp(
  world: World,
  { user }: Principal,
  { password, network }: { readonly password: string; readonly network: string },
): Promise<EnrolledTotp> {
  await proveOneself(world, user, { password, network })
  const secret = newTotpSecret()
  const wrapped = world.keys.wrapSecret(user.id, secret)
  await world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(user.id))
    const at = world.now()
    if ((await repositories.totps.find(user.id))?.confirmedAt)
      throw new Refusal('conflict', 'totp_is_enabled', 'There is a second factor already: disable it first.')
    await repositories.totps.put({ userId: user.id, wrapped, confirmedAt: undefined, lastStep: 0, createdAt: at })
    await recordTotp(repositories, at, user, 'totp.enroll')
  })
  return { secret: base32(secret), uri: totpUri(secret, { email: user.email, issuer: 'Countersign' }) }
}

/**
 * Asks for codes from now on, since one of them was right; gives the recovery codes, now and never again. Wrong ones
 * count as failed attempts at signing in: who has the session alone does not try them all.
 */
export async function confirmTotp(
  world: World,
  { user }: Principal,
  { totp: code, network }: { readonly totp: string; readonly network: string },
): Promise<readonly string[]> {
  const attempt = await beginAttempt(world, user.id, network)
  const outcome = attempt.isLocked
    ? ('locked' as const)
    : await world.store.transaction((repositories) => confirmed(world, repositories, user, code))
  if (outcome === 'wrong') await failAttempt(world, 'the code is wrong', user, attempt)
  else if (outcome === 'locked') await failAttempt(world, 'there were too many attempts', user, attempt)
  else await releaseAttempt(world, attempt)
  if (typeof outcome === 'string') throw CONFIRM_REFUSALS[outcome]()
  return outcome.codes
}

const CONFIRM_REFUSALS = {
  none: () => new Refusal('not_found', 'totp_not_found', 'There is no second factor: enroll one first.'),
  enabled: () => new Refusal('conflict', 'totp_is_enabled', 'The second factor is confirmed already.'),
  wrong: () => new Refusal('invalid', 'invalid_totp', 'totp: the code is wrong. Is the clock of your device right?'),
  locked: () => new Refusal('forbidden', 'wrong_password', WRONG_OR_TOO_MANY),
} as const

async function confirmed(
  { keys, now }: World,
  repositories: Repositories,
  user: User,
  code: string,
): Promise<{ readonly codes: readonly string[] } | 'none' | 'enabled' | 'wrong'> {
  const { totps, locks } = repositories
  await locks.take(lockName(user.id))
  const totp = await totps.find(user.id)
  if (!totp) return 'none'
  if (totp.confirmedAt) return 'enabled'
  const step = stepOfCode(keys.unwrapSecret(user.id, totp.wrapped), code, now())
  if (step === undefined) return 'wrong'
  await totps.put({ ...totp, confirmedAt: now(), lastStep: step })
  const codes = newRecoveryCodes()
  await totps.putRecoveryCodes(user.id, codes.map(recoveryCodeHash))
  await recordTotp(repositories, now(), user, 'totp.enable')
  await queueNotice({ keys, now }, repositories, user, 'totp.enable')
  return { codes }
}

/** Asks for codes no longer; it takes the password and a code. */
export async function disableTotp(
  world: World,
  { user }: Principal,
  proof: SecondFactor & { readonly password: string; readonly network: string },
): Promise<void> {
  await proveOneself(world, user, proof, async (repositories) => {
    if (!(await repositories.totps.find(user.id)))
      throw new Refusal('not_found', 'totp_not_found', 'There is no second factor.')
    if (!(await isSecondFactor(world, repositories, user, proof))) return false
    await repositories.totps.remove(user.id)
    await recordTotp(repositories, world.now(), user, 'totp.disable')
    await queueNotice(world, repositories, user, 'totp.disable')
    return true
  })
}

/** Takes the second factor of somebody else away, who has lost it, and ends all that was begun with it. */
export async function resetTotp(world: World, principal: Principal, id: string): Promise<void> {
  await world.store.transaction(async (repositories) => {
    const user = await managedUser(repositories, principal, id)
    refuseOneself(principal, user)
    await repositories.locks.take(lockName(id))
    if (!(await repositories.totps.remove(id)))
      throw new Refusal('not_found', 'totp_not_found', 'The user has no second factor.')
    const endedSessions = await repositories.sessions.removeOfUser(id)
    await recordTotp(repositories, world.now(), principal.user, 'totp.reset', { userId: id, endedSessions })
    await queueNotice(world, repositories, user, 'totp.reset')
  })
}
