import type { Migration } from '../migrate.ts'

/** Webhooks, and what they were told or are to be told. */
export const webhooks: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('webhooks')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('url', text, (column) => column.notNull())
    .addColumn('events', text, (column) => column.notNull())
    .addColumn('wrapped_secret', bytes, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('created_by', text, (column) => column.notNull())
    .execute()
  await schema.createIndex('webhooks_account').on('webhooks').columns(['account_id', 'created_at', 'id']).execute()

  // Without a reference: an event may be queued while its webhook is being removed.
  await table('webhook_deliveries')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('webhook_id', text, (column) => column.notNull())
    .addColumn('event', text, (column) => column.notNull())
    .addColumn('body', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('attempts', integer, (column) => column.notNull())
    .addColumn('next_attempt_at', integer)
    .addColumn('fault', text)
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('settled_at', integer)
    .execute()
  const index = (name: string) => schema.createIndex(name).on('webhook_deliveries')
  await index('webhook_deliveries_webhook').columns(['webhook_id', 'created_at', 'id']).execute()
  await index('webhook_deliveries_due').columns(['next_attempt_at', 'id']).execute()
  await index('webhook_deliveries_settled').column('settled_at').execute()
}
