import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** What an API key may and from where, how it is recognised, and what it was before it was rotated. */
export const apiKeyLimits: Migration = async ({ schema }, { text, integer, bytes }) => {
  const apiKeys = () => schema.alterTable('api_keys')
  await apiKeys()
    .addColumn('prefix', text, (column) => column.notNull().defaultTo(sql.lit('')))
    .execute()
  await apiKeys().addColumn('previous_hash', bytes).execute()
  await apiKeys().addColumn('previous_ends_at', integer).execute()
  await apiKeys().addColumn('scopes', text).execute()
  await apiKeys()
    .addColumn('allowed_networks', text, (column) => column.notNull().defaultTo(sql.lit('[]')))
    .execute()
  await schema.createIndex('api_keys_previous_hash').on('api_keys').column('previous_hash').unique().execute()
}
