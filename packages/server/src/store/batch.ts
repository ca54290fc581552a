import { type RawBuilder, sql } from 'kysely'
import type { Batch, Batches, BatchStatus } from '../domain/batch.ts'
import { batchRequests } from './batch-request.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { gathered } from './gathered.ts'
import type { Engine } from './migrate.ts'

/** A row of `batches`. */
export type BatchRow = {
  readonly id: string
  readonly account_id: string
  readonly enrollment_profile_id: string
  readonly user_id: string
  /** JSON: by what who asked was known, and how certificates are made. */
  readonly definition: string
  readonly status: Batch['status']
  readonly reason: string | null
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly held_by: string | null
  readonly held_until: number
  readonly created_at: number
  readonly started_at: number | null
  readonly finished_at: number | null
}

type Definition = {
  readonly asker: Omit<Batch['asker'], 'userId'>
  readonly settings: Omit<Batch['settings'], 'enrollmentProfileId'>
}

const OPEN: readonly BatchStatus[] = ['APPROVED', 'IN_PROGRESS']
const UNSEEN: readonly Batch['status'][] = ['RECEIVING', 'DELETED']

function toBatch(row: BatchRow): Batch {
  const { asker, settings } = JSON.parse(row.definition) as Definition
  return {
    id: row.id,
    accountId: row.account_id,
    // JSON has no undefined.
    asker: {
      userId: row.user_id,
      apiKeyId: asker.apiKeyId,
      clientAuthCertificateId: asker.clientAuthCertificateId,
      address: asker.address,
    },
    settings: {
      enrollmentProfileId: row.enrollment_profile_id,
      name: settings.name,
      certificateFormat: settings.certificateFormat,
      includesChain: settings.includesChain,
      serverKeys: settings.serverKeys && {
        keyType: settings.serverKeys.keyType,
        format: settings.serverKeys.format,
        syntax: settings.serverKeys.syntax,
        encryptionCertificate: settings.serverKeys.encryptionCertificate,
      },
    },
    status: row.status,
    reason: row.reason ?? undefined,
    total: row.total,
    succeeded: row.succeeded,
    failed: row.failed,
    createdAt: new Date(row.created_at),
    startedAt: row.started_at === null ? undefined : new Date(row.started_at),
    finishedAt: row.finished_at === null ? undefined : new Date(row.finished_at),
  }
}

function definitionOf({ userId: _, ...asker }: Batch['asker'], settings: Batch['settings']): string {
  const { enrollmentProfileId: __, ...others } = settings
  return JSON.stringify({ asker, settings: others } satisfies Definition)
}

