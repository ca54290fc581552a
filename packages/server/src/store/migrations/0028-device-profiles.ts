import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** What is known of devices beside their identifiers, and that devices and divisions can be retired. */
export const deviceProfiles: Migration = async (database, { text, integer, table }) => {
  const { schema } = database
  await table('device_profiles')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('division_id', text, (column) => column.notNull().references('divisions.id'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('definition', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('updated_at', integer, (column) => column.notNull())
    .addUniqueConstraint('device_profiles_name', ['account_id', 'name'])
    .execute()

  for (const name of ['divisions', 'devices'] as const)
    await schema
      .alterTable(name)
      .addColumn('status', text, (column) => column.notNull().defaultTo(sql.lit('active')))
      .execute()
  for (const name of ['divisions', 'devices', 'device_certificate_profiles'] as const) {
    await schema
      .alterTable(name)
      .addColumn('updated_at', integer, (column) => column.notNull().defaultTo(sql.lit(0)))
      .execute()
    await sql`update ${sql.table(name)} set updated_at = created_at`.execute(database)
  }
  await schema
    .alterTable('devices')
    .addColumn('device_profile_id', text, (column) => column.references('device_profiles.id'))
    .execute()
  for (const name of ['field_values', 'api_access'])
    await schema
      .alterTable('devices')
      .addColumn(name, text, (column) => column.notNull().defaultTo(sql.lit('{}')))
      .execute()

  for (const [name, columns] of Object.entries({
    devices_account: ['account_id', 'created_at', 'id'],
    devices_division: ['division_id', 'created_at', 'id'],
    devices_profile: ['device_profile_id', 'created_at', 'id'],
  }))
    await schema
      .createIndex(name)
      .on('devices')
      .columns(columns as never)
      .execute()
}
