import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** When accounts are served, when users end, and their languages. */
export const accountDetails: Migration = async (database, { text, integer }) => {
  const { schema } = database
  const add = (table: 'accounts' | 'users') => schema.alterTable(table)
  await add('accounts')
    .addColumn('service_from', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await add('accounts').addColumn('service_to', integer).execute()
  await add('accounts')
    .addColumn('locale', text, (column) => column.notNull().defaultTo('en_US'))
    .execute()
  await sql`update accounts set service_from = created_at`.execute(database)
  await add('users').addColumn('ends_at', integer).execute()
  await add('users')
    .addColumn('locale', text, (column) => column.notNull().defaultTo('en_US'))
    .execute()
}
