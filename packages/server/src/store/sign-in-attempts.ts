import type { SignInAttemptsOfAll } from '../domain/sign-in-attempts.ts'
import type { Connections } from './database.ts'

/** A row of `sign_in_attempts`. */
export type SignInAttemptsRow = {
  readonly subject: string
  readonly network: string
  readonly failures: number
  readonly locked_until: number | null
  readonly last_at: number
}

/** The attempts at signing in of a database. */
export function signInAttempts({ read, write }: Connections): SignInAttemptsOfAll {
  return {
    async find(subject, network) {
      const query = read.selectFrom('sign_in_attempts').selectAll().where('subject', '=', subject)
      const row = await query.where('network', '=', network).executeTakeFirst()
      if (!row) return undefined
      const { failures, locked_until, last_at } = row
      const lockedUntil = locked_until === null ? undefined : new Date(locked_until)
      return { subject, network, failures, lockedUntil, lastAt: new Date(last_at) }
    },
    async put({ subject, network, failures, lockedUntil, lastAt }) {
      const state = { failures, locked_until: lockedUntil?.getTime() ?? null, last_at: lastAt.getTime() }
      const query = write.insertInto('sign_in_attempts').values({ subject, network, ...state })
      await query.onConflict((on) => on.columns(['subject', 'network']).doUpdateSet(state)).execute()
    },
    async remove(subject, network) {
      const query = write.deleteFrom('sign_in_attempts').where('subject', '=', subject)
      await query.where('network', '=', network).execute()
    },
    async removeOfSubject(subject) {
      await write.deleteFrom('sign_in_attempts').where('subject', '=', subject).execute()
    },
    async removeBefore(lastAt) {
      const query = write.deleteFrom('sign_in_attempts').where('last_at', '<', lastAt.getTime())
      return Number((await query.executeTakeFirst()).numDeletedRows)
    },
  }
}
