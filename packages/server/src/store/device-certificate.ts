import { type RawBuilder, sql } from 'kysely'
import type { DeviceCertificate, DeviceCertificateQuery, DeviceCertificates } from '../domain/device-certificate.ts'
import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from './certificate.ts'
import { CERTIFICATE_REQUEST_COLUMNS, type CertificateRequestRow, toCertificateRequest } from './certificate-request.ts'
import type { Connections } from './database.ts'
import { columnsOf, rowOf } from './joined-row.ts'

type Row = Record<string, unknown> & { readonly profile_name: string; readonly device_identifier: string | null }

function toDeviceCertificate(row: Row): DeviceCertificate {
  return {
    certificate: toCertificate(rowOf<CertificateRow>('certificates', CERTIFICATE_COLUMNS, row)),
    request: toCertificateRequest(
      rowOf<CertificateRequestRow>('certificate_requests', CERTIFICATE_REQUEST_COLUMNS, row),
    ),
    enrollmentProfileName: row.profile_name,
    deviceIdentifier: row.device_identifier ?? undefined,
  }
}

const COLUMNS = sql`${columnsOf('certificates', CERTIFICATE_COLUMNS)},
  ${columnsOf('certificate_requests', CERTIFICATE_REQUEST_COLUMNS)},
  enrollment_profiles.name as profile_name, devices.identifier as device_identifier`
const TABLES = sql`certificate_requests
  join certificates on certificates.id = certificate_requests.certificate_id
  join enrollment_profiles on enrollment_profiles.id = certificate_requests.enrollment_profile_id
  left join devices on devices.id = certificate_requests.device_id`

function conditionsOf(query: DeviceCertificateQuery): RawBuilder<unknown> {
  const at = query.at.getTime()
  const { accountId, enrollmentProfileId, deviceIdentifier, commonName, serialNumber, endsFrom, endsUntil } = query
  const conditions = [
    sql`certificate_requests.account_id = ${accountId}`,
    // As literals, so that SQLite sees that partial indexes have the rows.
    sql`certificates.profile = 'device'`,
    ...(query.status === 'REVOKED' ? [sql`certificates.status = 'revoked'`] : []),
    ...(query.status === 'ISSUED' ? [sql`certificates.status = 'issued' and certificates.not_after >= ${at}`] : []),
    ...(query.status === 'EXPIRED' ? [sql`certificates.status = 'issued' and certificates.not_after < ${at}`] : []),
    ...(enrollmentProfileId === undefined
      ? []
      : [sql`certificate_requests.enrollment_profile_id = ${enrollmentProfileId}`]),
    ...(deviceIdentifier === undefined
      ? []
      : [
          sql`certificate_requests.device_id =
            (select id from devices as named where named.account_id = ${accountId} and named.identifier = ${deviceIdentifier})`,
        ]),
    ...(commonName === undefined
      ? []
      : [sql`certificates.account_id = ${accountId} and certificates.common_name = ${commonName}`]),
    ...(serialNumber === undefined ? [] : [sql`certificates.serial_number = ${serialNumber}`]),
    ...(endsFrom || endsUntil ? [sql`certificates.account_id = ${accountId}`] : []),
    ...(endsFrom ? [sql`certificates.not_after >= ${endsFrom.getTime()}`] : []),
    ...(endsUntil ? [sql`certificates.not_after < ${endsUntil.getTime()}`] : []),
  ]
  return sql.join(conditions, sql` and `)
}

/** The certificates of devices of a database. */
export function deviceCertificates({ read }: Connections): DeviceCertificates {
  return {
    async find(accountId, id) {
      const { rows } = await sql<Row>`select ${COLUMNS} from ${TABLES}
        where certificate_requests.certificate_id = ${id} and certificate_requests.account_id = ${accountId}`.execute(
        read,
      )
      return rows[0] && toDeviceCertificate(rows[0])
    },
    async list(query) {
      const conditions = conditionsOf(query)
      const counted = await sql<{ readonly total: number | bigint | string }>`
        select count(*) as total from certificate_requests
        join certificates on certificates.id = certificate_requests.certificate_id
        where ${conditions}`.execute(read)
      const { rows } = await sql<Row>`select ${COLUMNS} from ${TABLES} where ${conditions}
        order by certificate_requests.created_at desc, certificate_requests.id desc
        limit ${query.limit} offset ${query.offset}`.execute(read)
      return { total: Number(counted.rows[0]?.total ?? 0), records: rows.map(toDeviceCertificate) }
    },
  }
}
