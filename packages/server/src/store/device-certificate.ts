import { sql } from 'kysely'
import { allDone } from '../domain/all-done.ts'
import type { DeviceCertificate, DeviceCertificates, SearchedCertificate } from '../domain/device-certificate.ts'
import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from './certificate.ts'
import { CERTIFICATE_REQUEST_COLUMNS, type CertificateRequestRow, toCertificateRequest } from './certificate-request.ts'
import { searchCertificates } from './certificate-search.ts'
import type { Connections } from './database.ts'
import { gathered, TURNS } from './gathered.ts'
import { columnsOf, rowOf } from './joined-row.ts'
import type { Engine } from './migrate.ts'
import { preparedRows } from './prepared.ts'
import { columnNames, type RowTypes } from './row-values.ts'

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

const TYPES: RowTypes<DeviceCertificateRow> = {
  certificate_id: 'text',
  account_id: 'text',
  enrollment_profile_id: 'text',
  certificate_profile_id: 'text',
  division_id: 'text',
  device_id: 'text',
  common_name: 'text',
  method: 'text',
  not_after: 'integer',
  revoked: 'integer',
}

/** A row of `certificate_names`: one of the alternative names of a device's certificate. */
export type CertificateNameRow = {
  readonly account_id: string
  readonly name: string
  readonly certificate_id: string
}

const NAME_TYPES: RowTypes<CertificateNameRow> = { account_id: 'text', name: 'text', certificate_id: 'text' }

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

/** Names in a statement: SQLite takes no more than some ten thousand, and a text is kept for each number of them. */
const PIECE = 128

/** The certificates of devices of a database. */
export function deviceCertificates(connections: Connections, engine: Engine): DeviceCertificates {
  const { read, search = read, breath } = connections
  const addAll = preparedRows<DeviceCertificateRow, never>(
    connections,
    'add device certificates',
    TYPES,
    (given) => sql`insert into device_certificates (${columnNames(TYPES)}) select * from ${given}`,
  )
  const nameAll = preparedRows<CertificateNameRow, never>(
    connections,
    'name certificates',
    NAME_TYPES,
    (given) => sql`insert into certificate_names (${columnNames(NAME_TYPES)}) select * from ${given}`,
  )
  const add = gathered(
    breath,
    async (entries: readonly SearchedCertificate[]) => {
      const names = entries.flatMap(namesOf)
      const pieces = Array.from({ length: Math.ceil(names.length / PIECE) }, (_, index) =>
        nameAll(names.slice(index * PIECE, (index + 1) * PIECE)),
      )
      await allDone([addAll(entries.map(toRow)), ...pieces])
      return []
    },
    TURNS.ofCertificates,
  )
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
