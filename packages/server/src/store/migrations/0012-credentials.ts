import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/**
 * Credentials of users, whose keys a PIN opens; credentials whose certificates authorities elsewhere issue; and
 * signatures over what never came here, of which only the hash is known.
 */
export const credentials: Migration = async (database, { text, integer, bytes, table }) => {
  const { schema } = database

  await schema.alterTable('private_keys').addColumn('bound_to', text).execute()

  const credential = () => schema.alterTable('credentials')
  await credential()
    .addColumn('pin_attempts', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await credential()
    .addColumn('pin_failures', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await credential().addColumn('request', bytes).execute()
  await sql`update credentials set status = 'suspended' where status = 'disabled'`.execute(database)
  await schema
    .createIndex('credentials_account')
    .on('credentials')
    .columns(['account_id', 'user_id', 'created_at', 'id'])
    .execute()

  await table('outside_certificates')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('chain', text, (column) => column.notNull())
    .addColumn('not_before', integer, (column) => column.notNull())
    .addColumn('not_after', integer, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute()

  // A certificate may be of either table from now on, and a credential that waits for one has none. A new column in the
  // place of the old one, since SQLite lets go of a reference in no other way.
  for (const name of ['credentials', 'signatures']) {
    await schema.alterTable(name).addColumn('certificate', text).execute()
    await sql`update ${sql.table(name)} set certificate = certificate_id`.execute(database)
    await schema.alterTable(name).dropColumn('certificate_id').execute()
    await schema.alterTable(name).renameColumn('certificate', 'certificate_id').execute()
  }
  await schema.createIndex('credentials_certificate').on('credentials').column('certificate_id').execute()

  await schema.alterTable('signatures').addColumn('address', text).execute()
  await schema.alterTable('signatures').addColumn('signed_hash', bytes).execute()
  for (const name of ['input_hash', 'output_hash', 'manifest_label', 'format', 'size'])
    await schema
      .alterTable('signatures')
      .alterColumn(name, (column) => column.dropNotNull())
      .execute()
  await schema
    .createIndex('signatures_credential')
    .on('signatures')
    .columns(['credential_id', 'created_at', 'id'])
    .execute()
}
