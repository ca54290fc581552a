/** Content credentials: made with a key of their own, and given a new certificate for the same key before the old one ends. */
import { Certificate, type Name, name } from '@countersign/pki'
import { type Account, isServed } from './account.ts'
import type { IssuedCertificate } from './certificate.ts'
import { KeyRefusal } from './certified-key.ts'
import type { Credential } from './credential.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type Issuer, issuerFor } from './issuer.ts'
import type { WrappedKey } from './private-key.ts'
import { type Actor, auditEvent, PLATFORM } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** The C2PA program's limit for a signer's certificate. */
export const MOST_CREDENTIAL_DAYS = 366
/** Unless it is said how long. */
export const USUAL_CREDENTIAL_DAYS = 365

const DAY = 86_400_000

/** What a credential is made of; its key is not stored yet. */
export type NewCredential = {
  /** Made before it where a PIN binds the key to it. */
  readonly id?: string
  readonly account: Account
  /** Whose it is; the account's own without it. */
  readonly userId?: string
  readonly nickname: string
  readonly key: WrappedKey
  /** The account's name unless it is given. */
  readonly subject?: Name
  readonly days?: number
  readonly actor: Actor
  readonly issuer?: Issuer
  /** What has to be stored together with the credential. */
  readonly record?: (repositories: Repositories, credential: Credential) => Promise<void>
}

/** Makes a credential whose certificate the platform issues. */
export async function createCredential(world: World, wanted: NewCredential): Promise<Credential> {
  const { account, key, actor, subject, days = USUAL_CREDENTIAL_DAYS } = wanted
  let credential: Credential | undefined
  await issueCertificate(world, {
    ...(await contentSigning(world, account.id, wanted.issuer)),
    subject: subject ?? name({ O: account.name.slice(0, 64), CN: account.name.slice(0, 64) }),
    publicKey: key.publicKey,
    days,
    actor,
    record: async (repositories, { id }) => {
      credential = await addCredential(world, repositories, wanted, { certificateId: id, status: 'enabled' })
    },
  })
  if (!credential) throw new TypeError('issuing records the credential')
  return credential
}

/** Stores a new credential with its key. */
export async function addCredential(
  world: World,
  repositories: Repositories,
  { id, account, userId, nickname, key, actor, record }: NewCredential,
  state: Pick<Credential, 'status'> & Partial<Pick<Credential, 'certificateId' | 'request'>>,
): Promise<Credential> {
  const at = world.now()
  const credential: Credential = {
    id: id ?? uuidV7(at),
    accountId: account.id,
    userId,
    nickname,
    keyId: key.id,
    certificateId: undefined,
    request: undefined,
    pinAttempts: 0,
    createdAt: at,
    ...state,
  }
  await repositories.privateKeys.add(key)
  await repositories.credentials.add(credential)
  const { certificateId } = credential
  await repositories.auditEvents.append(
    auditEvent(at, actor, {
      action: 'credential.create',
      resourceType: 'credential',
      resourceId: credential.id,
      accountId: account.id,
      details: {
        nickname,
        keyType: key.type,
        status: credential.status,
        ...(userId !== undefined && { userId }),
        ...(certificateId !== undefined && { certificateId }),
      },
    }),
  )
  await record?.(repositories, credential)
  return credential
}

async function contentSigning(world: World, accountId: string, issuer?: Issuer) {
  return {
    issuer: issuer ?? (await issuerFor(world, 'content-signing')),
    profile: 'content-signing',
    accountId,
  } as const
}

/** Gives every enabled credential whose certificate is two thirds through its life a new one; how many it were. */
export async function renewCredentials(world: World): Promise<number> {
  let renewed = 0
  for (const account of await world.store.accounts.list()) {
    if (!isServed(account, world.now())) continue
    for (const credential of await world.store.credentials.list(account.id)) {
      if (credential.status !== 'enabled' || credential.certificateId === undefined) continue
      const certificate = await world.store.certificates.find(credential.certificateId)
      // What authorities elsewhere issued is theirs to renew.
      if (!certificate || !isDue(certificate, world.now()) || !(await hasHolder(world, credential))) continue
      if (await renewCredential(world, { credential, certificate, actor: PLATFORM })) renewed++
    }
  }
  return renewed
}

