/** Client authentication certificates: made for whoever asks, seen and ended by it and by those who manage its account's users. */
import type { Name } from '@countersign/pki'
import { type Principal, permissionsOf, requirePermission } from './authenticate.ts'
import type { ClientAuthCertificateHolder } from './client-auth-certificate.ts'
import { clientAuthEnd } from './client-auth-end.ts'
import { readClientAuthRequest } from './client-auth-request.ts'
import { currentPrincipal } from './current-principal.ts'
import { isWhole, lastCertificateEnd, requireToEnd } from './delegation.ts'
import { issueClientAuthCertificate } from './issue-client-auth-certificate.ts'
import { type Issuer, issuerFor } from './issuer.ts'
import { isManagerOf } from './manager.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { revokeCertificate } from './revoke-certificate.ts'
import { queueSessionNotice } from './sign-in-notice.ts'
import type { Repositories } from './store.ts'
import { withinTransaction } from './transaction-world.ts'
import type { World } from './world.ts'

/** A client authentication certificate and the certificate itself. */
export type ManagedCertificate = Pick<ClientAuthCertificateHolder, 'clientAuthCertificate' | 'certificate'>

/** A certificate that was made now, with that of its authority, DER. */
export type MadeCertificate = ManagedCertificate & { readonly issuer: Issuer }

/** What is asked for. */
export type CertificateWish = {
  /** PKCS #10, PEM. */
  readonly csr: string
  readonly name: string
  /** ISO 8601. */
  readonly exp?: string | undefined
}

/** What is certified; the subject is the user's name unless it is given. */
type CertifiedRequest = {
  readonly subject?: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** The id of the one that it follows. */
  readonly renewed?: string
}

export type CertificateFilter = { readonly name?: string; readonly enabled?: boolean; readonly userId?: string }

const MOST_OF_A_USER = 200
const LONGEST_NAME = 100

/** Makes a certificate for the principal, by a request. */
export async function createClientAuthCertificate(
  world: World,
  principal: Principal,
  { csr, name, exp }: CertificateWish,
  renewed?: string,
): Promise<MadeCertificate> {
  const { subject, publicKey } = await readClientAuthRequest(csr, principal.user)
  return issueToPrincipal(world, principal, await issuerFor(world, 'client-auth'), {
    name,
    exp,
    subject,
    publicKey,
    ...(renewed !== undefined && { renewed }),
  })
}

/** Issues a certificate for a key to the principal, if it may have one of that name until then. */
export async function issueToPrincipal(
  world: World,
  principal: Principal,
  issuer: Issuer,
  { name, exp, ...request }: Omit<CertificateWish, 'csr'> & CertifiedRequest,
): Promise<MadeCertificate> {
  requireToMake(principal)
  checkName(name)
  const endsAt = clientAuthEnd(principal, issuer, exp, world.now())
  const actor = actorOf(principal)
  const makerEndsAt = lastCertificateEnd(principal)
  // One transaction: of a request that is refused because of its name not even the reserved certificate stays.
  const made = await world.store.transaction(async (repositories) => {
    await checkRoom(repositories, principal)
    await queueSessionNotice(world, repositories, principal, principal.user.id, 'client_auth_certificate.create')
    return issueClientAuthCertificate(withinTransaction(world, repositories), {
      user: principal.user,
      nickname: name,
      endsAt,
      actor,
      issuer,
      ...(makerEndsAt && { makerEndsAt }),
      ...request,
    })
  })
  return { ...made, issuer }
}

