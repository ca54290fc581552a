import type { Migration } from '../migrate.ts'

/** Who was warned of what end. Without references: a warning outlives what it was of. */
export const endingWarnings: Migration = async (_database, { text, integer, table }) => {
  await table('ending_warnings')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('object_id', text, (column) => column.notNull())
    .addColumn('ends_at', integer, (column) => column.notNull())
    .addColumn('days', integer, (column) => column.notNull())
    .addColumn('warned_at', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('ending_warnings_key', ['object_id', 'kind', 'ends_at', 'days'])
    .execute()
}
