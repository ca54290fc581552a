import { sql } from 'kysely'
import { allDone } from '../domain/all-done.ts'
import type { Locks } from '../domain/store.ts'
import type { Connections } from './database.ts'
import { gathered, TURNS } from './gathered.ts'

/**
 * The locks of a transaction. On SQLite a transaction that may write is alone on the file, whatever the process: it has
 * every lock already.
 */
export function locks({ write, run, breath, engine }: Connections): Locks {
  return {
    take: gathered(
      breath,
      async (names: readonly string[]) => {
        if (engine === 'sqlite') return []
        // In one order, whoever takes them: so no two transactions that are shared wait for each other.
        const take = (name: string) => sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`
        // All are sent before what has a later turn.
        await allDone([...new Set(names)].sort().map((name) => run(take(name).compile(write))))
        return []
      },
      TURNS.locks,
    ),
    async tryTake(name) {
      if (engine === 'sqlite') return true
      const query = sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as taken`
      return (await query.execute(write)).rows[0]?.taken === true
    },
  }
}

/** What stands where there is no transaction: a lock would be gone before it serves. */
export const NO_LOCKS: Locks = {
  take: () => Promise.reject(new Error('a lock needs a transaction')),
  tryTake: () => Promise.reject(new Error('a lock needs a transaction')),
}