/** Makes one that follows another, under a name of its own; the other stays as it is until it ends or is disabled. */
export async function renewClientAuthCertificate(
  world: World,
  principal: Principal,
  id: string,
  { csr, name, exp }: Omit<CertificateWish, 'name'> & { readonly name?: string | undefined },
): Promise<MadeCertificate> {
  const { clientAuthCertificate: before, certificate } = await visibleCertificate(world.store, principal, id)
  if (before.userId !== principal.user.id)
    throw new Refusal('forbidden', 'access_denied', 'A certificate is renewed by the user whose it is.')
  if (certificate.notAfter < world.now())
    throw new Refusal('conflict', 'certificate_expired', 'The certificate has ended: request a new one.')
  if (name !== undefined) return createClientAuthCertificate(world, principal, { csr, exp, name }, id)
  for (let tries = 1; ; tries++) {
    const known = await world.store.clientAuthCertificates.listNames(principal.account.id)
    const wish = { csr, exp, name: followingName(before.name, known) }
    try {
      return await createClientAuthCertificate(world, principal, wish, id)
    } catch (error) {
      // Another one that renews at this moment was given the name.
      if (!(error instanceof Refusal) || error.code !== NAME_IS_TAKEN || tries === MOST_TRIES) throw error
    }
  }
}

const NAME_IS_TAKEN = 'client_authentication_certificate_exists'
const MOST_TRIES = 20

/** Those of the principal, or of a user whom it manages, oldest first. */
export async function listClientAuthCertificates(
  { store }: Pick<World, 'store'>,
  principal: Principal,
  { userId = principal.user.id, name, enabled }: CertificateFilter,
): Promise<readonly ManagedCertificate[]> {
  if (userId === principal.user.id) requirePermission(principal, 'MANAGE_AM_CLIENT_AUTH_CERTIFICATE')
  await visibleUser(store, principal, userId)
  const all = await store.clientAuthCertificates.listWithCertificates(userId)
  return all.filter(
    ({ clientAuthCertificate: one }) =>
      (enabled === undefined || one.enabled === enabled) &&
      (name === undefined || one.name.toLowerCase().includes(name.toLowerCase())),
  )
}

/** One of them. */
export async function findClientAuthCertificate(
  world: World,
  principal: Principal,
  id: string,
): Promise<MadeCertificate> {
  const [found, issuer] = [await visibleCertificate(world.store, principal, id), await issuerFor(world, 'client-auth')]
  return { ...found, issuer }
}

/** Lets a certificate count no longer, from the next request on, or again. */
export async function setClientAuthCertificateEnabled(
  world: Pick<World, 'store' | 'now'>,
  principal: Principal,
  id: string,
  enabled: boolean,
): Promise<ManagedCertificate> {
  return world.store.transaction(async (repositories) => {
    const { clientAuthCertificate, certificate } = await heldCertificate(repositories, principal, id)
    // Whoever has its key had lost it: that is as much as a new one.
    if (enabled) requireToMake(principal, certificate.notAfter)
    await repositories.clientAuthCertificates.setEnabled(id, enabled)
    const { name, userId } = clientAuthCertificate
    await repositories.auditEvents.append(
      auditEvent(world.now(), actorOf(principal), {
        action: enabled ? 'client_auth_certificate.enable' : 'client_auth_certificate.disable',
        resourceType: 'client_auth_certificate',
        resourceId: id,
        details: { name, userId },
      }),
    )
    return { clientAuthCertificate: { ...clientAuthCertificate, enabled }, certificate }
  })
}

/** Deletes a certificate for good: it is revoked, and its name is free again. */
export async function removeClientAuthCertificate(world: World, principal: Principal, id: string): Promise<void> {
  const authorityId = await world.store.transaction(async (repositories) => {
    const { clientAuthCertificate, certificate } = await heldCertificate(repositories, principal, id)
    // Told after the commit, when the list can be made anew.
    const { onRevocation: _, ...inside } = withinTransaction(world, repositories)
    if (certificate.status === 'issued')
      await revokeCertificate(inside, certificate.id, 'cessation_of_operation', actorOf(principal))
    await repositories.clientAuthCertificates.remove(id)
    await repositories.auditEvents.append(
      auditEvent(world.now(), actorOf(principal), {
        action: 'client_auth_certificate.delete',
        resourceType: 'client_auth_certificate',
        resourceId: id,
        details: { name: clientAuthCertificate.name, userId: clientAuthCertificate.userId },
      }),
    )
    return certificate.authorityId
  })
  world.onRevocation?.(authorityId)
}

