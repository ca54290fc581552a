/**
 * Resolves when all of them have. Rejects with what the first of them in their order threw, once all have ended: in a
 * transaction, what ran on would write when that is over.
 */
export async function allDone(works: readonly (Promise<unknown> | undefined)[]): Promise<void> {
  const outcomes = await Promise.allSettled(works)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
