import { Certificate } from '@countersign/pki'
import type { IssuedCertificate, Revocation, RevocationReason, RevokedNow } from './certificate.ts'
import { keyHash } from './certified-key.ts'
import { type Actor, auditEvent, PLATFORM } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/**
 * Revokes once: the first date and reason stand, but for those of a hold. Where others have the private key, all that was
 * issued for it goes along, whosever it is, and nothing is issued for it any more.
 */
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
  const { certificate, authorityIds } = await world.store.transaction(async (repositories) => {
    const { certificates, certifiedKeys } = repositories
    const found = await certificates.find(id)
    if (!found?.fingerprint) throw new Refusal('not_found', 'certificate_not_found', `There is no certificate ${id}`)
    const key = reason === 'key_compromise' ? keyHash(Certificate.decode(found.bytes).publicKey.bytes) : undefined
    // Before any certificate: of two who revoke certificates of one key the second waits here, and then finds them revoked.
    if (key) await certifiedKeys.compromise(key, at)
    if (!(await certificates.revoke(id, revocation)))
      throw new Refusal('conflict', 'certificate_already_revoked', `The certificate ${id} was revoked before`)
    await record(world, repositories, found, { revocation, actor, comments })
    const others = key ? await revokeOthers(world, repositories, key, { found, revocation, actor }) : []
    return {
      certificate: { ...found, status: 'revoked' as const, revocation },
      authorityIds: new Set([found, ...others].map((one) => one.authorityId)),
    }
  })
  for (const authorityId of authorityIds) world.onRevocation?.(authorityId)
  return certificate
}

/** So many are revoked by one statement. */
const PAGE = 100

type Recorded = { readonly revocation: Revocation; readonly actor: Actor; readonly comments: string | undefined }

/** Revokes what else was issued for the key of a certificate. */
async function revokeOthers(
  world: World,
  repositories: Repositories,
  key: Uint8Array,
  { found, revocation, actor }: Omit<Recorded, 'comments'> & { readonly found: IssuedCertificate },
): Promise<readonly RevokedNow[]> {
  const all: RevokedNow[] = []
  for (let after = ''; ; ) {
    const ids = await repositories.certifiedKeys.listCertificates(key, after, PAGE)
    const others = await repositories.certificates.revokeAll(ids, revocation)
    for (const other of others) {
      // Who has the same key in another account is told of the key alone, and not of whose it is beside.
      const recorded: Recorded =
        other.accountId === found.accountId
          ? { revocation, actor, comments: `Its key is that of ${found.serialNumber}.` }
          : { revocation, actor: PLATFORM, comments: undefined }
      await record(world, repositories, other, recorded)
    }
    all.push(...others)
    const last = ids.at(-1)
    if (last === undefined || ids.length < PAGE) return all
    after = last
  }
}

async function record(
  { now }: Pick<World, 'now'>,
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  { id, accountId, serialNumber }: RevokedNow,
  { revocation: { reason, invalidSince }, actor, comments }: Recorded,
): Promise<void> {
  await auditEvents.append(
    auditEvent(now(), actor, {
      action: 'certificate.revoke',
      resourceType: 'certificate',
      resourceId: id,
      accountId,
      details: {
        serialNumber,
        reason,
        ...(invalidSince && { invalidSince: invalidSince.toISOString() }),
        ...(comments !== undefined && { comments }),
      },
    }),
  )
}

function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000)
}
