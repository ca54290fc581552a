import { Certificate } from '@countersign/pki'
import type { IssuedCertificate, Revocation, RevocationReason } from './certificate.ts'
import { keyHash } from './certified-key.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { World } from './world.ts'

/** Revokes once: the first date and reason stand, but for those of a hold. */
export async function revokeCertificate(
  world: World,
  id: string,
  reason: RevocationReason,
  actor: Actor,
  { invalidSince, comments }: { readonly invalidSince?: Date; readonly comments?: string } = {},
): Promise<IssuedCertificate> {
  const at = wholeSeconds(world.now())
  const since = invalidSince && wholeSeconds(invalidSince)
  const revocation: Revocation = { at, reason, ...(since && since < at && { invalidSince: since }) }
  const certificate = await world.store.transaction(async ({ certificates, certifiedKeys, auditEvents }) => {
    const found = await certificates.find(id)
    if (!found?.fingerprint) throw new Refusal('not_found', 'certificate_not_found', `There is no certificate ${id}`)
    if (!(await certificates.revoke(id, revocation)))
      throw new Refusal('conflict', 'certificate_already_revoked', `The certificate ${id} was revoked before`)
    if (reason === 'key_compromise')
      await certifiedKeys.compromise(keyHash(Certificate.decode(found.bytes).publicKey.bytes), at)
    await auditEvents.append(
      auditEvent(world.now(), actor, {
        action: 'certificate.revoke',
        resourceType: 'certificate',
        resourceId: id,
        accountId: found.accountId,
        details: {
          serialNumber: found.serialNumber,
          reason,
          ...(revocation.invalidSince && { invalidSince: revocation.invalidSince.toISOString() }),
          ...(comments !== undefined && { comments }),
        },
      }),
    )
    return { ...found, status: 'revoked' as const, revocation }
  })
  world.onRevocation?.(certificate.authorityId)
  return certificate
}

function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000)
}
