import type { Migration } from '../migrate.ts'

/** What devices are found by among a million. */
export const devicesAtScale: Migration = async ({ schema }) => {
  for (const [name, columns] of Object.entries({
    devices_status: ['account_id', 'status', 'created_at', 'id'],
    devices_updated: ['account_id', 'updated_at', 'id'],
  }))
    await schema
      .createIndex(name)
      .on('devices')
      .columns(columns as never)
      .execute()
}
