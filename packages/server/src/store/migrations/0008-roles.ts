import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/**
 * Roles of users. Who administered an account so far has the roles of one who does now, and by them what is added to
 * those roles; whatever else users may do stays with them.
 */
export const roles: Migration = async (database, { text }) => {
  await database.schema
    .alterTable('users')
    .addColumn('roles', text, (column) => column.notNull().defaultTo(sql.lit('[]')))
    .execute()
  await sql`
    update users set roles = '["AM_ACCOUNT_ADMIN","CTM_ADMIN","IOT_ADMIN"]', permissions = '[]'
    where kind = 'standard' and permissions like '%"MANAGE_AM_ACCOUNT"%'`.execute(database)
}
