import { sql } from 'kysely'
import type { CertificateRequest, CertificateRequests } from '../domain/certificate-request.ts'
import { conflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { among, gathered, TURNS } from './gathered.ts'
import { preparedRows } from './prepared.ts'
import { columnNames, columnsOfTypes, type RowTypes } from './row-values.ts'

/** A row of `certificate_requests`. */
export type CertificateRequestRow = {
  readonly id: string
  readonly account_id: string
  readonly enrollment_profile_id: string
  readonly device_id: string | null
  readonly certificate_id: string
  readonly renewed_certificate_id: string | null
  readonly actor_kind: CertificateRequest['actor']['kind']
  readonly actor_id: string
  readonly method: CertificateRequest['method']
  readonly status: CertificateRequest['status']
  readonly key_generation: CertificateRequest['keyGeneration']
  readonly key_type: CertificateRequest['keyType']
  readonly created_at: number
}

const TYPES: RowTypes<CertificateRequestRow> = {
  id: 'text',
  account_id: 'text',
  enrollment_profile_id: 'text',
  device_id: 'text',
  certificate_id: 'text',
  renewed_certificate_id: 'text',
  actor_kind: 'text',
  actor_id: 'text',
  method: 'text',
  status: 'text',
  key_generation: 'text',
  key_type: 'text',
  created_at: 'integer',
}

/** The columns of `certificate_requests`. */
export const CERTIFICATE_REQUEST_COLUMNS = columnsOfTypes(TYPES)

/** The noun of a row. */
export function toCertificateRequest(row: CertificateRequestRow): CertificateRequest {
  return {
    id: row.id,
    accountId: row.account_id,
    enrollmentProfileId: row.enrollment_profile_id,
    deviceId: row.device_id ?? undefined,
    certificateId: row.certificate_id,
    renewedCertificateId: row.renewed_certificate_id ?? undefined,
    actor: { kind: row.actor_kind, id: row.actor_id },
    method: row.method,
    status: row.status,
    keyGeneration: row.key_generation,
    keyType: row.key_type,
    createdAt: new Date(row.created_at),
  }
}

function toRow(request: CertificateRequest): CertificateRequestRow {
  return {
    id: request.id,
    account_id: request.accountId,
    enrollment_profile_id: request.enrollmentProfileId,
    device_id: request.deviceId ?? null,
    certificate_id: request.certificateId,
    renewed_certificate_id: request.renewedCertificateId ?? null,
    actor_kind: request.actor.kind,
    actor_id: request.actor.id,
    method: request.method,
    status: request.status,
    key_generation: request.keyGeneration,
    key_type: request.keyType,
    created_at: request.createdAt.getTime(),
  }
}

/** The certificate requests of a database. */
export function certificateRequests(connections: Connections): CertificateRequests {
  const { read, breath } = connections
  const addAll = preparedRows<CertificateRequestRow, { readonly id: string }>(
    connections,
    'add certificate requests',
    TYPES,
    (given) => sql`
      insert into certificate_requests (${columnNames(TYPES)}) select * from ${given} where true
      on conflict do nothing returning id`,
  )
  const add = gathered(
    breath,
    async (rows: readonly CertificateRequestRow[]) => among(await addAll(rows), rows),
    TURNS.ofCertificates,
  )
  return {
    async find(id) {
      const row = await read.selectFrom('certificate_requests').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toCertificateRequest(row)
    },
    async findByCertificate(certificateId) {
      const query = read.selectFrom('certificate_requests').selectAll().where('certificate_id', '=', certificateId)
      const row = await query.executeTakeFirst()
      return row && toCertificateRequest(row)
    },
    async add(request) {
      if (!(await add(toRow(request)))) throw conflict('certificate request', 'id')
    },
  }
}
