/** What is left of batches is wiped: of those that were deleted, are kept no longer, or never came whole. */
import { batchEvent, KEPT_MS } from './batch.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

const HOUR_MS = 3_600_000
/** Requests that are removed at once: others wait to write meanwhile. */
const PIECE = 500
/** Before somebody gets an answer. */
const MOST_PIECES = 10

/** Wipes a batch that is marked as deleted, or the beginning of a long one; the rest goes with all others. */
export async function wipeSome({ batches }: Pick<Repositories, 'batches'>, id: string): Promise<void> {
  for (let pieces = 0; pieces < MOST_PIECES; pieces++) if (await batches.wipe(id, PIECE)) return
}

/** Wipes all that is due, unless the platform stops. How many batches. */
export async function wipeBatches(
  { store, now }: Pick<World, 'store' | 'now'>,
  leaving?: AbortSignal,
): Promise<number> {
  for (const batch of await store.batches.listFinishedBefore(new Date(now().getTime() - KEPT_MS)))
    await store.transaction(async ({ batches, auditEvents }) => {
      if (await batches.markDeleted(batch.id))
        await auditEvents.append(auditEvent(now(), PLATFORM, batchEvent('batch.delete', batch)))
    })
  let wiped = 0
  for (const id of await store.batches.listToWipe(new Date(now().getTime() - HOUR_MS))) {
    // One that came whole at this moment stays, and one that is still coming in is refused.
    if (!(await store.batches.markDeleted(id))) continue
    while (!leaving?.aborted && !(await store.batches.wipe(id, PIECE)));
    wiped++
  }
  if (wiped > 0) await store.overwriteDeleted()
  return wiped
}
