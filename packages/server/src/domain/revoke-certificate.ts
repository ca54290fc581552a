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
    const { certificates } = repositories
    const found = await certificates.find(id)
    if (!found?.fingerprint) throw new Refusal('not_found', 'certificate_not_found', `There is no certificate ${id}`)
    const revoked: readonly RevokedNow[] =
      reason === 'key_compromise'
        ? await revokeAllOf(repositories, keyHash(Certificate.decode(found.bytes).publicKey.bytes), revocation)
        : (await certificates.revoke(id, revocation))
          ? [found]
          : []
    if (!revoked.some((one) => one.id === id))
      throw new Refusal('conflict', 'certificate_already_revoked', `The certificate ${id} was revoked before`)
    for (const one of revoked)
      await record(world, repositories, one, recordedOf(one, found, { revocation, actor, comments }))
    return {
      certificate: { ...found, status: 'revoked' as const, revocation },
      authorityIds: new Set([found, ...revoked].map(({ authorityId }) => authorityId)),
    }
  })
  for (const authorityId of authorityIds) world.onRevocation?.(authorityId)
  return certificate
}

/** So many are revoked by one statement. */
const PAGE = 100

/**
 * Revokes all that was issued for a key, and has nothing be issued for it any more. First the key, where whoever reserves a
 * certificate waits; then what is reserved, in which it waits for whoever issues that, and only then certificates: as where
 * one is issued that renews another, so that neither waits for the other while the other waits for it.
 */
async function revokeAllOf(
  { certifiedKeys, certificates }: Pick<Repositories, 'certifiedKeys' | 'certificates'>,
  key: Uint8Array,
  revocation: Revocation,
): Promise<readonly RevokedNow[]> {
  await certifiedKeys.compromise(key, revocation.at)
  const pages: (readonly string[])[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await certifiedKeys.listCertificates(key, after, PAGE)
    pages.push(page)
    after = page.length < PAGE ? undefined : page.at(-1)
  }
  for (const page of pages) await certificates.failAll(page)
  const revoked: RevokedNow[] = []
  for (const page of pages) revoked.push(...(await certificates.revokeAll(page, revocation)))
  return revoked
}

type Recorded = { readonly revocation: Revocation; readonly actor: Actor; readonly comments: string | undefined }

/** Who has the same key in another account is told of the key alone, and not of whose it is beside. */
function recordedOf(one: RevokedNow, found: IssuedCertificate, recorded: Recorded): Recorded {
  if (one.id === found.id) return recorded
  return one.accountId === found.accountId
    ? { ...recorded, comments: `Its key is that of ${found.serialNumber}.` }
    : { ...recorded, actor: PLATFORM, comments: undefined }
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
