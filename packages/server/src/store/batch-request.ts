import { sql } from 'kysely'
import type { Batches, BatchRequest, BatchResult } from '../domain/batch.ts'
import type { Connections } from './database.ts'
import { gathered, TURNS } from './gathered.ts'
import { preparedRows } from './prepared.ts'

/** A row of `batch_requests`. */
export type BatchRequestRow = {
  readonly batch_id: string
  readonly line: number
  readonly status: BatchResult['status']
  /** JSON; of one that waits. */
  readonly request: string | null
  readonly certificate_id: string | null
  readonly error: string | null
  readonly private_key: Uint8Array | null
}

type Stored = Omit<BatchRequest, 'line'>

function toBatchRequest(line: number, request: string | null): BatchRequest {
  if (request === null) throw new Error('a request that waits says what is asked for')
  const { csr, keyType, encryptionCertificate, attributes, deviceAttributes } = JSON.parse(request) as Stored
  return { line, csr, keyType, encryptionCertificate, attributes, deviceAttributes }
}

type Made = Pick<BatchRequestRow, 'batch_id' | 'line'> & {
  readonly certificate_id: string
  readonly private_key: Uint8Array | null
}

const nameOf = ({ batch_id, line }: Pick<BatchRequestRow, 'batch_id' | 'line'>): string => `${batch_id} ${line}`

/** The requests of the batches of a database. */
export function batchRequests(
  connections: Connections,
): Pick<Batches, 'addRequests' | 'listWaiting' | 'succeed' | 'fail' | 'listResults' | 'wipe'> {
  const { read, write, breath } = connections

  const addAll = preparedRows<Pick<BatchRequestRow, 'batch_id' | 'line' | 'status' | 'request'>, never>(
    connections,
    'add batch requests',
    { batch_id: 'text', line: 'integer', status: 'text', request: 'text' },
    (given) => sql`insert into batch_requests (batch_id, line, status, request) select * from ${given}`,
  )

  const succeedAll = preparedRows<Made, Pick<BatchRequestRow, 'batch_id' | 'line'>>(
    connections,
    'succeed batch requests',
    { batch_id: 'text', line: 'integer', certificate_id: 'text', private_key: 'bytes' },
    (given) => sql`
      update batch_requests
      set status = 'SUCCEEDED', request = null, certificate_id = given.certificate_id, private_key = given.private_key
      from ${given} where batch_requests.batch_id = given.batch_id and batch_requests.line = given.line
        and batch_requests.status = 'WAITING' returning batch_requests.batch_id, batch_requests.line`,
  )
  const succeed = gathered(
    breath,
    async (rows: readonly Made[]) => {
      const done = new Set((await succeedAll(rows)).rows.map(nameOf))
      return rows.map((row) => done.has(nameOf(row)))
    },
    TURNS.ofCertificates,
  )

  return {
    async addRequests(id, requests) {
      await addAll(
        requests.map(({ line, ...request }) => ({
          batch_id: id,
          line,
          status: 'WAITING',
          request: JSON.stringify(request satisfies Stored),
        })),
      )
    },
    async listWaiting(id, limit) {
      const query = read.selectFrom('batch_requests').select(['line', 'request'])
      const rows = await query
        .where('batch_id', '=', id)
        .where('status', '=', 'WAITING')
        .orderBy('line')
        .limit(limit)
        .execute()
      return rows.map(({ line, request }) => toBatchRequest(line, request))
    },
    succeed: (id, line, { certificateId, privateKey }) =>
      succeed({ batch_id: id, line, certificate_id: certificateId, private_key: privateKey ?? null }),
    async fail(id, line, error) {
      const query = write.updateTable('batch_requests').set({ status: 'FAILED', request: null, error })
      const { numUpdatedRows } = await query
        .where('batch_id', '=', id)
        .where('line', '=', line)
        .where('status', '=', 'WAITING')
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async listResults(id, after, limit) {
      const query = read
        .selectFrom('batch_requests')
        .leftJoin('certificates', 'certificates.id', 'batch_requests.certificate_id')
        .select([
          'batch_requests.line',
          'batch_requests.status',
          'batch_requests.error',
          'batch_requests.private_key',
          'certificates.id',
          'certificates.authority_id',
          'certificates.serial_number',
          'certificates.common_name',
          'certificates.bytes',
        ])
        .where('batch_requests.batch_id', '=', id)
        .where('batch_requests.line', '>', after)
      const rows = await query.orderBy('batch_requests.line').limit(limit).execute()
      return rows.map((row) => ({
        line: row.line,
        status: row.status,
        error: row.error ?? undefined,
        certificate:
          row.id === null || row.authority_id === null || row.bytes === null
            ? undefined
            : {
                id: row.id,
                authorityId: row.authority_id,
                serialNumber: row.serial_number ?? '',
                commonName: row.common_name ?? '',
                bytes: row.bytes,
              },
        privateKey: row.private_key ?? undefined,
      }))
    },
    async wipe(id, requests) {
      const first = write
        .selectFrom('batch_requests')
        .select('line')
        .where('batch_id', '=', id)
        .orderBy('line')
        .limit(requests)
      const query = write.deleteFrom('batch_requests').where('batch_id', '=', id).where('line', 'in', first)
      if (Number((await query.executeTakeFirst()).numDeletedRows) === requests) return false
      await write.deleteFrom('batches').where('id', '=', id).execute()
      return true
    },
  }
}
