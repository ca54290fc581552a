/** The accounts of the platform: made, changed and disabled by its administrators. */
import type { Account } from './account.ts'
import { newApiKey } from './api-key.ts'
import type { Principal } from './authenticate.ts'
import { createCredential } from './create-credential.ts'
import { currentPrincipal } from './current-principal.ts'
import { lastEnd } from './delegation.ts'
import { endDate } from './end-date.ts'
import { endSessions } from './end-sessions.ts'
import { findAccount, managesPlatform } from './find-accounts.ts'
import { issuerFor } from './issuer.ts'
import type { ToldApiKey } from './manage-api-keys.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { ADMINISTRATOR_ROLES, permissionsOfRoles } from './role.ts'
import type { Repositories } from './store.ts'
import { addressText, lineText, localeText } from './text-field.ts'
import { withinTransaction } from './transaction-world.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What an account can be told to be; what is left out stays as it is. */
export type AccountChange = {
  readonly name?: string
  readonly friendlyIdentifier?: string
  /** ISO 8601; null takes the end away. */
  readonly servicePeriod?: { readonly from?: string; readonly to?: string | null }
  readonly locale?: string
  readonly active?: boolean
}

/** A new account, with who begins in it. */
export type NewAccount = Omit<AccountChange, 'active'> & {
  readonly name: string
  readonly administrator?: { readonly friendlyName?: string; readonly email?: string }
}

/** An account that was made now, and the key of its first administrator, which is told now and never again. */
export type CreatedAccount = { readonly account: Account; readonly administrator: User; readonly told: ToldApiKey }

const DAY = 86_400_000

/**
 * Makes an account with two content credentials and a service user that administers it: by its key people and programs of the
 * account are added.
 */
export async function createAccount(world: World, principal: Principal, wish: NewAccount): Promise<CreatedAccount> {
  const at = world.now()
  const bare: Account = {
    id: uuidV7(at),
    name: '',
    friendlyIdentifier: '',
    active: true,
    servicePeriod: { from: new Date(Math.floor(at.getTime() / DAY) * DAY), to: undefined },
    locale: 'en_US',
    defaultDigitalSourceType: undefined,
    createdAt: at,
  }
  const { administrator: person, ...change } = wish
  const drafted = changed(bare, change, at)
  const administrator = firstAdministrator(drafted, principal, at, person ?? {})
  const told = firstKey(administrator, principal, at)
  // What takes long comes first, so that the transaction is short.
  const [ec, rsa] = await Promise.all([world.keys.generate('p256'), world.keys.generate('rsa2048')])
  const issuer = await issuerFor(world, 'content-signing')
  const account = await world.store.transaction(async (repositories) => {
    await repositories.locks.take('accounts')
    await currentPrincipal(repositories, principal)
    const friendlyIdentifier = wish.friendlyIdentifier ?? (await nextIdentifier(repositories))
    const made: Account = { ...drafted, friendlyIdentifier }
    await repositories.accounts.add(made)
    await record(repositories, at, principal, 'account.create', made)
    await repositories.users.add(administrator)
    await repositories.apiKeys.add(told.apiKey)
    await recordAdministrator(repositories, at, principal, administrator, told)
    const inside = withinTransaction(world, repositories)
    const actor = actorOf(principal)
    await createCredential(inside, { account: made, nickname: 'first-ec', key: ec, actor, issuer })
    await createCredential(inside, { account: made, nickname: 'first-rsa', key: rsa, actor, issuer })
    return made
  })
  return { account, administrator, told }
}

/** Changes an account. Who does not manage the platform changes the language of the own one alone: certificates bear the name. */
export async function changeAccount(
  world: Pick<World, 'store' | 'now'>,
  principal: Principal,
  id: string,
  change: AccountChange,
): Promise<Account> {
  const { locale: _, ...more } = change
  if (Object.keys(more).length > 0 && !managesPlatform(principal)) {
    await findAccount(world, principal, id)
    throw new Refusal(
      'forbidden',
      'access_denied',
      'The user needs the permission MANAGE_AM_PLATFORM: of an account its own administrators change the locale.',
    )
  }
  if (id === principal.account.id && (change.active !== undefined || change.servicePeriod)) throw ownAccount()
  return manage(world, principal, id, 'account.update', (account, at) => changed(account, change, at))
}

/** Lets nothing of an account authenticate any more, from the next request on, or again. */
export async function setAccountEnabled(
  world: Pick<World, 'store' | 'now'>,
  principal: Principal,
  id: string,
  enabled: boolean,
): Promise<Account> {
  if (id === principal.account.id) throw ownAccount()
  const action = enabled ? 'account.enable' : 'account.disable'
  return manage(world, principal, id, action, (account) => ({ ...account, active: enabled }))
}

async function manage(
  world: Pick<World, 'store' | 'now'>,
  principal: Principal,
  id: string,
  action: string,
  next: (account: Account, at: Date) => Account,
): Promise<Account> {
  return world.store.transaction(async (repositories) => {
    const at = world.now()
    await repositories.locks.take('accounts')
    await findAccount({ store: repositories }, principal, id)
    const before = await repositories.accounts.find(id)
    if (!before) throw new Refusal('not_found', 'account_not_found', 'There is no such account.')
    const account = next(before, at)
    // What was begun before is over for good: why it is disabled may lie there.
    if (before.active && !account.active)
      for (const user of await repositories.users.list(id)) await endSessions(repositories, user.id)
    const { friendlyIdentifier } = account
    const taken = await repositories.accounts.findByFriendlyIdentifier(friendlyIdentifier)
    if (taken && taken.id !== id)
      throw new Refusal('conflict', 'account_exists', 'There is an account with this friendly identifier already.')
    await repositories.accounts.update(account)
    await record(repositories, at, principal, action, account)
    return account
  })
}

