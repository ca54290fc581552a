/** Users of an account: made, changed, disabled and deleted by who may do as much as they. */
import { newApiKey } from './api-key.ts'
import { type Principal, permissionsOf, requirePermission } from './authenticate.ts'
import { currentPrincipal } from './current-principal.ts'
import type { CustomRole } from './custom-role.ts'
import { lastEnd, requireToHold } from './delegation.ts'
import { endDate } from './end-date.ts'
import { endSessions, forgetSignIn } from './end-sessions.ts'
import type { ToldApiKey } from './manage-api-keys.ts'
import { endCredentialsOfUser } from './manage-credentials.ts'
import { forgetManager, isManagerOf, requireManagers } from './manager.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { revokeCertificate } from './revoke-certificate.ts'
import { isBuiltIn, permissionsOfRoles } from './role.ts'
import type { Repositories } from './store.ts'
import { addressText, lineText, localeText } from './text-field.ts'
import { withinTransaction } from './transaction-world.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

type UserWorld = Pick<World, 'now' | 'store'>

/** What a user can be told to be; what is left out stays as it is. */
export type UserChange = {
  readonly friendlyName?: string
  readonly description?: string
  readonly email?: string
  readonly locale?: string
  /** ISO 8601; null takes the end away. */
  readonly endDate?: string | null
  /** Ids. */
  readonly roles?: readonly string[]
  /** Ids of people; of service users alone. */
  readonly managers?: readonly string[]
}

/** A new service user. */
export type NewServiceUser = UserChange & {
  readonly friendlyName: string
  readonly roles: readonly string[]
  /** The accounts on which it has its roles: the principal's own, as yet. */
  readonly accountIds?: readonly string[]
}

/** A user of the principal's account that it may see: all who sees or manages users, and its own who manages one. */
export async function findUser(
  { store }: { readonly store: Pick<Repositories, 'users'> },
  principal: Principal,
  id: string,
): Promise<User> {
  const user = await store.users.find(id)
  if (user && mayBeSeen(principal, user)) return user
  throw new Refusal('not_found', 'user_not_found', 'There is no such user.')
}

/** Those of the account that the principal may see, oldest first. */
export async function listUsers(
  { store }: { readonly store: Pick<Repositories, 'users'> },
  principal: Principal,
): Promise<readonly User[]> {
  return (await store.users.list(principal.account.id)).filter((user) => mayBeSeen(principal, user))
}

function mayBeSeen(principal: Principal, user: User): boolean {
  if (user.accountId !== principal.account.id) return false
  const held = permissionsOf(principal)
  return held.includes('VIEW_AM_USER') || held.includes('MANAGE_AM_USER') || isManagerOf(principal, user)
}

/** Makes a service user, which has no password and can't sign in, with an API key that is told now and never again. */
export async function createServiceUser(
  world: UserWorld,
  principal: Principal,
  { friendlyName, roles, accountIds = [principal.account.id], ...change }: NewServiceUser,
): Promise<{ readonly user: User; readonly told: ToldApiKey }> {
  const at = world.now()
  refuseOtherAccounts(principal, accountIds)
  if (roles.length === 0) throw new Refusal('invalid', 'invalid_request', 'roles: a service user has one at least.')
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(`users:${principal.account.id}`)
    const ownRoles = await repositories.roles.list(principal.account.id)
    const user = newUser(principal, 'service', { friendlyName, roles, ...change }, at, ownRoles)
    requireToHold(await currentPrincipal(repositories, principal), user.permissions)
    await requireManagers(repositories, user, user.managers)
    // What is held to networks, or to an end, makes no key that is not.
    const endsAt = lastEnd(principal)
    const { apiKey, text } = newApiKey(at, {
      userId: user.id,
      name: 'first',
      allowedNetworks: principal.apiKey?.allowedNetworks ?? [],
      ...(endsAt && { endsAt }),
    })
    await repositories.users.add(user)
    await recordUser(repositories, at, principal, 'user.create', user)
    await repositories.apiKeys.add(apiKey)
    await repositories.auditEvents.append(
      auditEvent(at, actorOf(principal), {
        action: 'api_key.create',
        resourceType: 'api_key',
        resourceId: apiKey.id,
        details: { userId: user.id, name: apiKey.name, prefix: apiKey.prefix, allowedNetworks: apiKey.allowedNetworks },
      }),
    )
    return { user, told: { apiKey, text } }
  })
}

