/** Content credentials: seen and used by whose they are, managed by who may manage those of the account. */
import { equalBytes } from '@countersign/codec'
import { Certificate } from '@countersign/pki'
import type { Account } from './account.ts'
import type { AuditEvent } from './audit-event.ts'
import { type Principal, permissionsOf } from './authenticate.ts'
import { authorizeKey } from './authorize-key.ts'
import type { RevocationReason } from './certificate.ts'
import { lockedCredential, Overtaken, renewCredential } from './create-credential.ts'
import type { Credential, CredentialStatus } from './credential.ts'
import { type CredentialCertificate, certificateOf } from './credential-certificate.ts'
import { validityDays } from './issue-credential.ts'
import { checkChosenPin } from './pin.ts'
import type { WrappedKey } from './private-key.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { revokeCertificate } from './revoke-certificate.ts'
import { findNamed } from './signing-credential.ts'
import type { Repositories } from './store.ts'
import { withinTransaction } from './transaction-world.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** A credential with its certificate; undefined while it has none. */
export type ManagedCredential = {
  readonly credential: Credential
  readonly certificate: CredentialCertificate | undefined
}

/** Which credentials are wanted. */
export type CredentialFilter = {
  /** What the nickname contains, in whatever case. */
  readonly nickname?: string | undefined
  /** A user's own; of `null` those that are nobody's own. */
  readonly userId?: string | null | undefined
  readonly status?: CredentialStatus | 'expired' | undefined
}

/** The credentials that the principal sees: its own and the account's, and with the permission to manage them everybody's. */
export async function listCredentials(
  { store, now }: World,
  principal: Principal,
  { nickname, userId, status }: CredentialFilter,
): Promise<readonly Credential[]> {
  const part = nickname?.toLowerCase()
  const found = (await store.credentials.list(principal.account.id)).filter(
    (credential) =>
      isVisible(principal, credential) &&
      (part === undefined || credential.nickname.toLowerCase().includes(part)) &&
      (userId === undefined || (credential.userId ?? null) === userId),
  )
  if (status === undefined) return found
  const managed = await Promise.all(found.map((credential) => withCertificate({ store, now }, credential)))
  return managed.filter((one) => statusOf(one, now()) === status).map(({ credential }) => credential)
}

/** What a credential counts for now: its own word, or that of its certificate. */
export function statusOf({ credential, certificate }: ManagedCredential, at: Date): CredentialStatus | 'expired' {
  const { status } = credential
  if (status === 'revoked' || certificate?.issued?.status === 'revoked') return 'revoked'
  return certificate && at > certificate.notAfter ? 'expired' : status
}

/** A credential that the principal sees, by its id or nickname, with its certificate. */
export async function findCredential(world: World, principal: Principal, named: string): Promise<ManagedCredential> {
  return withCertificate(world, await visibleCredential(world, principal, named))
}

/** A credential with its certificate. */
export async function withCertificate(
  world: Pick<World, 'store' | 'now'>,
  credential: Credential,
): Promise<ManagedCredential> {
  return { credential, certificate: await certificateOf(world, credential) }
}

/** Puts another PIN in the place of the one that its user knows. */
export async function changePin(
  world: World,
  principal: Principal,
  named: string,
  { pin, newPin }: { readonly pin: string; readonly newPin: string },
): Promise<void> {
  const credential = await visibleCredential(world, principal, named)
  requirePin(credential)
  if (credential.userId !== principal.user.id)
    throw new Refusal('forbidden', 'access_denied', 'The PIN is changed by the user whose credential it is.')
  refuseRevoked(credential)
  checkChosenPin(newPin)
  const key = await keyOf(world, credential)
  const opened = await authorizeKey(world, principal, { credential, key }, pin)
  const rebound = await opened.rebind(newPin)
  await world.store.transaction(async (repositories) => {
    if (!(await repositories.privateKeys.rewrap(rebound, key))) throw new Overtaken()
    await recordChange(repositories, world.now(), principal, 'credential.change_pin', credential)
  })
}

