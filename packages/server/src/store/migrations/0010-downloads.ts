import type { Migration } from '../migrate.ts'

/** What is handed out once and was not fetched yet. */
export const downloads: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('downloads')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('wrapped', bytes, (column) => column.notNull())
    .addColumn('ends_at', integer, (column) => column.notNull())
    .execute()
  await schema.createIndex('downloads_ended').on('downloads').column('ends_at').execute()
}