/** The batches of a database. */
export function batches(connections: Connections, engine: Engine): Batches {
  const { read, write, run, breath } = connections
  const locked = (how: string): RawBuilder<unknown> => (engine === 'postgres' ? sql.raw(how) : sql``)
  const due = (at: Date): RawBuilder<unknown> => sql`status in (${sql.join(OPEN)}) and held_until <= ${at.getTime()}`
  const count = (id: string, status: string): RawBuilder<number> =>
    sql<number>`(select count(*) from batch_requests where batch_id = ${id} and status = ${status})`
  /** What was counted by somebody who did not come to give it back is not lost. */
  const recount = async (id: string): Promise<void> => {
    const counts = { succeeded: count(id, 'SUCCEEDED'), failed: count(id, 'FAILED') }
    await write.updateTable('batches').set(counts).where('id', '=', id).execute()
  }

  /** Asked for each request, and answered once for all that are recorded together. */
  const holdInProgress = gathered(breath, async (ids: readonly string[]) => {
    const held = new Set<string>()
    for (const id of [...new Set(ids)].sort()) {
      const query = sql<Pick<BatchRow, 'status'>>`select status from batches where id = ${id} ${locked('for share')}`
      const { rows } = await run(query.compile(write))
      if (rows[0]?.status === 'IN_PROGRESS') held.add(id)
    }
    return ids.map((id) => held.has(id))
  })

  async function find(id: string): Promise<Batch | undefined> {
    const row = await read.selectFrom('batches').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toBatch(row)
  }

  return {
    ...batchRequests(connections),
    find,
    async list({ accountId, offset, limit }) {
      const query = read.selectFrom('batches').where('account_id', '=', accountId).where('status', 'not in', UNSEEN)
      const { total } = await query.select(({ fn }) => fn.countAll().as('total')).executeTakeFirstOrThrow()
      const page = query.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').offset(offset).limit(limit)
      return { total: Number(total), records: (await page.execute()).map(toBatch) }
    },
    async count(accountId) {
      const query = read.selectFrom('batches').select('status').where('account_id', '=', accountId)
      const rows = await query.where('status', '!=', 'DELETED').execute()
      const open = rows.filter(({ status }) => status === 'RECEIVING' || OPEN.includes(status as BatchStatus))
      return { all: rows.length, open: open.length }
    },
    async add(batch) {
      const query = write.insertInto('batches').values({
        id: batch.id,
        account_id: batch.accountId,
        enrollment_profile_id: batch.settings.enrollmentProfileId,
        user_id: batch.asker.userId,
        definition: definitionOf(batch.asker, batch.settings),
        status: batch.status,
        reason: batch.reason ?? null,
        total: batch.total,
        succeeded: batch.succeeded,
        failed: batch.failed,
        held_by: null,
        held_until: 0,
        created_at: batch.createdAt.getTime(),
        started_at: batch.startedAt?.getTime() ?? null,
        finished_at: batch.finishedAt?.getTime() ?? null,
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'batch', 'id')
    },
    async approve({ id, asker }, settings, total) {
      const query = write.updateTable('batches').set({
        enrollment_profile_id: settings.enrollmentProfileId,
        definition: definitionOf(asker, settings),
        status: 'APPROVED',
        total,
      })
      const { numUpdatedRows } = await query.where('id', '=', id).where('status', '=', 'RECEIVING').executeTakeFirst()
      return numUpdatedRows > 0n
    },
    async hasDue(at) {
      const { rows } = await sql`select 1 from batches where ${due(at)} limit 1`.execute(read)
      return rows.length > 0
    },
    async take({ by, at, until }) {
      const { rows } = await sql<BatchRow>`select * from batches where ${due(at)}
        order by held_until, created_at, id limit 1 ${locked('for update skip locked')}`.execute(write)
      const [row] = rows
      if (!row) return undefined
      if (row.held_by !== null) await recount(row.id)
      const taken = { status: 'IN_PROGRESS', started_at: row.started_at ?? at.getTime() } as const
      await write
        .updateTable('batches')
        .set({ ...taken, held_by: by, held_until: until.getTime() })
        .where('id', '=', row.id)
        .execute()
      return toBatch({ ...row, ...taken })
    },
    async hold(id, by, until) {
      const query = write.updateTable('batches').set({ held_until: until.getTime() })
      await query.where('id', '=', id).where('held_by', '=', by).execute()
    },
    async release(id, by, from, { succeeded, failed }) {
      const query = write.updateTable('batches').set(({ eb }) => ({
        held_by: null,
        held_until: from.getTime(),
        succeeded: eb('succeeded', '+', succeeded),
        failed: eb('failed', '+', failed),
      }))
      await query.where('id', '=', id).where('held_by', '=', by).where('status', '=', 'IN_PROGRESS').execute()
    },
    async finish(id, { status, at, reason }) {
      const end = { status, reason: reason ?? null, finished_at: at.getTime(), held_by: null, held_until: 0 }
      const query = write.updateTable('batches').set(end).where('id', '=', id).where('status', 'in', OPEN)
      if ((await query.executeTakeFirst()).numUpdatedRows === 0n) return false
      // Who holds it in progress has ended by now, and nobody does any more.
      await recount(id)
      return true
    },
    holdInProgress,
    async markDeleted(id) {
      const query = write.updateTable('batches').set({ status: 'DELETED' }).where('id', '=', id)
      return (await query.where('status', 'not in', OPEN).executeTakeFirst()).numUpdatedRows > 0n
    },
    async listFinishedBefore(before) {
      const query = read.selectFrom('batches').selectAll().where('finished_at', '<', before.getTime())
      return (await query.where('status', '!=', 'DELETED').execute()).map(toBatch)
    },
    async listToWipe(receivedBefore) {
      const query = read.selectFrom('batches').select('id')
      const rows = await query
        .where(({ eb, or, and }) =>
          or([
            eb('status', '=', 'DELETED'),
            and([eb('status', '=', 'RECEIVING'), eb('created_at', '<', receivedBefore.getTime())]),
          ]),
        )
        .execute()
      return rows.map(({ id }) => id)
    },
  }
}
