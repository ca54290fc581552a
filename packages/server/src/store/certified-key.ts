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
  readonly certificate_id: string | null
}

/** A row of `key_certificates`: another certificate of a key than its first. */
export type KeyCertificateRow = { readonly hash: Uint8Array; readonly certificate_id: string }

type Claim = Pick<CertifiedKeyRow, 'hash' | 'account_id' | 'certificate_id'>

function toCertifiedKey({ hash, account_id, compromised_at, certificate_id }: CertifiedKeyRow): CertifiedKey {
  return {
    hash,
    accountId: account_id ?? undefined,
    compromisedAt: compromised_at === null ? undefined : new Date(compromised_at),
    certificateId: certificate_id ?? undefined,
  }
}

/** The certified keys of a database. */
export function certifiedKeys(connections: Connections): CertifiedKeys {
  const { read, write, breath } = connections
  const claimAll = preparedRows<Claim, CertifiedKeyRow>(
    connections,
    'claim keys',
    { hash: 'bytes', account_id: 'text', certificate_id: 'text' },
    // On a conflict it changes nothing, but waits for whoever has just claimed it, and gives the row back.
    (given) => sql`
      insert into certified_keys (hash, account_id, certificate_id) select * from ${given} where true
      on conflict (hash) do update set hash = excluded.hash returning *`,
  )
  const claim = gathered(
    breath,
    async (claims: readonly Claim[]) => {
      // Each once, and in one order wherever they are claimed: so no two transactions wait for each other.
      const keys = new Map(claims.map((claimed) => [encodeHex(claimed.hash), claimed]))
      const { rows } = await claimAll([...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, claimed]) => claimed))
      const found = new Map(rows.map((row) => [encodeHex(row.hash), toCertifiedKey(row)]))
      return claims.map(({ hash }) => found.get(encodeHex(hash)) as CertifiedKey)
    },
    TURNS.certifiedKeys,
  )
  const addAll = preparedRows<KeyCertificateRow, never>(
    connections,
    'note certificates of keys',
    { hash: 'bytes', certificate_id: 'text' },
    (given) => sql`insert into key_certificates (hash, certificate_id) select * from ${given}`,
  )
  const add = gathered(breath, async (rows: readonly KeyCertificateRow[]) => {
    await addAll(rows)
    return []
  })
  return {
    claim: (hash, accountId, certificateId) =>
      claim({ hash, account_id: accountId ?? null, certificate_id: certificateId }),
    addCertificate: (hash, certificateId) => add({ hash, certificate_id: certificateId }),
    async listCertificates(hash, after, limit) {
      const { rows } = await sql<{ readonly certificate_id: string }>`
        select certificate_id from certified_keys where hash = ${hash} and certificate_id > ${after}
        union select certificate_id from key_certificates where hash = ${hash} and certificate_id > ${after}
        order by certificate_id limit ${limit}`.execute(read)
      return rows.map(({ certificate_id: id }) => id)
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
