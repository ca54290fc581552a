/** API keys: each is a user's, is told once, and is replaced without a minute in which none counts. */
import { networkText } from './allowed-network.ts'
import { type ApiKey, apiKeyText, newApiKey } from './api-key.ts'
import { type Principal, permissionsOf, requirePermission } from './authenticate.ts'
import { currentPrincipal } from './current-principal.ts'
import { lastEnd, requireToEnd, requireToGive } from './delegation.ts'
import { endDate } from './end-date.ts'
import { isManagerOf } from './manager.ts'
import type { Permission } from './permission.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { queueSessionNotice } from './sign-in-notice.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

type KeyWorld = Pick<World, 'now' | 'store'>
/** Of what tells a key, which its person is told of. */
type TellingWorld = KeyWorld & Pick<World, 'keys'>

/** What a key can be told to be; what is left out stays as it is, and null takes a limit away. */
export type ApiKeyChange = {
  readonly name?: string
  /** ISO 8601. */
  readonly endDate?: string | null
  readonly scopes?: readonly Permission[] | null
  readonly allowedNetworks?: readonly string[]
}

/** A key whose text is told now and never again. */
export type ToldApiKey = { readonly apiKey: ApiKey; readonly text: string }

const MOST_KEYS_OF_A_USER = 100
const HOUR = 3_600_000

/** The keys that the principal may see: its own, those of users that it manages, and those of its account if it may see the users. */
export async function listApiKeys({ store }: KeyWorld, principal: Principal): Promise<readonly ApiKey[]> {
  const { user, account } = principal
  if (maySeeKeys(principal) && maySeeUsers(principal)) return store.apiKeys.listOfAccount(account.id)
  // What only people do.
  const all = user.kind === 'standard' ? await store.users.list(account.id) : [user]
  const keys = await Promise.all(all.filter((one) => isVisible(principal, one)).map(({ id }) => store.apiKeys.list(id)))
  return keys.flat()
}

/** One of them. */
export async function findApiKey({ store }: KeyWorld, principal: Principal, id: string): Promise<ApiKey> {
  return (await visibleKey(store, principal, id)).apiKey
}

/** Makes a key, of the principal itself unless another user is named. */
export async function createApiKey(
  world: TellingWorld,
  asking: Principal,
  { userId = asking.user.id, name, ...change }: ApiKeyChange & { readonly name: string; readonly userId?: string },
): Promise<ToldApiKey> {
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(`api-keys:${userId}`)
    const user = await visibleUser(repositories, asking, userId)
    const principal = await currentPrincipal(repositories, asking)
    requireManagement(principal, user)
    refuseToActAs(principal, user)
    if ((await repositories.apiKeys.list(user.id)).length >= MOST_KEYS_OF_A_USER)
      throw new Refusal(
        'conflict',
        'too_many_api_keys',
        `A user has at most ${MOST_KEYS_OF_A_USER} API keys: delete one.`,
      )
    const at = world.now()
    // Who is held to networks, or to an end, makes keys that are held to the same unless to closer ones.
    const limits = { ...change, allowedNetworks: change.allowedNetworks ?? principal.apiKey?.allowedNetworks ?? [] }
    const endsAt = lastEnd(principal)
    const { apiKey: bare, text } = newApiKey(at, { userId: user.id, name: keyName(name), ...(endsAt && { endsAt }) })
    const apiKey = changed(bare, user, limits, at)
    requireToGive(principal, user, apiKey)
    requireToEnd(lastEnd(principal), apiKey.endsAt, 'end_date')
    await repositories.apiKeys.add(apiKey)
    await record(repositories, at, principal, 'api_key.create', apiKey)
    await queueSessionNotice(world, repositories, principal, user.id, 'api_key.create')
    return { apiKey, text }
  })
}

