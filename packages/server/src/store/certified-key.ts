import { sql } from 'kysely'
import type { CertifiedKey, CertifiedKeys } from '../domain/certified-key.ts'
import type { Connections } from './database.ts'

/** A row of `certified_keys`. */
export type CertifiedKeyRow = {
  readonly hash: Uint8Array
  readonly account_id: string | null
  readonly compromised_at: number | null
}

function toCertifiedKey({ hash, account_id, compromised_at }: CertifiedKeyRow): CertifiedKey {
  return {
    hash,
    accountId: account_id ?? undefined,
    compromisedAt: compromised_at === null ? undefined : new Date(compromised_at),
  }
}

/** The certified keys of a database. */
export function certifiedKeys({ read, write }: Connections): CertifiedKeys {
  return {
    async claim(hash, accountId) {
      const row = await write
        .insertInto('certified_keys')
        .values({ hash, account_id: accountId ?? null, compromised_at: null })
        // Changes nothing, but waits for whoever has just claimed it, and gives the row back.
        .onConflict((on) => on.column('hash').doUpdateSet({ hash }))
        .returningAll()
        .executeTakeFirstOrThrow()
      return toCertifiedKey(row)
    },
    async find(hash) {
      const row = await read.selectFrom('certified_keys').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row && toCertifiedKey(row)
    },
    async compromise(hash, at) {
      await write
        .updateTable('certified_keys')
        .set({ compromised_at: sql`coalesce(compromised_at, ${at.getTime()})` })
        .where('hash', '=', hash)
        .execute()
    },
  }
}
