import type { Migration } from '../migrate.ts'

/** Jobs of many requests for certificates, and what has become of each request. */
export const batches: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('batches')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    // Without a reference: what has become of a batch stays to be seen, whatever becomes of its profile.
    .addColumn('enrollment_profile_id', text, (column) => column.notNull())
    .addColumn('user_id', text, (column) => column.notNull())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('reason', text)
    .addColumn('total', integer, (column) => column.notNull())
    .addColumn('succeeded', integer, (column) => column.notNull())
    .addColumn('failed', integer, (column) => column.notNull())
    .addColumn('held_by', text)
    .addColumn('held_until', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('started_at', integer)
    .addColumn('finished_at', integer)
    .execute()
  await schema
    .createIndex('batches_account')
    .on('batches')
    .columns(['account_id', 'created_at', 'id'] as never)
    .execute()

  await table('batch_requests')
    .addColumn('batch_id', text, (column) => column.notNull().references('batches.id'))
    .addColumn('line', integer, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('request', text)
    .addColumn('certificate_id', text, (column) => column.references('certificates.id'))
    .addColumn('error', text)
    .addColumn('private_key', bytes)
    .addPrimaryKeyConstraint('batch_requests_line', ['batch_id', 'line'] as never)
    .execute()
  await schema
    .createIndex('batch_requests_status')
    .on('batch_requests')
    .columns(['batch_id', 'status', 'line'] as never)
    .execute()
}