/** Lets a credential that wrong PINs locked be tried again: the counter begins anew, the PIN stays what it is. */
export async function unlockCredential(world: World, principal: Principal, named: string): Promise<Credential> {
  return manageCredential(world, principal, named, async (repositories, credential) => {
    requirePin(credential)
    refuseRevoked(credential)
    await repositories.credentials.forgetPinAttempts(credential.id)
    await recordChange(repositories, world.now(), principal, 'credential.unlock', credential)
  })
}

/** Lets a credential sign no longer until it is resumed, or again. Its certificate stays valid: what it signed stays trusted. */
export async function setCredentialSuspended(
  world: World,
  principal: Principal,
  named: string,
  isSuspended: boolean,
): Promise<Credential> {
  return manageCredential(world, principal, named, async (repositories, credential) => {
    refuseRevoked(credential)
    if (credential.status === 'requested')
      throw new Refusal('conflict', 'credential_requested', 'The credential has no certificate yet.')
    const status = isSuspended ? 'suspended' : 'enabled'
    await repositories.credentials.update({ ...credential, status })
    await recordChange(
      repositories,
      world.now(),
      principal,
      isSuspended ? 'credential.suspend' : 'credential.resume',
      credential,
    )
  })
}

/** Ends a credential for good, and revokes its certificate where the platform issued it. */
export async function revokeCredential(
  world: World,
  principal: Principal,
  named: string,
  reason: RevocationReason,
): Promise<Credential> {
  const revokers: string[] = []
  const credential = await manageCredential(world, principal, named, async (repositories, found) => {
    refuseRevoked(found)
    await endCredential(world, repositories, found, { reason, actor: actorOf(principal), revokers })
  })
  for (const authorityId of revokers) world.onRevocation?.(authorityId)
  return credential
}

/** Ends the credentials of a user who is being deleted. */
export async function endCredentialsOfUser(
  world: World,
  repositories: Repositories,
  user: User,
  actor: Actor,
): Promise<void> {
  for (const credential of await repositories.credentials.list(user.accountId)) {
    if (credential.userId !== user.id) continue
    const current = await lockedCredential(repositories, credential.id)
    if (!current || current.status === 'revoked') continue
    const revokers: string[] = []
    await endCredential(world, repositories, current, { reason: 'cessation_of_operation', actor, revokers })
    for (const authorityId of revokers) world.onRevocation?.(authorityId)
  }
}

/** Why and by whom a certificate is revoked; `revokers` gets its authority, which is to be told after the transaction. */
export type Ending = { readonly reason: RevocationReason; readonly actor: Actor; readonly revokers: string[] }

async function endCredential(
  world: World,
  repositories: Repositories,
  credential: Credential,
  { reason, actor, revokers }: Ending,
): Promise<void> {
  await repositories.credentials.update({ ...credential, status: 'revoked' })
  const key = await keyOf({ store: repositories }, credential)
  await revokeIssued(world, repositories, key, { accountId: credential.accountId, reason, actor, revokers })
  await repositories.auditEvents.append(
    auditEvent(world.now(), actor, {
      action: 'credential.revoke',
      resourceType: 'credential',
      resourceId: credential.id,
      accountId: credential.accountId,
      details: { nickname: credential.nickname, reason },
    }),
  )
}

/**
 * Revokes what the platform issued for a key of the account: after a renewal the certificate before counts still. What
 * authorities elsewhere issued is theirs to revoke.
 */
export async function revokeIssued(
  world: World,
  repositories: Repositories,
  { publicKey }: Pick<WrappedKey, 'publicKey'>,
  { accountId, reason, actor, revokers }: Ending & { readonly accountId: string },
): Promise<void> {
  const onRevocation = (authorityId: string): void => void revokers.push(authorityId)
  const inside = { ...withinTransaction(world, repositories), onRevocation }
  for (const { id, bytes } of await repositories.certificates.listContentSigning(accountId, world.now())) {
    if (!equalBytes(Certificate.decode(bytes).publicKey.bytes, publicKey)) continue
    // With one of a key that others have, all of that key are revoked.
    if ((await repositories.certificates.find(id))?.status === 'revoked') continue
    await revokeCertificate(inside, id, reason, actor)
  }
}

