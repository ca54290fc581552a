import type { IssuedCertificate } from './certificate.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import type { World } from './world.ts'

/** Between reserving and issuing lie milliseconds: what takes so long was interrupted. */
const LONGEST = 5 * 60_000
/** Few enough that nobody who writes waits for long. */
const SLICE = 100

/**
 * Marks as failed what was reserved and never issued, since the process came to its end or what belongs to the certificate
 * was refused: nobody has such a certificate, and who was still about to finish one can't any more. How many there were.
 */
export async function failInterrupted({ store, now }: Pick<World, 'store' | 'now'>): Promise<number> {
  for (let failed = 0; ; ) {
    const slice = await store.certificates.listReserved(new Date(now().getTime() - LONGEST), SLICE)
    if (slice.length === 0) return failed
    await store.transaction(async ({ certificates, auditEvents }) => {
      for (const certificate of slice)
        if (await certificates.fail(certificate.id)) {
          failed++
          await auditEvents.append(interrupted(now(), certificate))
        }
    })
  }
}

function interrupted(at: Date, { id, accountId, profile, serialNumber, subject, createdAt }: IssuedCertificate) {
  return {
    ...auditEvent(at, PLATFORM, {
      action: 'certificate.issue',
      resourceType: 'certificate',
      resourceId: id,
      accountId,
      details: { profile, serialNumber, subject, reservedAt: createdAt.toISOString(), reason: 'interrupted' },
    }),
    status: 'failed' as const,
  }
}
