import { type RawBuilder, sql } from 'kysely'
import { allDone } from '../domain/all-done.ts'
import type { Certificates, IssuedCertificate } from '../domain/certificate.ts'
import { conflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { among, gathered, TURNS } from './gathered.ts'
import { preparedRows } from './prepared.ts'
import { columnNames, type RowTypes } from './row-values.ts'

/** A row of `reserved_certificates`: what is about to be signed, until it is a row of `certificates`. */
export type ReservedCertificateRow = {
  readonly id: string
  readonly authority_id: string
  readonly account_id: string | null
  readonly profile: IssuedCertificate['profile']
  readonly serial_number: string
  readonly subject: string
  readonly common_name: string
  readonly not_before: number
  readonly not_after: number
  /** The TBSCertificate, DER. */
  readonly bytes: Uint8Array
  readonly crl_partition: number | null
  readonly created_at: number
}

/** What its columns keep. */
export const RESERVED_TYPES: RowTypes<ReservedCertificateRow> = {
  id: 'text',
  authority_id: 'text',
  account_id: 'text',
  profile: 'text',
  serial_number: 'text',
  subject: 'text',
  common_name: 'text',
  not_before: 'integer',
  not_after: 'integer',
  bytes: 'bytes',
  crl_partition: 'integer',
  created_at: 'integer',
}

/** The noun of a row. */
export function toReserved(row: ReservedCertificateRow): IssuedCertificate {
  return {
    id: row.id,
    authorityId: row.authority_id,
    accountId: row.account_id ?? undefined,
    profile: row.profile,
    serialNumber: row.serial_number,
    subject: row.subject,
    commonName: row.common_name,
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    status: 'reserved',
    bytes: row.bytes,
    fingerprint: undefined,
    revocation: undefined,
    crlPartition: row.crl_partition ?? undefined,
    createdAt: new Date(row.created_at),
  }
}

function toRow(certificate: IssuedCertificate): ReservedCertificateRow {
  return {
    id: certificate.id,
    authority_id: certificate.authorityId,
    account_id: certificate.accountId ?? null,
    profile: certificate.profile,
    serial_number: certificate.serialNumber,
    subject: certificate.subject,
    common_name: certificate.commonName,
    not_before: certificate.notBefore.getTime(),
    not_after: certificate.notAfter.getTime(),
    bytes: certificate.bytes,
    crl_partition: certificate.crlPartition ?? null,
    created_at: certificate.createdAt.getTime(),
  }
}

type Signed = { readonly id: string; readonly bytes: Uint8Array; readonly fingerprint: Uint8Array }
type Id = Pick<Signed, 'id'>

/** Columns of `certificates` that a reserved one has, too, but for its bytes. */
const KEPT = Object.keys(RESERVED_TYPES).filter((name) => name !== 'bytes')

/** The certificates of a database, as long as they are reserved. */
export function reservedCertificates(connections: Connections): Pick<
  Certificates,
  'find' | 'reserve' | 'issue' | 'fail' | 'failAll'
> & {
  readonly list: Certificates['listReserved']
} {
  const { read, engine, breath } = connections
  const addAll = preparedRows<ReservedCertificateRow, Id>(
    connections,
    'reserve certificates',
    RESERVED_TYPES,
    // A subquery of its own for each is one by the index, however the table has grown since that was planned.
    (given) => sql`
      insert into reserved_certificates (${columnNames(RESERVED_TYPES)}) select * from ${given}
      where (select count(*) from certificates
        where certificates.authority_id = given.authority_id and certificates.serial_number = given.serial_number) = 0
      on conflict do nothing returning id`,
  )
  const add = gathered(
    breath,
    async (rows: readonly ReservedCertificateRow[]) => among(await addAll(rows), rows),
    TURNS.certificates,
  )

  const types: RowTypes<Signed> = { id: 'text', bytes: 'bytes', fingerprint: 'bytes' }
  const issueTaken = preparedRows<Signed, Id>(
    connections,
    'issue certificates',
    types,
    (given) => sql`
      with signed as materialized (select * from ${given}),
        taken as (delete from reserved_certificates where id = any(array(select id from signed)) returning *)
      ${insertFrom(sql`taken`, 'issued', { bytes: sql`signed.bytes`, fingerprint: sql`signed.fingerprint` })}
      join signed on signed.id = taken.id on conflict do nothing returning id`,
  )
  const issueReserved = preparedRows<Signed, Id>(
    connections,
    'issue certificates',
    types,
    (given) => sql`
      ${insertFrom(sql`${given} join reserved_certificates as taken on taken.id = given.id`, 'issued', {
        bytes: sql`given.bytes`,
        fingerprint: sql`given.fingerprint`,
      })}
      where true on conflict do nothing returning id`,
  )
  const removeReserved = preparedRows<Id, never>(
    connections,
    'remove reserved certificates',
    { id: 'text' },
    (given) => sql`delete from reserved_certificates where id in (select id from ${given})`,
  )
  const issue = gathered(
    breath,
    async (rows: readonly Signed[]) => {
      if (engine === 'postgres') return among(await issueTaken(rows), rows)
      // SQLite changes one table in a statement.
      const issued = issueReserved(rows)
      await allDone([issued, removeReserved(rows.map(({ id }) => ({ id })))])
      return among(await issued, rows)
    },
    TURNS.certificates,
  )

  return {
    async find(id) {
      const row = await read.selectFrom('reserved_certificates').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toReserved(row)
    },
    async reserve(certificate) {
      if (!(await add(toRow(certificate)))) throw conflict('certificate', 'serial number')
    },
    issue: (id, bytes, fingerprint) => issue({ id, bytes, fingerprint }),
    fail: async (id) => (await failReserved(connections, [id])) > 0,
    failAll: (ids) => failReserved(connections, ids),
    async list(before, limit) {
      const query = read.selectFrom('reserved_certificates').selectAll().where('created_at', '<', before.getTime())
      return (await query.orderBy('created_at').orderBy('id').limit(limit).execute()).map(toReserved)
    },
  }
}

/** Of what is still reserved there will be nothing; how many of them that are. In a transaction, until whose end none is issued. */
async function failReserved({ write, engine }: Connections, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0
  const isOne = sql`id in (${sql.join(ids)})`
  // Waits for who is just issuing one.
  const locked = engine === 'postgres' ? sql`for update` : sql``
  await sql`
    ${insertFrom(sql`reserved_certificates as taken`, 'failed', { bytes: sql`taken.bytes`, fingerprint: sql`null` })}
    where ${isOne} ${locked} on conflict do nothing`.execute(write)
  const { numAffectedRows = 0n } = await sql`delete from reserved_certificates where ${isOne}`.execute(write)
  return Number(numAffectedRows)
}

/** Inserts into `certificates` from rows of `reserved_certificates`, which the source has as `taken`. */
function insertFrom(
  source: RawBuilder<unknown>,
  status: IssuedCertificate['status'],
  { bytes, fingerprint }: { readonly bytes: RawBuilder<unknown>; readonly fingerprint: RawBuilder<unknown> },
): RawBuilder<unknown> {
  const kept = sql.raw(KEPT.join(', '))
  const taken = sql.raw(KEPT.map((name) => `taken.${name}`).join(', '))
  return sql`insert into certificates (${kept}, status, bytes, fingerprint)
    select ${taken}, ${sql.lit(status)}, ${bytes}, ${fingerprint} from ${source}`
}
