import type { Division, Divisions } from '../domain/division.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `divisions`. */
export type DivisionRow = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly created_at: number
}

function toDivision(row: DivisionRow): Division {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    description: row.description,
    createdAt: new Date(row.created_at),
  }
}

/** The divisions of a database. */
export function divisions({ read, write }: Connections): Divisions {
  return {
    async find(id) {
      const row = await read.selectFrom('divisions').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toDivision(row)
    },
    async add({ id, accountId, name, description, createdAt }) {
      const row = { id, account_id: accountId, name, description, created_at: createdAt.getTime() }
      const query = write.insertInto('divisions').values(row)
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'division', 'name')
    },
  }
}