/** Changes name, end, scopes and networks. */
export async function changeApiKey(
  world: KeyWorld,
  principal: Principal,
  id: string,
  change: ApiKeyChange,
): Promise<ApiKey> {
  const { name: _, ...limits } = change
  return manage(world, principal, id, 'api_key.update', (before, user, at) => {
    const apiKey = changed(before, user, change, at)
    if (Object.keys(limits).length > 0) requireToEnd(lastEnd(principal), apiKey.endsAt, 'end_date')
    return apiKey
  })
}

/** Lets a key count no longer, from the next request on, or again. */
export async function setApiKeyEnabled(
  world: KeyWorld,
  principal: Principal,
  id: string,
  enabled: boolean,
): Promise<ApiKey> {
  return manage(world, principal, id, enabled ? 'api_key.enable' : 'api_key.disable', (apiKey) => {
    // Whoever has its text had lost it: that is as much as a new one.
    if (enabled) requireToEnd(lastEnd(principal), apiKey.endsAt)
    return { ...apiKey, enabled }
  })
}

/** Deletes a key for good. */
export async function removeApiKey(world: KeyWorld, principal: Principal, id: string): Promise<void> {
  await world.store.transaction(async (repositories) => {
    const { apiKey } = await managedKey(repositories, principal, id)
    await repositories.apiKeys.remove(id)
    await record(repositories, world.now(), principal, 'api_key.delete', apiKey)
  })
}

/**
 * Gives the key a new text. The one before counts for the hours of overlap, so that all who use it can change over;
 * none at all ends every earlier text at once.
 */
export async function rotateApiKey(
  world: TellingWorld,
  principal: Principal,
  id: string,
  { overlapHours }: { readonly overlapHours: number },
): Promise<ToldApiKey> {
  const { text, kept } = apiKeyText()
  const rotated = (before: ApiKey, user: User, at: Date): ApiKey => {
    refuseToActAs(principal, user)
    if (!before.enabled || (before.endsAt && at > before.endsAt))
      throw new Refusal(
        'conflict',
        'api_key_not_active',
        'Only a key that counts is rotated: enable it, or extend its end.',
      )
    const { previous } = before
    if (overlapHours > 0 && previous && at < previous.endsAt) {
      throw new Refusal(
        'conflict',
        'rotation_under_way',
        `The key was rotated, and the one before counts until ${previous.endsAt.toISOString()}: wait, or end both with overlap_hours 0.`,
      )
    }
    requireToEnd(lastEnd(principal), before.endsAt)
    const endsAt = new Date(at.getTime() + overlapHours * HOUR)
    return { ...before, ...kept, previous: overlapHours > 0 ? { hash: before.hash, endsAt } : undefined }
  }
  const apiKey = await manage(world, principal, id, 'api_key.rotate', rotated, (repositories, { userId }) =>
    queueSessionNotice(world, repositories, principal, userId, 'api_key.rotate'),
  )
  return { apiKey, text }
}

async function manage(
  world: KeyWorld,
  principal: Principal,
  id: string,
  action: string,
  next: (apiKey: ApiKey, user: User, at: Date) => ApiKey,
  alongside?: (repositories: Repositories, apiKey: ApiKey) => Promise<void>,
): Promise<ApiKey> {
  return world.store.transaction(async (repositories) => {
    const at = world.now()
    const { apiKey: before, user } = await managedKey(repositories, principal, id)
    const apiKey = next(before, user, at)
    requireToGive(principal, user, apiKey)
    await repositories.apiKeys.update(apiKey)
    await record(repositories, at, principal, action, apiKey)
    await alongside?.(repositories, apiKey)
    return apiKey
  })
}

type KeyOfUser = { readonly apiKey: ApiKey; readonly user: User }

/** The key, held until the transaction ends: who changes it at the same time sees what became of it. */
async function managedKey(repositories: Repositories, principal: Principal, id: string): Promise<KeyOfUser> {
  await repositories.locks.take(`api-key:${id}`)
  const found = await visibleKey(repositories, principal, id)
  requireManagement(principal, found.user)
  requireToGive(principal, found.user, found.apiKey)
  return found
}

