import type { Migration } from '../migrate.ts'

/** Mail that is not delivered yet. */
export const mails: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('mails')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text)
    .addColumn('wrapped', bytes, (column) => column.notNull())
    .addColumn('attempts', integer, (column) => column.notNull())
    .addColumn('next_attempt_at', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute()
  await schema.createIndex('mails_due').on('mails').columns(['next_attempt_at', 'id']).execute()
}