/** Throws a Refusal unless they are the principal's own account. */
export function refuseOtherAccounts({ account }: Principal, accountIds: readonly string[]): void {
  if (accountIds.length === 1 && accountIds[0] === account.id) return
  throw new Refusal('not_found', 'account_not_found', `accounts: a user is of one account, here ${account.id}.`)
}

/** A user to be added to the principal's account, active from the start. */
export function newUser(
  principal: Principal,
  kind: User['kind'],
  change: UserChange,
  at: Date,
  ownRoles: readonly CustomRole[],
): User {
  const bare: User = {
    id: uuidV7(at),
    accountId: principal.account.id,
    kind,
    email: '',
    friendlyName: '',
    description: '',
    status: 'active',
    endsAt: undefined,
    locale: principal.account.locale,
    roles: [],
    permissions: [],
    customPermissions: [],
    managers: [],
    passwordHash: undefined,
    createdAt: at,
    createdBy: principal.user.id,
  }
  return changed(bare, change, at, ownRoles)
}

/** Changes names, address, language, end and roles. Roles and end of oneself are for others to change. */
export async function changeUser(
  world: UserWorld,
  principal: Principal,
  id: string,
  change: UserChange,
): Promise<User> {
  return manage(world, principal, id, 'user.update', (user, at, ownRoles) => {
    if (change.roles || change.endDate !== undefined) refuseOneself(principal, user)
    if (change.email !== undefined && user.kind === 'standard')
      throw new Refusal('invalid', 'invalid_request', 'email: a person signs in by it, and it stays.')
    return changed(user, change, at, ownRoles)
  })
}

/** Lets a user act no longer, from the next request on, or again. */
export async function setUserEnabled(
  world: UserWorld,
  principal: Principal,
  id: string,
  enabled: boolean,
): Promise<User> {
  return world.store.transaction(async (repositories) => {
    const before = await managedUser(repositories, principal, id, { isByManagers: true })
    refuseOneself(principal, before)
    const user: User = { ...before, status: enabled ? 'active' : 'disabled' }
    await put(repositories, world.now(), principal, enabled ? 'user.enable' : 'user.disable', user)
    return user
  })
}

/** Deletes a user for good: its keys are gone and its certificates revoked; what it signed stays known as its own. */
export async function removeUser(world: World, principal: Principal, id: string): Promise<void> {
  const revokers: string[] = []
  await world.store.transaction(async (repositories) => {
    const user = await managedUser(repositories, principal, id)
    refuseOneself(principal, user)
    const inside = {
      ...withinTransaction(world, repositories),
      onRevocation: (authorityId: string) => void revokers.push(authorityId),
    }
    // What is being made for the user is waited for, and goes with it.
    await repositories.locks.take(`api-keys:${id}`)
    await repositories.locks.take(`client-auth-certificates:${id}`)
    for (const { certificateId } of await repositories.clientAuthCertificates.list(id)) {
      const certificate = await repositories.certificates.find(certificateId)
      if (certificate?.status === 'issued')
        await revokeCertificate(inside, certificateId, 'cessation_of_operation', actorOf(principal))
    }
    await endCredentialsOfUser(inside, repositories, user, actorOf(principal))
    for (const apiKey of await repositories.apiKeys.list(id)) await repositories.apiKeys.remove(apiKey.id)
    await forgetSignIn(repositories, id)
    await forgetManager(repositories, user)
    await repositories.users.remove(id)
    await recordUser(repositories, world.now(), principal, 'user.delete', user)
  })
  for (const authorityId of new Set(revokers)) world.onRevocation?.(authorityId)
}

