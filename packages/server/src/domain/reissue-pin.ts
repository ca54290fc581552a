/** A new PIN in the place of one that is lost. */
import { Certificate, CertificationRequest, type Name } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { lockedCredential, Overtaken, replaceCertificate } from './create-credential.ts'
import type { Credential } from './credential.ts'
import { credentialRequest } from './credential-request.ts'
import { queueMail } from './deliver-mail.ts'
import {
  actorOf,
  findCredential,
  keyOf,
  type ManagedCredential,
  recordChange,
  refuseRevoked,
  requirePin,
  revokeIssued,
} from './manage-credentials.ts'
import { pinMail } from './pin.ts'
import { randomPin } from './random-secret.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/**
 * Gives the user a new PIN by mail. What the old one opened nobody can open without it, so there is a new key and a new
 * certificate too; the old certificate is revoked, the old key gone. Where an authority elsewhere issues the certificate,
 * there is a new request to take there, and nothing to sign with until it is back.
 */
export async function reissuePin(world: World, principal: Principal, named: string): Promise<Credential> {
  const managed = await findCredential(world, principal, named)
  const { credential, certificate } = managed
  requirePin(credential)
  refuseRevoked(credential)
  const user = await holderOf(world, credential)
  const before = await keyOf(world, credential)
  const pin = randomPin()
  const key = await world.keys.generate(before.type, { credentialId: credential.id, pin })
  const actor = actorOf(principal)

  const replace = async (repositories: Repositories, change: Partial<Credential>): Promise<void> => {
    const current = await lockedCredential(repositories, credential.id)
    if (current?.keyId !== before.id || current.certificateId !== credential.certificateId) throw new Overtaken()
    refuseRevoked(current)
    const changed = { ...current, ...change, keyId: key.id }
    await repositories.privateKeys.add(key)
    await repositories.credentials.update(changed)
    await repositories.credentials.forgetPinAttempts(credential.id)
    await repositories.privateKeys.remove(before.id)
    const mail = pinMail({ user, account: principal.account, credential, pin })
    await queueMail(world, repositories, credential.accountId, mail)
    await recordChange(repositories, world.now(), principal, 'credential.reissue_pin', changed)
  }

  if (!certificate?.issued) {
    const request = await credentialRequest(world, { key, subject: subjectOf(managed), pin })
    await world.store.transaction((repositories) =>
      replace(repositories, { certificateId: undefined, request, status: 'requested' }),
    )
  } else {
    const { issued } = certificate
    const revokers: string[] = []
    await replaceCertificate(world, {
      credential,
      before: issued,
      key,
      actor,
      record: async (repositories, { id: certificateId }) => {
        await replace(repositories, { certificateId })
        await revokeIssued(world, repositories, before, {
          accountId: credential.accountId,
          reason: 'superseded',
          actor,
          revokers,
        })
      },
    })
    for (const authorityId of revokers) world.onRevocation?.(authorityId)
  }
  return (await findCredential(world, principal, credential.id)).credential
}

/** Whom the request was about, or the certificate that was brought. */
function subjectOf({ credential: { id, request }, certificate }: ManagedCredential): Name {
  if (certificate) return Certificate.decode(certificate.bytes).subject
  if (request) return CertificationRequest.decode(request).subject
  throw new Error(`the credential ${id} has neither certificate nor request`)
}

async function holderOf({ store }: World, { userId }: Credential): Promise<User> {
  const user = userId === undefined ? undefined : await store.users.find(userId)
  if (user?.status === 'active') return user
  throw new Refusal('conflict', 'user_disabled', 'The user of the credential is disabled or gone.')
}
