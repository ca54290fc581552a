/** The second factor of a person: enrolled, confirmed, asked for, and taken away. */
import type { Principal } from './authenticate.ts'
import { managedUser, refuseOneself } from './manage-users.ts'
import { proveOneself } from './prove-oneself.ts'
import { Refusal } from './refusal.ts'
import { isSecondFactor, recordTotp, type SecondFactor } from './second-factor.ts'
import { lockName } from './sign-in-attempts.ts'
import { base32, newRecoveryCodes, newTotpSecret, recoveryCodeHash, stepOfCode, totpUri } from './totp.ts'
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

/** Asks for codes from now on, since one of them was right; gives the recovery codes, now and never again. */
export async function confirmTotp(world: World, { user }: Principal, code: string): Promise<readonly string[]> {
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(user.id))
    const at = world.now()
    const totp = await repositories.totps.find(user.id)
    if (!totp) throw new Refusal('not_found', 'totp_not_found', 'There is no second factor: enroll one first.')
    if (totp.confirmedAt) throw new Refusal('conflict', 'totp_is_enabled', 'The second factor is confirmed already.')
    const step = stepOfCode(world.keys.unwrapSecret(user.id, totp.wrapped), code, at)
    if (step === undefined)
      throw new Refusal('invalid', 'invalid_totp', 'totp: the code is wrong. Is the clock of your device right?')
    await repositories.totps.put({ ...totp, confirmedAt: at, lastStep: step })
    const codes = newRecoveryCodes()
    await repositories.totps.putRecoveryCodes(user.id, codes.map(recoveryCodeHash))
    await recordTotp(repositories, at, user, 'totp.enable')
    return codes
  })
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
  })
}
