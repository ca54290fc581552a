import type { Migration } from '../migrate.ts'

/** What remote signing was authorised for: which hashes, by which credential, for whom, until when. */
export const signatureActivations: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('signature_activations')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('secret_hash', bytes, (column) => column.notNull().unique())
    .addColumn('user_id', text, (column) => column.notNull())
    .addColumn('credential_id', text, (column) => column.notNull())
    .addColumn('wrapping_hash', bytes, (column) => column.notNull())
    .addColumn('hash_algorithm', text)
    .addColumn('hashes', text, (column) => column.notNull())
    .addColumn('remaining', integer, (column) => column.notNull())
    .addColumn('sealed_key', bytes)
    .addColumn('authorized_at', integer, (column) => column.notNull())
    .addColumn('ends_at', integer, (column) => column.notNull())
    .addColumn('signed_at', integer)
    .addColumn('extended_at', integer)
    .execute()
  await schema.createIndex('signature_activations_ended').on('signature_activations').column('ends_at').execute()
}
