import type { Migration } from '../migrate.ts'

/** RSA keys for devices that are made ahead. */
export const pooledKeys: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('pooled_keys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('public_key', bytes, (column) => column.notNull())
    .addColumn('wrapped', bytes, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute()
  await schema
    .createIndex('pooled_keys_type')
    .on('pooled_keys')
    .columns(['type', 'created_at', 'id'] as never)
    .execute()
}
