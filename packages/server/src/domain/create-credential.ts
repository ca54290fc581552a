/** Content credentials: made with a key of their own, and given a new certificate for the same key before the old one ends. */
import { Certificate, name } from '@countersign/pki'
import { type Account, isServed } from './account.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { Credential } from './credential.ts'
import { issueCertificate } from './issue-certificate.ts'
import { type Issuer, issuerFor } from './issuer.ts'
import type { WrappedKey } from './private-key.ts'
import { type Actor, auditEvent, PLATFORM } from './record-event.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** The C2PA program's limit for a signer's certificate is 366 days. */
const DAYS = 365

/** Makes a credential of the account for a key that is not stored yet. */
export async function createCredential(
  world: World,
  {
    account,
    nickname,
    key,
    actor,
    issuer,
  }: {
    readonly account: Account
    readonly nickname: string
    readonly key: WrappedKey
    readonly actor: Actor
    readonly issuer?: Issuer
  },
): Promise<Credential> {
  let credential: Credential | undefined
  await world.store.privateKeys.add(key)
  await issueCertificate(world, {
    ...(await contentSigning(world, account, key.publicKey, issuer)),
    actor,
    record: async (repositories, { id }) => {
      const at = world.now()
      credential = {
        id: uuidV7(at),
        accountId: account.id,
        userId: undefined,
        nickname,
        keyId: key.id,
        certificateId: id,
        status: 'enabled',
        createdAt: at,
      }
      await repositories.credentials.add(credential)
      await repositories.auditEvents.append(
        auditEvent(at, actor, {
          action: 'credential.create',
          resourceType: 'credential',
          resourceId: credential.id,
          accountId: account.id,
          details: { nickname, keyType: key.type, certificateId: id },
        }),
      )
    },
  })
  if (!credential) throw new TypeError('issuing records the credential')
  return credential
}

async function contentSigning(world: World, account: Account, publicKey: Uint8Array, issuer?: Issuer) {
  return {
    issuer: issuer ?? (await issuerFor(world, 'content-signing')),
    profile: 'content-signing',
    subject: name({ O: account.name.slice(0, 64), CN: account.name.slice(0, 64) }),
    publicKey,
    days: DAYS,
    accountId: account.id,
  } as const
}

/** Gives every enabled credential whose certificate is two thirds through its life a new one; how many it were. */
export async function renewCredentials(world: World): Promise<number> {
  let renewed = 0
  for (const account of await world.store.accounts.list()) {
    if (!isServed(account, world.now())) continue
    for (const credential of await world.store.credentials.list(account.id)) {
      const certificate = await world.store.certificates.find(credential.certificateId)
      if (credential.status !== 'enabled' || !certificate || !isDue(certificate, world.now())) continue
      if (await renewCredential(world, account, credential, certificate)) renewed++
    }
  }
  return renewed
}

/** A revoked one stays without a successor: its key may be the reason. */
function isDue({ status, notBefore, notAfter }: IssuedCertificate, now: Date): boolean {
  const life = notAfter.getTime() - notBefore.getTime()
  return status === 'issued' && now.getTime() >= notBefore.getTime() + (life * 2) / 3
}

async function renewCredential(
  world: World,
  account: Account,
  credential: Credential,
  before: IssuedCertificate,
): Promise<boolean> {
  const { publicKey } = Certificate.decode(before.bytes)
  try {
    await issueCertificate(world, {
      ...(await contentSigning(world, account, publicKey.bytes)),
      actor: PLATFORM,
      record: async (repositories, { id }) => {
        const current = await repositories.credentials.find(credential.id)
        // Another node was first: then this certificate is not stored, and nobody will have it.
        if (current?.certificateId !== before.id) throw new Overtaken()
        await repositories.credentials.update({ ...current, certificateId: id })
        await repositories.auditEvents.append(
          auditEvent(world.now(), PLATFORM, {
            action: 'credential.renew',
            resourceType: 'credential',
            resourceId: credential.id,
            accountId: account.id,
            details: { certificateId: id, before: before.id },
          }),
        )
      },
    })
    return true
  } catch (error) {
    if (error instanceof Overtaken) return false
    throw error
  }
}

class Overtaken extends Error {}
