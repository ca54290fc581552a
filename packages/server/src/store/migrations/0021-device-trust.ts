import type { Migration } from '../migrate.ts'

/** Devices, what their certificates may say, who gets them in which way, and who got which. */
export const deviceTrust: Migration = async ({ schema }, { text, integer, table }) => {
  await table('divisions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('divisions_name', ['account_id', 'name'])
    .execute()

  await table('devices')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('division_id', text, (column) => column.notNull().references('divisions.id'))
    .addColumn('identifier', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('devices_identifier', ['account_id', 'identifier'])
    .execute()

  await table('device_certificate_profiles')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('device_certificate_profiles_name', ['account_id', 'name'])
    .execute()

  await table('enrollment_profiles')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('division_id', text, (column) => column.notNull().references('divisions.id'))
    .addColumn('certificate_profile_id', text, (column) =>
      column.notNull().references('device_certificate_profiles.id'),
    )
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('enrollment_profiles_name', ['account_id', 'name'])
    .execute()

  await table('certificate_requests')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('enrollment_profile_id', text, (column) => column.notNull().references('enrollment_profiles.id'))
    .addColumn('device_id', text, (column) => column.references('devices.id'))
    .addColumn('certificate_id', text, (column) => column.notNull().unique().references('certificates.id'))
    .addColumn('user_id', text, (column) => column.notNull())
    .addColumn('status', text, (column) => column.notNull())
    .addColumn('key_generation', text, (column) => column.notNull())
    .addColumn('key_type', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .execute()
  await schema
    .createIndex('certificate_requests_account')
    .on('certificate_requests')
    .columns(['account_id', 'created_at', 'id'])
    .execute()
}
