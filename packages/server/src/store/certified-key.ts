import { encodeHex } from '@countersign/codec'
import { sql } from 'kysely'
import type { CertifiedKey, CertifiedKeys } from '../domain/certified-key.ts'
import type { Connections } from './database.ts'
import { gathered, TURNS } from './gathered.ts'
import { preparedRows } from './prepared.ts'

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
export function certifiedKeys(connections: Connections): CertifiedKeys {
  const { read, write } = connections
  const claimAll = preparedRows(connections, 'claim keys', (rows: readonly CertifiedKeyRow[]) =>
    write
      .insertInto('certified_keys')
      .values(rows)
      // Changes nothing, but waits for whoever has just claimed it, and gives the row back.
      .onConflict((on) => on.column('hash').doUpdateSet({ hash: sql.ref('excluded.hash') }))
      .returningAll()
      .compile(),
  )
  const claim = gathered(async (claims: readonly CertifiedKeyRow[]) => {
    // Each once, and in one order wherever they are claimed: so no two transactions wait for each other.
    const keys = new Map(claims.map((claimed) => [encodeHex(claimed.hash), claimed]))
    const { rows } = await claimAll([...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, claimed]) => claimed))
    const found = new Map(rows.map((row) => [encodeHex(row.hash), toCertifiedKey(row)]))
    return claims.map(({ hash }) => found.get(encodeHex(hash)) as CertifiedKey)
  }, TURNS.certifiedKeys)
  return {
    claim: (hash, accountId) => claim({ hash, account_id: accountId ?? null, compromised_at: null }),
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
