import { sql } from 'kysely'
import type { DeviceCertificate, DeviceCertificates, SearchedCertificate } from '../domain/device-certificate.ts'
import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from './certificate.ts'
import { CERTIFICATE_REQUEST_COLUMNS, type CertificateRequestRow, toCertificateRequest } from './certificate-request.ts'
import { searchCertificates } from './certificate-search.ts'
import type { Connections } from './database.ts'
import { gathered } from './gathered.ts'
import { columnsOf, rowOf } from './joined-row.ts'
import type { Engine } from './migrate.ts'
import { preparedRows } from './prepared.ts'

/** A row of `device_certificates`: what a certificate is looked for by, beside its names. */
export type DeviceCertificateRow = {
  readonly certificate_id: string
  readonly account_id: string
  readonly enrollment_profile_id: string
  readonly certificate_profile_id: string
  readonly division_id: string
  readonly device_id: string | null
  readonly common_name: string
  readonly method: SearchedCertificate['request']['method']
  readonly not_after: number
  readonly revoked: number
}

/** A row of `certificate_names`: one of the alternative names of a device's certificate. */
export type CertificateNameRow = {
  readonly account_id: string
  readonly name: string
  readonly certificate_id: string
}

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

function toRow({ certificate, request, certificateProfileId, divisionId }: SearchedCertificate): DeviceCertificateRow {
  return {
    certificate_id: certificate.id,
    account_id: request.accountId,
    enrollment_profile_id: request.enrollmentProfileId,
    certificate_profile_id: certificateProfileId,
    division_id: divisionId,
    device_id: request.deviceId ?? null,
    common_name: certificate.commonName,
    method: request.method,
    not_after: certificate.notAfter.getTime(),
    revoked: 0,
  }
}

function namesOf({ certificate, request, names }: SearchedCertificate): readonly CertificateNameRow[] {
  return names.map((name) => ({ account_id: request.accountId, name, certificate_id: certificate.id }))
}

/** The certificates of devices of a database. */
export function deviceCertificates(connections: Connections, engine: Engine): DeviceCertificates {
  const { read, write, search = read } = connections
  const addAll = preparedRows(connections, 'add device certificates', (rows: readonly DeviceCertificateRow[]) =>
    write.insertInto('device_certificates').values(rows).compile(),
  )
  const nameAll = preparedRows(connections, 'name certificates', (rows: readonly CertificateNameRow[]) =>
    write.insertInto('certificate_names').values(rows).compile(),
  )
  const add = gathered(async (entries: readonly SearchedCertificate[]) => {
    await addAll(entries.map(toRow))
    const names = entries.flatMap(namesOf)
    if (names.length > 0) await nameAll(names)
    return entries.map(() => undefined)
  })
  return {
    add,
    async find(accountId, id) {
      const { rows } = await sql<Row>`select ${COLUMNS} from ${TABLES}
        where certificate_requests.certificate_id = ${id} and certificate_requests.account_id = ${accountId}`.execute(
        read,
      )
      return rows[0] && toDeviceCertificate(rows[0])
    },
    async list(query) {
      const { ids, ...counted } = await searchCertificates(search, engine, query)
      if (ids.length === 0) return { ...counted, records: [] }
      const { rows } = await sql<Row>`select ${COLUMNS} from ${TABLES}
        where certificate_requests.certificate_id in (${sql.join(ids)})`.execute(search)
      const found = new Map(rows.map((row) => [row.certificates__id, toDeviceCertificate(row)]))
      return { ...counted, records: ids.flatMap((id) => found.get(id) ?? []) }
    },
  }
}
