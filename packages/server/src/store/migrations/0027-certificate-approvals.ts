import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Requests for certificates that somebody has to approve, and which request was sent under which Idempotency-Key. */
export const certificateApprovals: Migration = async (database, { text, integer, bytes, table }) => {
  const { schema } = database
  await table('certificate_approvals')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('enrollment_profile_id', text, (column) => column.notNull().references('enrollment_profiles.id'))
    .addColumn('device_identifier', text)
    .addColumn('certificate_id', text, (column) => column.references('certificates.id'))
    .addColumn('actor_kind', text, (column) => column.notNull())
    .addColumn('actor_id', text, (column) => column.notNull())
    .addColumn('method', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('key_generation', text, (column) => column.notNull())
    .addColumn('key_type', text, (column) => column.notNull())
    .addColumn('wish', text, (column) => column.notNull())
    .addColumn('decided_by', text)
    .addColumn('decided_at', integer)
    .addColumn('reason', text)
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('ends_at', integer, (column) => column.notNull())
    .execute()
  for (const [name, columns] of Object.entries({
    certificate_approvals_account: ['account_id', 'created_at', 'id'],
    certificate_approvals_status: ['account_id', 'status', 'created_at', 'id'],
    certificate_approvals_device: ['account_id', 'device_identifier', 'created_at', 'id'],
  }))
    await schema
      .createIndex(name)
      .on('certificate_approvals')
      .columns(columns as never)
      .execute()
  await sql`create index certificate_approvals_open on certificate_approvals (ends_at)
    where certificate_id is null and status in ('PENDING_APPROVAL', 'APPROVED')`.execute(database)
  await schema
    .createIndex('certificate_requests_actor')
    .on('certificate_requests')
    .columns(['actor_id', 'created_at', 'id'])
    .execute()

  await table('idempotency_keys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('fingerprint', bytes, (column) => column.notNull())
    .addColumn('resource_id', text, (column) => column.notNull())
    .addColumn('is_settled', integer, (column) => column.notNull())
    .addColumn('held_until', integer, (column) => column.notNull())
    .addColumn('ends_at', integer, (column) => column.notNull())
    .execute()
  await schema.createIndex('idempotency_keys_end').on('idempotency_keys').column('ends_at').execute()
}
