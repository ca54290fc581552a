import { sql } from 'kysely'
import type { Certificates, IssuedCertificate, RevocationReason } from '../domain/certificate.ts'
import { conflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { among, gathered } from './gathered.ts'
import type { Engine } from './migrate.ts'
import { prepared, preparedRows } from './prepared.ts'
import { revocations } from './revocation.ts'

/** A row of `certificates`. */
export type CertificateRow = {
  readonly id: string
  readonly authority_id: string
  readonly account_id: string | null
  readonly profile: IssuedCertificate['profile']
  readonly serial_number: string
  readonly subject: string
  readonly common_name: string
  readonly not_before: number
  readonly not_after: number
  readonly status: IssuedCertificate['status']
  readonly bytes: Uint8Array
  readonly fingerprint: Uint8Array | null
  readonly revoked_at: number | null
  readonly revocation_reason: RevocationReason | null
  readonly invalid_since: number | null
  readonly crl_partition: number | null
  readonly created_at: number
}

/** The columns of `certificates`. */
export const CERTIFICATE_COLUMNS = [
  'id',
  'authority_id',
  'account_id',
  'profile',
  'serial_number',
  'subject',
  'common_name',
  'not_before',
  'not_after',
  'status',
  'bytes',
  'fingerprint',
  'revoked_at',
  'revocation_reason',
  'invalid_since',
  'crl_partition',
  'created_at',
] as const satisfies readonly (keyof CertificateRow)[]

/** The noun of a row. */
export function toCertificate(row: CertificateRow): IssuedCertificate {
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
    status: row.status,
    bytes: row.bytes,
    fingerprint: row.fingerprint ?? undefined,
    revocation:
      row.revoked_at === null || row.revocation_reason === null
        ? undefined
        : {
            at: new Date(row.revoked_at),
            reason: row.revocation_reason,
            ...(row.invalid_since !== null && { invalidSince: new Date(row.invalid_since) }),
          },
    crlPartition: row.crl_partition ?? undefined,
    createdAt: new Date(row.created_at),
  }
}

function toRow(certificate: IssuedCertificate): CertificateRow {
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
    status: certificate.status,
    bytes: certificate.bytes,
    fingerprint: certificate.fingerprint ?? null,
    revoked_at: certificate.revocation?.at.getTime() ?? null,
    revocation_reason: certificate.revocation?.reason ?? null,
    invalid_since: certificate.revocation?.invalidSince?.getTime() ?? null,
    crl_partition: certificate.crlPartition ?? null,
    created_at: certificate.createdAt.getTime(),
  }
}

// Literals, so that SQLite sees that a partial index has the rows.
const ISSUED = sql.lit('issued' as const)
const CONTENT_SIGNING = sql.lit('content-signing' as const)
const RESERVED = sql.lit('reserved' as const)

type Signed = { readonly id: string; readonly bytes: Uint8Array; readonly fingerprint: Uint8Array }

/** The certificates of a database. */
export function certificates(connections: Connections, engine: Engine): Certificates {
  const { read, write } = connections
  const rowsById = prepared(read, (id: string) =>
    read.selectFrom('certificates').selectAll().where('id', '=', id).compile(),
  )
  const addAll = preparedRows(connections, 'reserve certificates', (rows: readonly CertificateRow[]) =>
    write
      .insertInto('certificates')
      .values(rows)
      .onConflict((on) => on.doNothing())
      .returning('id')
      .compile(),
  )
  const add = gathered(async (rows: readonly CertificateRow[]) => among(await addAll(rows), rows))
  const bytesType = sql.raw(engine === 'sqlite' ? 'blob' : 'bytea')
  const signAll = preparedRows(connections, 'issue certificates', (rows: readonly Signed[]) => {
    const values = rows.map(
      ({ id, bytes, fingerprint }) =>
        sql`(${id}, cast(${bytes} as ${bytesType}), cast(${fingerprint} as ${bytesType}))`,
    )
    return sql<{ readonly id: string }>`
      with signed (id, bytes, fingerprint) as (values ${sql.join(values)})
      update certificates set status = 'issued', bytes = signed.bytes, fingerprint = signed.fingerprint
      from signed where certificates.id = signed.id and certificates.status = 'reserved' returning certificates.id`.compile(
      write,
    )
  })
  const sign = gathered(async (rows: readonly Signed[]) => among(await signAll(rows), rows))
  return {
    async find(id) {
      const [row] = await rowsById(id)
      return row && toCertificate(row)
    },
    async hold(id) {
      // On SQLite a transaction that may write is alone on the file.
      const lock = engine === 'postgres' ? sql`for share` : sql``
      const { rows } = await sql<CertificateRow>`select * from certificates where id = ${id} ${lock}`.execute(write)
      return rows[0] && toCertificate(rows[0])
    },
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
    async reserve(certificate) {
      if (!(await add(toRow(certificate)))) throw conflict('certificate', 'serial number')
    },
    issue: (id, bytes, fingerprint) => sign({ id, bytes, fingerprint }),
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
    async fail(id) {
      const query = write.updateTable('certificates').set({ status: 'failed' }).where('id', '=', id)
      return (await query.where('status', '=', RESERVED).executeTakeFirst()).numUpdatedRows > 0n
    },
    async listReserved(before, limit) {
      const query = read.selectFrom('certificates').selectAll().where('status', '=', RESERVED)
      const rows = query.where('created_at', '<', before.getTime()).orderBy('created_at').orderBy('id').limit(limit)
      return (await rows.execute()).map(toCertificate)
    },
  }
}
