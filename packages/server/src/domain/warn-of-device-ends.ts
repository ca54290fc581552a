/**
 * Ends of devices' certificates, told to webhooks alone: a mail for each of a hundred thousand devices would be read by nobody. By a
 * sweep through what has come into a window since the last one, so that nothing is looked at twice, however many there are.
 */
import { isServed } from './account.ts'
import type { CertificateEnding, Sweep } from './certificate-ending.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import type { Repositories } from './store.ts'
import { queueWebhookEvent } from './tell-webhooks.ts'
import { WARNING_DAYS } from './warn-of-endings.ts'
import type { World } from './world.ts'

const DAY = 86_400_000

/** So many certificates in a transaction. */
const PAGE = 100

/** So long ago an end may be to be told of. */
const ENDED_DAYS = 7

type SweepWorld = Pick<World, 'store' | 'now'>

/** Tells of all that came into a window, and of what has ended, since the last sweep; how many it were. Each is told by one node. */
export async function warnOfDeviceEnds(world: SweepWorld): Promise<number> {
  let told = 0
  for (const [index, days] of WARNING_DAYS.entries()) told += await sweep(world, days, WARNING_DAYS[index + 1] ?? 0)
  return told + (await sweep(world, 0, -ENDED_DAYS))
}

/** Through what ends in so many days or less; what ends in `nextDays` is the next window's matter. */
async function sweep({ store, now }: SweepWorld, days: number, nextDays: number): Promise<number> {
  const at = now()
  const until = new Date(at.getTime() + days * DAY)
  let told = 0
  for (;;) {
    const before = await store.certificateEndings.findSweep(days)
    // What a window held before there were sweeps is not told of: it may be a whole fleet at once.
    if (!before) {
      await store.certificateEndings.putSweep(days, { endsAt: until, id: '' })
      return told
    }
    if (before.endsAt >= until) return told
    const soonest = new Date(at.getTime() + nextDays * DAY)
    const after = before.endsAt < soonest ? { endsAt: soonest, id: LAST_ID } : before
    const page = await store.certificateEndings.list(after, until, PAGE)
    // Nothing more: who comes next looks over the same empty stretch, which costs less than to write so.
    if (page.length === 0) return told
    const last = page.at(-1)
    const next: Sweep =
      page.length === PAGE && last ? { endsAt: last.endsAt, id: last.id } : { endsAt: until, id: LAST_ID }
    const due = page.filter(
      (ending) => !ending.isRenewed && ending.issuedAt.getTime() <= ending.endsAt.getTime() - days * DAY,
    )
    const done = await store.transaction((repositories) => tell(repositories, at, days, { before, next, due }))
    told += done
    if (page.length < PAGE) return told
  }
}

/** After every UUID. */
const LAST_ID = 'g'

/** Nodes that come to the same page at once: the second one finds that the sweep has gone on. */
async function tell(
  repositories: Repositories,
  at: Date,
  days: number,
  { before, next, due }: { readonly before: Sweep; readonly next: Sweep; readonly due: readonly CertificateEnding[] },
): Promise<number> {
  const { locks, certificateEndings, accounts, auditEvents } = repositories
  await locks.take(`expiry-sweep:${days}`)
  const now = await certificateEndings.findSweep(days)
  if (now?.id !== before.id || now.endsAt.getTime() !== before.endsAt.getTime()) return 0
  await certificateEndings.putSweep(days, next)
  let told = 0
  for (const [accountId, endings] of Map.groupBy(due, (ending) => ending.accountId)) {
    const account = await accounts.find(accountId)
    if (!account || !isServed(account, at)) continue
    for (const ending of endings) await queueWebhookEvent(repositories, at, eventOf(ending, days))
    told += endings.length
    if (days === 0) continue
    await auditEvents.append(
      auditEvent(at, PLATFORM, {
        action: 'expiry.warn',
        resourceType: 'certificate',
        // They are many: how many, and the deliveries have which.
        resourceId: undefined,
        accountId,
        details: { days, certificates: endings.length, recipients: 0 },
      }),
    )
  }
  return told
}

function eventOf(ending: CertificateEnding, days: number): Parameters<typeof queueWebhookEvent>[2] {
  const { accountId, id, commonName, serialNumber, enrollmentProfileId, deviceIdentifier, endsAt } = ending
  return {
    accountId,
    event: days === 0 ? 'certificate.ended' : 'certificate.ending',
    data: {
      id,
      name: commonName,
      holder: deviceIdentifier ?? null,
      serial_number: serialNumber,
      enrollment_profile_id: enrollmentProfileId,
      ends_at: endsAt.toISOString(),
      ...(days !== 0 && { days }),
    },
  }
}