async function manage(
  world: UserWorld,
  principal: Principal,
  id: string,
  action: string,
  next: (user: User, at: Date, ownRoles: readonly CustomRole[]) => User,
): Promise<User> {
  return world.store.transaction(async (repositories) => {
    const at = world.now()
    const before = await managedUser(repositories, principal, id)
    const user = next(before, at, await repositories.roles.list(before.accountId))
    requireToHold(await currentPrincipal(repositories, principal), user.permissions)
    if (user.managers !== before.managers) await requireManagers(repositories, user, user.managers)
    await put(repositories, at, principal, action, user)
    return user
  })
}

async function put(
  repositories: Repositories,
  at: Date,
  principal: Principal,
  action: string,
  user: User,
): Promise<void> {
  // In the order of signing in: what ends sessions first, then the user.
  if (user.status !== 'active') await endSessions(repositories, user.id)
  await repositories.users.update(user)
  await recordUser(repositories, at, principal, action, user)
}

/**
 * The user, while nobody else manages users of the account until the transaction ends; only who may do as much as it
 * manages it (or, for what managers of it may, is one of them), and still counts: two who disable one another at once would leave nobody.
 */
export async function managedUser(
  repositories: Repositories,
  principal: Principal,
  id: string,
  { isByManagers }: { readonly isByManagers: boolean } = { isByManagers: false },
): Promise<User> {
  await repositories.locks.take(`users:${principal.account.id}`)
  const now = await currentPrincipal(repositories, principal)
  const user = await findUser({ store: repositories }, principal, id)
  if (isByManagers && isManagerOf(principal, user)) return user
  requirePermission(now, 'MANAGE_AM_USER')
  requireToHold(now, user.permissions)
  return user
}

/** Nobody locks themselves out: so an account always has somebody who manages it. */
export function refuseOneself(principal: Principal, user: User): void {
  if (principal.user.id !== user.id) return
  throw new Refusal('conflict', 'own_user', 'This is you: somebody else has to do it.')
}

function changed(user: User, change: UserChange, at: Date, ownRoles: readonly CustomRole[]): User {
  const { friendlyName, description, email, locale, roles, managers } = change
  return {
    ...user,
    ...(friendlyName !== undefined && { friendlyName: lineText('friendly_name', friendlyName, 1, 100) }),
    ...(description !== undefined && { description: lineText('description', description, 0, 500) }),
    ...(email !== undefined && { email: addressText(email) }),
    ...(locale !== undefined && { locale: localeText(locale) }),
    ...(change.endDate !== undefined && {
      endsAt: change.endDate === null ? undefined : endDate('end_date', change.endDate, at),
    }),
    ...(managers && { managers: [...new Set(managers)] }),
    ...(roles && withRoles(user, [...new Set(roles)], ownRoles)),
  }
}

/** What it was given beside its roles stays with it. */
function withRoles(
  user: User,
  roles: readonly string[],
  ownRoles: readonly CustomRole[],
): Pick<User, 'roles' | 'permissions' | 'customPermissions'> {
  const unknown = roles.find((id) => !isBuiltIn(id) && !ownRoles.some((role) => role.id === id))
  if (unknown !== undefined)
    throw new Refusal('invalid', 'invalid_request', `roles: there is no role ${JSON.stringify(unknown.slice(0, 60))}.`)
  const byRoles = [...permissionsOfRoles(user.roles), ...user.customPermissions]
  const beside = user.permissions.filter((permission) => !byRoles.includes(permission))
  const customPermissions = ownRoles.filter(({ id }) => roles.includes(id)).flatMap(({ permissions }) => permissions)
  const permissions = [...new Set([...permissionsOfRoles(roles), ...customPermissions, ...beside])]
  return { roles, permissions, customPermissions }
}

function actorOf({ user, account }: Principal): Actor {
  return { kind: 'user', id: user.id, accountId: account.id }
}

/** Writes what a user was made or has become. */
export async function recordUser(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, kind, email, friendlyName, status, endsAt, roles, managers }: User,
): Promise<void> {
  await auditEvents.append(
    auditEvent(at, actorOf(principal), {
      action,
      resourceType: 'user',
      resourceId: id,
      details: { kind, email, friendlyName, status, roles, managers, ...(endsAt && { endsAt: endsAt.toISOString() }) },
    }),
  )
}
