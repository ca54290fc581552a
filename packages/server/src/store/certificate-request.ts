import type { CertificateRequest, CertificateRequests } from '../domain/certificate-request.ts'
import { conflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { among, gathered } from './gathered.ts'
import { preparedRows } from './prepared.ts'

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

/** The columns of `certificate_requests`. */
export const CERTIFICATE_REQUEST_COLUMNS = [
  'id',
  'account_id',
  'enrollment_profile_id',
  'device_id',
  'certificate_id',
  'renewed_certificate_id',
  'actor_kind',
  'actor_id',
  'method',
  'status',
  'key_generation',
  'key_type',
  'created_at',
] as const satisfies readonly (keyof CertificateRequestRow)[]

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
  const { read, write } = connections
  const addAll = preparedRows(connections, 'add certificate requests', (rows: readonly CertificateRequestRow[]) =>
    write
      .insertInto('certificate_requests')
      .values(rows)
      .onConflict((on) => on.doNothing())
      .returning('id')
      .compile(),
  )
  const add = gathered(async (rows: readonly CertificateRequestRow[]) => among(await addAll(rows), rows))
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
