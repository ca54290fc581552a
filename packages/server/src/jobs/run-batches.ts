import { randomUUID } from 'node:crypto'
import { type BatchWorker, HELD_MS, workOnBatch } from '../domain/run-batch.ts'
import type { World } from '../domain/world.ts'

/** What batches are worked on with: the same function again and again, of one node. */
export function createBatchRunner(
  world: World,
  { leaving, onError, onFinished }: Omit<BatchWorker, 'by' | 'turn'>,
): () => Promise<void> {
  const by = randomUUID()
  let last: Promise<void> = Promise.resolve()
  // One at a time in a round of the event loop, so that no round is long.
  const turn = (): Promise<void> => {
    last = last.then(() => new Promise((resolve) => void setImmediate(resolve)))
    return last
  }

  function holding(hold: () => Promise<void>): () => void {
    const timer = setInterval(() => void hold().catch(onError), HELD_MS / 3)
    return () => clearInterval(timer)
  }

  return async () => {
    while (!leaving?.aborted && (await workOnBatch(world, { by, turn, onError, onFinished, leaving }, holding)));
  }
}
