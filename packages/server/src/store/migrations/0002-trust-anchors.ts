import type { Migration } from '../migrate.ts'

/** The authorities outside of the platform that its verifier believes. */
export const trustAnchors: Migration = async (_database, { text, integer, bytes, table }) => {
  await table('trust_anchors')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('purpose', text, (column) => column.notNull())
    .addColumn('sha256', bytes, (column) => column.notNull())
    .addColumn('certificate', bytes, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('not_before', integer, (column) => column.notNull())
    .addColumn('not_after', integer, (column) => column.notNull())
    .addColumn('source', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('trust_anchors_certificate', ['purpose', 'sha256'])
    .execute()
}