/** Issues a certificate for the key that is there: the same subject, both valid until the one before ends. */
export async function renewManagedCredential(
  world: World,
  principal: Principal,
  named: string,
  days: number | undefined,
): Promise<Credential> {
  const { credential, certificate } = await findCredential(world, principal, named)
  refuseRevoked(credential)
  if (!certificate?.issued) throw elsewhere()
  if (certificate.issued.status === 'revoked') throw revoked()
  const isRenewed = await renewCredential(world, {
    credential,
    certificate: certificate.issued,
    actor: actorOf(principal),
    ...(days !== undefined && { days: validityDays(days) }),
  })
  if (!isRenewed) throw new Overtaken()
  return visibleCredential(world, principal, credential.id)
}

/** The key of a credential, wrapped. */
export async function keyOf(
  { store }: { readonly store: Pick<Repositories, 'privateKeys'> },
  { id, keyId }: Credential,
): Promise<WrappedKey> {
  const key = await store.privateKeys.find(keyId)
  if (!key) throw new Error(`the key of the credential ${id} is missing`)
  return key
}

/** Changes a credential while nobody else does, and gives what it is then. */
export async function manageCredential(
  world: World,
  principal: Principal,
  named: string,
  change: (repositories: Repositories, credential: Credential) => Promise<void>,
): Promise<Credential> {
  const { id } = await visibleCredential(world, principal, named)
  return world.store.transaction(async (repositories) => {
    const current = await lockedCredential(repositories, id)
    if (!current) throw new Overtaken()
    await change(repositories, current)
    return visibleCredential({ store: repositories }, principal, id)
  })
}

async function visibleCredential(
  { store }: { readonly store: Pick<Repositories, 'credentials'> },
  principal: Principal,
  named: string,
): Promise<Credential> {
  const credential = await findNamed({ store }, principal.account.id, named)
  if (credential && isVisible(principal, credential)) return credential
  throw new Refusal('not_found', 'credential_not_found', 'There is no such credential.')
}

function isVisible(principal: Principal, { userId }: Credential): boolean {
  if (userId === undefined || userId === principal.user.id) return true
  return permissionsOf(principal).includes('MANAGE_CTM_CREDENTIAL')
}

/** Throws a Refusal where the credential is the account's own. */
export function requirePin({ userId }: Credential): void {
  if (userId !== undefined) return
  throw new Refusal('conflict', 'credential_without_pin', 'The credential is the account’s own: it has no PIN.')
}

/** Throws a Refusal where the credential is over. */
export function refuseRevoked({ status }: Credential): void {
  if (status === 'revoked') throw revoked()
}

function revoked(): Refusal {
  return new Refusal('conflict', 'credential_revoked', 'The credential is revoked, for good.')
}

function elsewhere(): Refusal {
  return new Refusal(
    'conflict',
    'credential_of_other_authority',
    'An authority elsewhere issues the certificate of this credential: upload the next one, or request another credential.',
  )
}

/** Who does it, for the audit log. */
export function actorOf({ user, account }: { readonly user: User; readonly account: Account }): Actor {
  return { kind: 'user', id: user.id, accountId: account.id }
}

/** Writes into the audit log what was done to a credential. */
export async function recordChange(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, nickname, userId, certificateId }: Credential,
  more: AuditEvent['details'] = {},
): Promise<void> {
  const details = {
    nickname,
    ...(userId !== undefined && { userId }),
    ...(certificateId !== undefined && { certificateId }),
    ...more,
  }
  await auditEvents.append(
    auditEvent(at, actorOf(principal), { action, resourceType: 'credential', resourceId: id, details }),
  )
}