function actorOf({ user, account }: Principal): Actor {
  return { kind: 'user', id: user.id, accountId: account.id }
}

/** A certificate may all that its user may, from everywhere: no key that may less is a way to one. */
function requireToMake(principal: Principal, endsAt?: Date): void {
  if (!isWhole(principal))
    throw new Refusal(
      'forbidden',
      'access_denied',
      'An API key with scopes or allowed networks makes and enables no certificate: that would be limited by neither.',
    )
  if (endsAt) requireToEnd(lastCertificateEnd(principal), endsAt)
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9_-](?:[A-Za-z0-9 _-]*[A-Za-z0-9_-])?$/.test(name) && name.length <= LONGEST_NAME) return
  throw new Refusal(
    'invalid',
    'invalid_request',
    `name: 1 to ${LONGEST_NAME} letters, digits, spaces (not at its ends), dashes and underscores.`,
  )
}

async function checkRoom(repositories: Repositories, principal: Principal): Promise<void> {
  const { user } = principal
  const { clientAuthCertificates } = repositories
  await lock(repositories, user.id)
  await currentPrincipal(repositories, principal)
  if ((await clientAuthCertificates.list(user.id)).length < MOST_OF_A_USER) return
  throw new Refusal(
    'conflict',
    'too_many_client_auth_certificates',
    `A user has at most ${MOST_OF_A_USER} client authentication certificates: delete one.`,
  )
}

/** Who makes, ends or deletes certificates of a user, or the user, sees what came of the others. */
async function lock({ locks }: Repositories, userId: string): Promise<void> {
  await locks.take(`client-auth-certificates:${userId}`)
}

/** `CI 2` after `CI`: the next number that is not taken. */
function followingName(before: string, known: ReadonlySet<string>): string {
  const [, base = before, number = '1'] = /^(.*?)(?: (\d{1,4}))?$/.exec(before) ?? []
  for (let next = Number(number) + 1; ; next++) {
    const ending = ` ${next}`
    const name = `${base.slice(0, LONGEST_NAME - ending.length).trimEnd()}${ending}`
    if (!known.has(name)) return name
  }
}

async function visibleCertificate(
  { clientAuthCertificates }: Pick<Repositories, 'clientAuthCertificates'>,
  principal: Principal,
  id: string,
): Promise<ManagedCertificate> {
  const found = await clientAuthCertificates.findHolder(id)
  if (!found || !isManagedBy(principal, found.user)) {
    throw new Refusal(
      'not_found',
      'client_authentication_certificate_not_found',
      'There is no such client authentication certificate.',
    )
  }
  return { clientAuthCertificate: found.clientAuthCertificate, certificate: found.certificate }
}

/** The same, held until the transaction ends: who changes it at the same time sees what became of it. */
async function heldCertificate(
  repositories: Repositories,
  principal: Principal,
  id: string,
): Promise<ManagedCertificate> {
  const { clientAuthCertificate } = await visibleCertificate(repositories, principal, id)
  await lock(repositories, clientAuthCertificate.userId)
  return visibleCertificate(repositories, principal, id)
}

async function visibleUser({ users }: Pick<Repositories, 'users'>, principal: Principal, id: string): Promise<void> {
  const user = await users.find(id)
  if (!user || !isManagedBy(principal, user)) throw new Refusal('not_found', 'user_not_found', 'There is no such user.')
}

/** A user itself, its managers, and of its account who manages users, as far as its own permissions go. */
function isManagedBy(principal: Principal, user: ClientAuthCertificateHolder['user']): boolean {
  if (isManagerOf(principal, user)) return true
  const held = permissionsOf(principal)
  // Who was let in as a manager of another.
  if (!held.includes('MANAGE_AM_CLIENT_AUTH_CERTIFICATE')) return false
  if (user.id === principal.user.id) return true
  if (user.accountId !== principal.account.id || !held.includes('MANAGE_AM_USER')) return false
  return user.permissions.every((permission) => held.includes(permission))
}