async function visibleKey(
  { apiKeys, users }: Pick<Repositories, 'apiKeys' | 'users'>,
  principal: Principal,
  id: string,
): Promise<KeyOfUser> {
  const apiKey = await apiKeys.find(id)
  const user = apiKey && (await users.find(apiKey.userId))
  if (!apiKey || !user || !isVisible(principal, user))
    throw new Refusal('not_found', 'api_key_not_found', 'There is no such API key.')
  return { apiKey, user }
}

async function visibleUser({ users }: Pick<Repositories, 'users'>, principal: Principal, id: string): Promise<User> {
  const user = await users.find(id)
  if (!user || !isVisible(principal, user)) throw new Refusal('not_found', 'user_not_found', 'There is no such user.')
  return user
}

function isVisible(principal: Principal, user: User): boolean {
  if (isManagerOf(principal, user)) return true
  // Who was let in as a manager of another.
  if (!maySeeKeys(principal)) return false
  if (user.id === principal.user.id) return true
  return user.accountId === principal.account.id && maySeeUsers(principal)
}

function maySeeKeys(principal: Principal): boolean {
  const held = permissionsOf(principal)
  return held.includes('VIEW_AM_API_KEY') || held.includes('MANAGE_AM_API_KEY')
}

function maySeeUsers(principal: Principal): boolean {
  const held = permissionsOf(principal)
  return held.includes('VIEW_AM_USER') || held.includes('MANAGE_AM_USER')
}

function requireManagement(principal: Principal, user: User): void {
  if (isManagerOf(principal, user)) return
  requirePermission(principal, 'MANAGE_AM_API_KEY')
  if (user.id === principal.user.id || permissionsOf(principal).includes('MANAGE_AM_USER')) return
  throw new Refusal('forbidden', 'access_denied', 'Keys of others take the permission MANAGE_AM_USER')
}

/** Who is told a key acts under the name of its user: a person's keys are told to that person alone. */
function refuseToActAs(principal: Principal, user: User): void {
  if (user.id === principal.user.id || user.kind === 'service') return
  throw new Refusal(
    'forbidden',
    'access_denied',
    'People make and rotate their own keys; you may disable or delete them.',
  )
}

function changed(apiKey: ApiKey, user: User, change: ApiKeyChange, at: Date): ApiKey {
  const { name, scopes, allowedNetworks } = change
  const beyond = scopes?.find((scope) => !user.permissions.includes(scope))
  if (beyond) {
    throw new Refusal('invalid', 'invalid_request', `scopes: the user does not have the permission ${beyond}.`)
  }
  return {
    ...apiKey,
    ...(name !== undefined && { name: keyName(name) }),
    ...(change.endDate !== undefined && {
      endsAt: change.endDate === null ? undefined : endDate('end_date', change.endDate, at),
    }),
    ...(scopes !== undefined && { scopes: scopes === null ? undefined : [...new Set(scopes)] }),
    ...(allowedNetworks && { allowedNetworks: [...new Set(allowedNetworks.map(networkText))] }),
  }
}

/** What people see in lists stays on one line. */
function keyName(text: string): string {
  const name = text.trim()
  if (/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{1,100}$/u.test(name)) return name
  throw new Refusal('invalid', 'invalid_request', 'name: 1 to 100 characters on one line.')
}

async function record(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  { user, account }: Principal,
  action: string,
  apiKey: ApiKey,
): Promise<void> {
  const { id, userId, name, prefix, enabled, endsAt, scopes, allowedNetworks, previous } = apiKey
  await auditEvents.append(
    auditEvent(
      at,
      { kind: 'user', id: user.id, accountId: account.id },
      {
        action,
        resourceType: 'api_key',
        resourceId: id,
        details: {
          userId,
          name,
          prefix,
          enabled,
          allowedNetworks,
          ...(scopes && { scopes }),
          ...(endsAt && { endsAt: endsAt.toISOString() }),
          ...(previous && { previousEndsAt: previous.endsAt.toISOString() }),
        },
      },
    ),
  )
}
