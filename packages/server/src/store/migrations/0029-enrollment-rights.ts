import type { Migration } from '../migrate.ts'

/** Passcodes and certificates by which others than users enroll. */
export const enrollmentRights: Migration = async ({ schema }, { text, integer, bytes, table }) => {
  await table('enrollment_rights')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('enrollment_profile_id', text, (column) => column.notNull().references('enrollment_profiles.id'))
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('passcode_beginning', text)
    .addColumn('passcode_length', integer)
    .addColumn('passcode_hash', bytes, (column) => column.unique())
    .addColumn('certificate_id', text, (column) => column.references('certificates.id'))
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('usage_limit', integer)
    .addColumn('number_of_usage', integer, (column) => column.notNull())
    .addColumn('starts_at', integer)
    .addColumn('ends_at', integer)
    .addColumn('registered_values', text, (column) => column.notNull())
    .addColumn('allowed_networks', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute()
  await schema
    .createIndex('enrollment_rights_profile')
    .on('enrollment_rights')
    .columns(['enrollment_profile_id', 'kind', 'created_at', 'id'])
    .execute()
  await schema
    .createIndex('enrollment_rights_certificate')
    .on('enrollment_rights')
    .columns(['certificate_id'])
    .execute()
}
