/** People of an account: they are invited by mail, and choose their password themselves. */
import type { Principal } from './authenticate.ts'
import { currentPrincipal } from './current-principal.ts'
import { requireToHold } from './delegation.ts'
import { managedUser, newUser, recordUser, refuseOtherAccounts, type UserChange } from './manage-users.ts'
import { requireManagers } from './manager.ts'
import { Refusal } from './refusal.ts'
import { sendToken } from './set-password.ts'
import { lockName } from './sign-in-attempts.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** A new person. */
export type NewPerson = UserChange & {
  readonly friendlyName: string
  readonly email: string
  readonly roles: readonly string[]
  /** The accounts on which it has its roles: the principal's own, as yet. */
  readonly accountIds?: readonly string[]
}

type InvitingWorld = Pick<World, 'now' | 'store' | 'keys'>

/** Makes a person of the principal's account, who has no password yet, and sends the invitation. */
export async function createPerson(
  world: InvitingWorld,
  principal: Principal,
  { accountIds = [principal.account.id], ...wanted }: NewPerson,
  publicUrl: string,
): Promise<User> {
  const at = world.now()
  refuseNetworks(principal)
  refuseOtherAccounts(principal, accountIds)
  if (wanted.roles.length === 0) throw new Refusal('invalid', 'invalid_request', 'roles: a person has one at least.')
  const { account } = principal
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(`users:${account.id}`)
    const user = newUser(principal, 'standard', wanted, at, await repositories.roles.list(account.id))
    requireToHold(await currentPrincipal(repositories, principal), user.permissions)
    if (wanted.managers) await requireManagers(repositories, user, wanted.managers)
    await repositories.users.add(user)
    await recordUser(repositories, at, principal, 'user.create', user)
    const actor = { kind: 'user', id: principal.user.id, accountId: account.id } as const
    await sendToken(world, repositories, { user, account, purpose: 'invitation', publicUrl, actor })
    return user
  })
}

/** Sends the invitation again, with another token. */
export async function inviteAgain(
  world: InvitingWorld,
  principal: Principal,
  id: string,
  publicUrl: string,
): Promise<User> {
  const { account } = principal
  refuseNetworks(principal)
  return world.store.transaction(async (repositories) => {
    const user = await managedUser(repositories, principal, id)
    await repositories.locks.take(lockName(id))
    const { passwordHash } = (await repositories.users.find(id)) ?? user
    if (user.kind !== 'standard' || user.status !== 'active' || passwordHash)
      throw new Refusal(
        'conflict',
        'user_not_invited',
        'Only a person is invited who is enabled and has no password yet. One who forgot it asks for a new one.',
      )
    const actor = { kind: 'user', id: principal.user.id, accountId: account.id } as const
    await sendToken(world, repositories, { user, account, purpose: 'invitation', publicUrl, actor })
    return user
  })
}

/** A person signs in from everywhere: no key that counts from some networks alone is a way to one. */
function refuseNetworks({ apiKey }: Principal): void {
  if (!apiKey?.allowedNetworks.length) return
  throw new Refusal(
    'forbidden',
    'access_denied',
    'An API key with allowed networks invites nobody: people sign in from everywhere.',
  )
}