/** Nobody renews for who is gone. */
async function hasHolder({ store }: World, { userId }: Credential): Promise<boolean> {
  return userId === undefined || (await store.users.find(userId))?.status === 'active'
}

/** A revoked one stays without a successor: its key may be the reason. */
function isDue({ status, notBefore, notAfter }: IssuedCertificate, now: Date): boolean {
  const life = notAfter.getTime() - notBefore.getTime()
  return status === 'issued' && now.getTime() >= notBefore.getTime() + (life * 2) / 3
}

/** Days of a certificate's life, to the day. */
export function daysOf({ notBefore, notAfter }: Pick<IssuedCertificate, 'notBefore' | 'notAfter'>): number {
  const days = Math.round((notAfter.getTime() - notBefore.getTime()) / DAY)
  return Math.min(Math.max(days, 1), MOST_CREDENTIAL_DAYS)
}

/** Issues a certificate that follows another: the same subject and key, and as long a life unless it is said how long. False where somebody else was first. */
export async function renewCredential(
  world: World,
  {
    credential,
    certificate: before,
    actor,
    days = daysOf(before),
  }: {
    readonly credential: Credential
    readonly certificate: IssuedCertificate
    readonly actor: Actor
    readonly days?: number
  },
): Promise<boolean> {
  const { publicKey, subject } = Certificate.decode(before.bytes)
  try {
    await issueCertificate(world, {
      ...(await contentSigning(world, credential.accountId)),
      subject,
      publicKey: publicKey.bytes,
      days,
      actor,
      record: async (repositories, { id }) => {
        const current = await lockedCredential(repositories, credential.id)
        // Another node was first, or somebody revoked it: then this certificate is not stored, and nobody will have it.
        if (current?.certificateId !== before.id || current.status === 'revoked') throw new Overtaken()
        if ((await repositories.certificates.find(before.id))?.status !== 'issued') throw new Overtaken()
        await repositories.credentials.update({ ...current, certificateId: id })
        await repositories.auditEvents.append(
          auditEvent(world.now(), actor, {
            action: 'credential.renew',
            resourceType: 'credential',
            resourceId: credential.id,
            accountId: credential.accountId,
            details: { nickname: credential.nickname, certificateId: id, before: before.id },
          }),
        )
      },
    })
    return true
  } catch (error) {
    // Revoked meanwhile since others have the key, it was refused before anything was signed.
    if (error instanceof Overtaken || error instanceof KeyRefusal) return false
    throw error
  }
}

/** Issues a certificate for another key of a credential, as long and for the same subject as the one before. */
export async function replaceCertificate(
  world: World,
  {
    credential,
    before,
    key,
    actor,
    record,
  }: {
    readonly credential: Credential
    readonly before: IssuedCertificate
    readonly key: WrappedKey
    readonly actor: Actor
    /** Puts the certificate in its place. */
    readonly record: (repositories: Repositories, certificate: IssuedCertificate) => Promise<void>
  },
): Promise<void> {
  await issueCertificate(world, {
    ...(await contentSigning(world, credential.accountId)),
    subject: Certificate.decode(before.bytes).subject,
    publicKey: key.publicKey,
    days: daysOf(before),
    actor,
    record,
  })
}

/** The credential as it is now, while nobody else changes it until the transaction ends: what is read is written back. */
export async function lockedCredential(
  { locks, credentials }: Pick<Repositories, 'locks' | 'credentials'>,
  id: string,
): Promise<Credential | undefined> {
  await locks.take(`credential:${id}`)
  return credentials.find(id)
}

/** Somebody else changed the credential meanwhile. */
export class Overtaken extends Refusal {
  constructor() {
    super('conflict', 'credential_changed', 'Somebody else changed the credential at the same time: look at it again.')
  }
}