/** Nobody locks the platform: who manages its accounts is of this one. */
function ownAccount(): Refusal {
  return new Refusal('conflict', 'own_account', 'This is your own account: it can be neither disabled nor ended.')
}

function changed(account: Account, change: AccountChange, at: Date): Account {
  const { name, friendlyIdentifier, servicePeriod, locale, active } = change
  return {
    ...account,
    // Certificates take no longer name.
    ...(name !== undefined && { name: lineText('name', name, 1, 64) }),
    ...(friendlyIdentifier !== undefined && { friendlyIdentifier: identifierText(friendlyIdentifier) }),
    ...(servicePeriod && { servicePeriod: period(account, servicePeriod, at) }),
    ...(locale !== undefined && { locale: localeText(locale) }),
    ...(active !== undefined && { active }),
  }
}

function period(
  { servicePeriod: before }: Account,
  wanted: NonNullable<AccountChange['servicePeriod']>,
  at: Date,
): Account['servicePeriod'] {
  const from = wanted.from === undefined ? before.from : firstMoment(wanted.from)
  const to =
    wanted.to === undefined
      ? before.to
      : wanted.to === null || wanted.to === NO_END
        ? undefined
        : endDate('service_period.to', wanted.to, at)
  if (to && to <= from) throw new Refusal('invalid', 'invalid_request', 'service_period: it ends before it begins.')
  return { from, to }
}

/** As answers have it. */
const NO_END = '9999-12-31'

function firstMoment(text: string): Date {
  const from = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
  // 30 February becomes a day in March.
  if (from && !Number.isNaN(from.getTime()) && from.toISOString().startsWith(text)) return from
  throw new Refusal('invalid', 'invalid_request', 'service_period.from: write it as 2027-01-01.')
}

function identifierText(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,39}$/.test(text)) return text
  throw new Refusal(
    'invalid',
    'invalid_request',
    'friendly_identifier: 1 to 40 letters, digits and dashes, a letter or digit first.',
  )
}

/** One more than the highest number that there is. */
async function nextIdentifier({ accounts }: Repositories): Promise<string> {
  const numbers = (await accounts.list()).map(({ friendlyIdentifier: text }) => (/^\d{1,12}$/.test(text) ? +text : 0))
  return String(Math.max(1_000_000, ...numbers) + 1)
}

function firstAdministrator(
  { id: accountId, locale }: Account,
  principal: Principal,
  at: Date,
  { friendlyName = 'Account administrator', email }: NonNullable<NewAccount['administrator']>,
): User {
  return {
    id: uuidV7(at),
    accountId,
    kind: 'service',
    email: email === undefined ? '' : addressText(email),
    friendlyName: lineText('admin.friendly_name', friendlyName, 1, 100),
    description: 'Made with the account',
    status: 'active',
    endsAt: undefined,
    locale,
    roles: ADMINISTRATOR_ROLES,
    permissions: permissionsOfRoles(ADMINISTRATOR_ROLES),
    customPermissions: [],
    managers: [],
    passwordHash: undefined,
    createdAt: at,
    createdBy: principal.user.id,
  }
}

/** The limits of the key by which an account is made bind the one that is made. */
function firstKey({ id: userId }: User, principal: Principal, at: Date): ToldApiKey {
  const allowedNetworks = principal.apiKey?.allowedNetworks ?? []
  const endsAt = lastEnd(principal)
  return newApiKey(at, { userId, name: 'first', allowedNetworks, ...(endsAt && { endsAt }) })
}

function actorOf({ user, account }: Principal): Actor & { readonly id: string; readonly accountId: string } {
  return { kind: 'user', id: user.id, accountId: account.id }
}

/** Both accounts have the event: that of who did it, and the one that it was done to. */
async function record(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, name, friendlyIdentifier, active, servicePeriod: { from, to }, locale }: Account,
): Promise<void> {
  const details = {
    name,
    friendlyIdentifier,
    active,
    locale,
    servicePeriod: { from: from.toISOString(), ...(to && { to: to.toISOString() }) },
  }
  for (const accountId of new Set([principal.account.id, id]))
    await auditEvents.append(
      auditEvent(at, actorOf(principal), { action, resourceType: 'account', resourceId: id, accountId, details }),
    )
}

async function recordAdministrator(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  { id, accountId, kind, email, friendlyName, status, roles }: User,
  { apiKey }: ToldApiKey,
): Promise<void> {
  const actor = actorOf(principal)
  const user = { kind, email, friendlyName, status, roles }
  const { name, prefix, allowedNetworks } = apiKey
  const key = { userId: id, name, prefix, allowedNetworks }
  await auditEvents.append(
    auditEvent(at, actor, { action: 'user.create', resourceType: 'user', resourceId: id, accountId, details: user }),
  )
  await auditEvents.append(
    auditEvent(at, actor, {
      action: 'api_key.create',
      resourceType: 'api_key',
      resourceId: apiKey.id,
      accountId,
      details: key,
    }),
  )
}
