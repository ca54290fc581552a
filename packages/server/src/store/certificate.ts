import { sql } from 'kysely'
import type { Certificates, IssuedCertificate, RevocationReason } from '../domain/certificate.ts'
import type { Connections } from './database.ts'
import { gathered, TURNS } from './gathered.ts'
import type { Engine } from './migrate.ts'
import { prepared } from './prepared.ts'
import {
  RESERVED_TYPES,
  type ReservedCertificateRow,
  reservedCertificates,
  toReserved,
} from './reserved-certificate.ts'
import { revocations } from './revocation.ts'
import { columnsOfTypes, type RowTypes } from './row-values.ts'

/** A row of `certificates`: what was reserved, and what became of it. */
export type CertificateRow = ReservedCertificateRow & {
  readonly status: IssuedCertificate['status']
  readonly fingerprint: Uint8Array | null
  readonly revoked_at: number | null
  readonly revocation_reason: RevocationReason | null
  readonly invalid_since: number | null
}

const CERTIFICATE_TYPES: RowTypes<CertificateRow> = {
  ...RESERVED_TYPES,
  status: 'text',
  fingerprint: 'bytes',
  revoked_at: 'integer',
  revocation_reason: 'text',
  invalid_since: 'integer',
}

/** The columns of `certificates`. */
export const CERTIFICATE_COLUMNS = columnsOfTypes(CERTIFICATE_TYPES)

/** The noun of a row. */
export function toCertificate(row: CertificateRow): IssuedCertificate {
  return {
    ...toReserved(row),
    status: row.status,
    fingerprint: row.fingerprint ?? undefined,
    revocation:
      row.revoked_at === null || row.revocation_reason === null
        ? undefined
        : {
            at: new Date(row.revoked_at),
            reason: row.revocation_reason,
            ...(row.invalid_since !== null && { invalidSince: new Date(row.invalid_since) }),
          },
  }
}

// Literals, so that SQLite sees that a partial index has the rows.
const ISSUED = sql.lit('issued' as const)
const CONTENT_SIGNING = sql.lit('content-signing' as const)

/** The certificates of a database. */
export function certificates(connections: Connections, engine: Engine): Certificates {
  const { read, write, run, breath } = connections
  const findWritten = prepared(
    connections,
    'find certificate',
    (id: string) => read.selectFrom('certificates').selectAll().where('id', '=', id).compile(),
    ([row]) => row && toCertificate(row),
  )
  const reserved = reservedCertificates(connections)
  // On SQLite a transaction that may write is alone on the file.
  const lock = engine === 'postgres' ? sql`for share` : sql``
  const hold = gathered(
    breath,
    async (ids: readonly string[]) => {
      // In their order, as whoever revokes several has them.
      const query = sql<CertificateRow>`
        select * from certificates where id in (${sql.join([...new Set(ids)])}) order by id ${lock}`
      const held = new Map((await run(query.compile(write))).rows.map((row) => [row.id, toCertificate(row)]))
      return ids.map((id) => held.get(id))
    },
    TURNS.renewed,
  )
  return {
    // What was issued between the first two looks is found by the third.
    find: async (id) => (await findWritten(id)) ?? (await reserved.find(id)) ?? (await findWritten(id)),
    hold,
    async findBySerialNumber(authorityId, serialNumber) {
      const query = read.selectFrom('certificates').selectAll().where('authority_id', '=', authorityId)
      const row = await query.where('serial_number', '=', serialNumber).executeTakeFirst()
      return row && toCertificate(row)
    },
    async findByFingerprint(fingerprint) {
      const query = read.selectFrom('certificates').selectAll().where('fingerprint', '=', fingerprint)
      const row = await query.executeTakeFirst()
      return row && toCertificate(row)
    },
    reserve: reserved.reserve,
    issue: reserved.issue,
    fail: reserved.fail,
    failAll: reserved.failAll,
    listReserved: reserved.list,
    ...revocations(connections),
    async listExpiring(from, until, limit) {
      const query = read
        .selectFrom('certificates')
        .selectAll()
        .where('status', '=', ISSUED)
        .where('not_after', '>=', from.getTime())
        .where('not_after', '<', until.getTime())
      return (await query.orderBy('not_after').orderBy('id').limit(limit).execute()).map(toCertificate)
    },
    async listContentSigning(accountId, from) {
      const query = read
        .selectFrom('certificates')
        .selectAll()
        .where('profile', '=', CONTENT_SIGNING)
        .where('status', '=', ISSUED)
        .where('account_id', '=', accountId)
        .where('not_after', '>=', from.getTime())
      return (await query.orderBy('not_after').orderBy('id').execute()).map(toCertificate)
    },
  }
}
