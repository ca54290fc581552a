/** Roles that an account makes for itself: nobody puts into one, or takes out of one, what they may not do themselves. */
import { APPLICATIONS, type ApplicationCode } from './application.ts'
import type { Principal } from './authenticate.ts'
import { currentPrincipal } from './current-principal.ts'
import type { CustomRole } from './custom-role.ts'
import { requireToHold } from './delegation.ts'
import type { Permission } from './permission.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { isBuiltIn, ROLES, type Role } from './role.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

type RoleWorld = Pick<World, 'now' | 'store'>

/** A role as users are given it, by its id. */
export type GivenRole = Role & { readonly id: string; readonly isBuiltIn: boolean }

/** What a role can be told to be; what is left out stays as it is. */
export type RoleChange = {
  readonly name?: string
  readonly description?: string
  readonly permissions?: readonly Permission[]
}

/** A new role. */
export type NewRole = RoleChange & {
  readonly name: string
  readonly applicationCode: ApplicationCode
  readonly permissions: readonly Permission[]
}

const MOST_ROLES = 100

/** Those that every account has, and the account's own. */
export async function listRoles({ store }: RoleWorld, { account }: Principal): Promise<readonly GivenRole[]> {
  const builtIn = ROLES.map((role) => ({ ...role, id: role.name, isBuiltIn: true }))
  const own = (await store.roles.list(account.id)).map((role) => ({ ...role, isBuiltIn: false }))
  return [...builtIn, ...own]
}

/** One of them. */
export async function findRole(world: RoleWorld, principal: Principal, id: string): Promise<GivenRole> {
  const role = (await listRoles(world, principal)).find((one) => one.id === id)
  if (!role) throw notFound()
  return role
}

/** Makes a role of one application. */
export async function createRole(
  world: RoleWorld,
  principal: Principal,
  { name, applicationCode, ...change }: NewRole,
): Promise<GivenRole> {
  return world.store.transaction(async (repositories) => {
    await lock(repositories, principal)
    const at = world.now()
    const known = await repositories.roles.list(principal.account.id)
    if (known.length >= MOST_ROLES)
      throw new Refusal(
        'conflict',
        'too_many_roles',
        `An account has at most ${MOST_ROLES} roles of its own: delete one.`,
      )
    const bare: CustomRole = {
      id: uuidV7(at),
      accountId: principal.account.id,
      name: '',
      applicationCode,
      description: '',
      permissions: [],
      createdAt: at,
      createdBy: principal.user.id,
    }
    const role = changed(bare, { name, ...change }, known)
    requireToHold(await currentPrincipal(repositories, principal), role.permissions)
    await repositories.roles.add(role)
    await record(repositories, at, principal, 'role.create', role)
    return { ...role, isBuiltIn: false }
  })
}

/** Changes name, description and permissions; who has it may the new ones from the next request on. */
export async function changeRole(
  world: RoleWorld,
  principal: Principal,
  id: string,
  change: RoleChange,
): Promise<GivenRole> {
  return world.store.transaction(async (repositories) => {
    const before = await managedRole(repositories, principal, id)
    // Nobody keeps by a role what others may want to take away.
    if (change.permissions && principal.user.roles.includes(id))
      throw new Refusal(
        'conflict',
        'own_role',
        'You have this role yourself: somebody else has to change what it lets do.',
      )
    const role = changed(before, change, await repositories.roles.list(principal.account.id))
    requireToHold(await currentPrincipal(repositories, principal), role.permissions)
    await repositories.roles.update(role)
    await record(repositories, world.now(), principal, 'role.update', role)
    return { ...role, isBuiltIn: false }
  })
}

/** Deletes a role that nobody has. */
export async function removeRole(world: RoleWorld, principal: Principal, id: string): Promise<void> {
  await world.store.transaction(async (repositories) => {
    const role = await managedRole(repositories, principal, id)
    const holders = (await repositories.users.list(principal.account.id)).filter(({ roles }) => roles.includes(id))
    if (holders.length > 0) throw inUse(holders.map(({ friendlyName }) => friendlyName))
    await repositories.roles.remove(id)
    await record(repositories, world.now(), principal, 'role.delete', role)
  })
}

const MOST_NAMED = 10

function inUse(names: readonly string[]): Refusal {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  const who = `${names.slice(0, MOST_NAMED).join(', ')}${more}`
  return new Refusal('conflict', 'role_in_use', `In use by ${who}: take it from them first.`)
}

/** Users have roles: who changes either sees the other as it is. */
async function lock({ locks }: Repositories, { account }: Principal): Promise<void> {
  await locks.take(`users:${account.id}`)
}

async function managedRole(repositories: Repositories, principal: Principal, id: string): Promise<CustomRole> {
  if (isBuiltIn(id))
    throw new Refusal(
      'conflict',
      'built_in_role',
      'Every account has this role: it can be neither changed nor deleted.',
    )
  await lock(repositories, principal)
  const role = await repositories.roles.find(id)
  if (role?.accountId !== principal.account.id) throw notFound()
  requireToHold(await currentPrincipal(repositories, principal), role.permissions)
  return role
}

function notFound(): Refusal {
  return new Refusal('not_found', 'role_not_found', 'There is no such role.')
}

function changed(role: CustomRole, change: RoleChange, known: readonly CustomRole[]): CustomRole {
  const { name, description, permissions } = change
  return {
    ...role,
    ...(name !== undefined && { name: freeName(role, lineText('name', name, 1, 100), known) }),
    ...(description !== undefined && { description: lineText('description', description, 0, 500) }),
    ...(permissions && { permissions: permissionsOf(role.applicationCode, permissions) }),
  }
}

function freeName({ id }: CustomRole, name: string, known: readonly CustomRole[]): string {
  const isTaken = [...ROLES, ...known.filter((other) => other.id !== id)].some(
    (other) => other.name.toLowerCase() === name.toLowerCase(),
  )
  if (isTaken) throw new Refusal('conflict', 'role_exists', 'There is a role with this name already.')
  return name
}

function permissionsOf(code: ApplicationCode, permissions: readonly Permission[]): readonly Permission[] {
  const application = APPLICATIONS.find((one) => one.code === code)
  const foreign = permissions.find((permission) => !application?.permissions.includes(permission))
  if (foreign) throw new Refusal('invalid', 'invalid_request', `permissions: ${foreign} is none of ${code}.`)
  if (permissions.length > 0) return [...new Set(permissions)]
  throw new Refusal('invalid', 'invalid_request', 'permissions: a role has one at least.')
}

async function record(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  { user, account }: Principal,
  action: string,
  { id, name, applicationCode, permissions }: CustomRole,
): Promise<void> {
  const actor = { kind: 'user', id: user.id, accountId: account.id } as const
  const details = { name, applicationCode, permissions }
  await auditEvents.append(auditEvent(at, actor, { action, resourceType: 'role', resourceId: id, details }))
}
