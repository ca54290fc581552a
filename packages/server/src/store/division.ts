import type { Division, DivisionQuery, Divisions } from '../domain/division.ts'
import { refuseConflict, refuseMissing, refusingUse } from './conflict.ts'
import type { Connections } from './database.ts'
import { prepared } from './prepared.ts'

/** A row of `divisions`. */
export type DivisionRow = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly status: Division['status']
  readonly created_at: number
  readonly updated_at: number
}

/** The columns of `divisions`. */
export const DIVISION_COLUMNS = [
  'id',
  'account_id',
  'name',
  'description',
  'status',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DivisionRow)[]

/** The noun of a row. */
export function toDivision(row: DivisionRow): Division {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    status: row.status,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(division: Division): DivisionRow {
  return {
    id: division.id,
    account_id: division.accountId,
    name: division.name,
    description: division.description,
    status: division.status,
    created_at: division.createdAt.getTime(),
    updated_at: division.updatedAt.getTime(),
  }
}

function conditionsOf({ accountId, name, status }: DivisionQuery) {
  return { account_id: accountId, ...(name !== undefined && { name }), ...(status && { status }) }
}

/** The divisions of a database. */
export function divisions(connections: Connections): Divisions {
  const { read, write } = connections
  const find = prepared(
    connections,
    'find division',
    (id: string) => read.selectFrom('divisions').selectAll().where('id', '=', id).compile(),
    ([row]) => row && toDivision(row),
  )
  return {
    find,
    async list(query) {
      const wanted = read.selectFrom('divisions').where((row) => row.and(conditionsOf(query)))
      const counted = await wanted.select((row) => row.fn.countAll<number>().as('total')).executeTakeFirst()
      const page = wanted.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc')
      const rows = await page.limit(query.limit).offset(query.offset).execute()
      return { total: Number(counted?.total ?? 0), records: rows.map(toDivision) }
    },
    async add(division) {
      const query = write.insertInto('divisions').values(toRow(division))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'division', 'name')
    },
    async update(division) {
      const { id, ...row } = toRow(division)
      const query = write.updateTable('divisions').set(row).where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'division')
    },
    async remove(id) {
      await refusingUse('division', () => write.deleteFrom('divisions').where('id', '=', id).execute())
    },
  }
}
