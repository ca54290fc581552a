import type { Migration } from '../migrate.ts'

/** Webhooks that are disabled, rotated and known to fail, and what answered their deliveries. */
export const webhookRotation: Migration = async ({ schema }, { integer, bytes }) => {
  const webhooks = () => schema.alterTable('webhooks')
  await webhooks()
    .addColumn('enabled', integer, (column) => column.notNull().defaultTo(1))
    .execute()
  await webhooks().addColumn('previous_secret', bytes).execute()
  await webhooks().addColumn('previous_ends_at', integer).execute()
  await webhooks().addColumn('failing_since', integer).execute()
  const deliveries = () => schema.alterTable('webhook_deliveries')
  await deliveries().addColumn('attempted_at', integer).execute()
  await deliveries().addColumn('answer_status', integer).execute()
}
