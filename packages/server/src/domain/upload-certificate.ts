import { decodePemBlock, encodeHex } from '@countersign/codec'
import { Certificate, digest, nameText } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import { Overtaken } from './create-credential.ts'
import type { Credential } from './credential.ts'
import { actorOf, findCredential, keyOf, manageCredential, recordChange, refuseRevoked } from './manage-credentials.ts'
import { readOutsideChain } from './outside-chain.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** Gives a credential the certificate that an authority elsewhere issued for its key: the first one, or one that follows another. */
export async function uploadCertificate(
  world: World,
  principal: Principal,
  named: string,
  certificates: string,
): Promise<Credential> {
  const { credential, certificate } = await findCredential(world, principal, named)
  refuseRevoked(credential)
  if (certificate?.issued)
    throw new Refusal(
      'conflict',
      'credential_of_platform',
      'The platform issues the certificate of this credential: renew it, or request another credential.',
    )
  const key = await keyOf(world, credential)
  const outside = await readOutsideChain(world, certificates, key.publicKey).catch(async (cause: unknown) => {
    if (cause instanceof Refusal) await recordRefusedUpload(world, principal, credential, cause.message)
    throw cause
  })
  const leaf = Certificate.decode(decodePemBlock(outside.chain, 'CERTIFICATE'))
  return manageCredential(world, principal, credential.id, async (repositories, current) => {
    refuseRevoked(current)
    if (current.keyId !== key.id) throw new Overtaken()
    const at = world.now()
    const certificateId = uuidV7(at)
    const { accountId } = current
    await repositories.outsideCertificates.add({ id: certificateId, accountId, createdAt: at, ...outside })
    const status = current.status === 'requested' ? 'enabled' : current.status
    const changed = { ...current, certificateId, status } as const
    await repositories.credentials.update(changed)
    await recordChange(repositories, at, principal, 'credential.upload_certificate', changed, {
      subject: nameText(leaf.subject),
      notAfter: leaf.notAfter.toISOString(),
      fingerprint: encodeHex(digest('sha256', leaf.bytes)),
    })
  })
}

async function recordRefusedUpload(
  { store, now }: World,
  principal: Principal,
  { id, nickname }: Credential,
  reason: string,
): Promise<void> {
  const event = auditEvent(now(), actorOf(principal), {
    action: 'credential.upload_certificate',
    resourceType: 'credential',
    resourceId: id,
    details: { nickname, reason },
  })
  await store.auditEvents.append({ ...event, status: 'failed' })
}
