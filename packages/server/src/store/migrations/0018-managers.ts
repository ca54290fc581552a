import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Who manages a service user. */
export const managers: Migration = async ({ schema }, { text }) => {
  await schema
    .alterTable('users')
    .addColumn('managers', text, (column) => column.notNull().defaultTo(sql.lit('[]')))
    .execute()
}
