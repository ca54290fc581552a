import { setTimeout as pause } from 'node:timers/promises'
import { addPooledKey, dropStaleKeys } from '../domain/key-pool.ts'
import type { World } from '../domain/world.ts'

/**
 * Fills the pools of RSA keys, one key after the other with a rest as long as it took, so that threads are left for those
 * who wait. How many were made. Nothing more is begun once `leaving` says so.
 */
export async function fillKeyPools(
  world: Pick<World, 'store' | 'keys' | 'now'>,
  leaving?: AbortSignal,
): Promise<number> {
  const dropped = await dropStaleKeys(world)
  let made = 0
  for (;;) {
    const began = performance.now()
    if (leaving?.aborted || !(await addPooledKey(world))) break
    made++
    const rest = performance.now() - began
    await pause(rest, undefined, { ...(leaving && { signal: leaving }) }).catch(() => undefined)
  }
  // What was handed out since is still in SQLite's log.
  if (made + dropped > 0) await world.store.overwriteDeleted()
  return made
}
