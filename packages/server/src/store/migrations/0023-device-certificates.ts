import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** What certificates of devices are looked for by. */
export const deviceCertificates: Migration = async ({ schema }) => {
  for (const [name, columns] of Object.entries({
    certificates_device_serial_number: ['serial_number'],
    certificates_device_common_name: ['account_id', 'common_name'],
    certificates_device_end: ['account_id', 'not_after'],
  }))
    await schema
      .createIndex(name)
      .on('certificates')
      .columns(columns as never)
      .where(sql.ref('profile'), '=', sql.lit('device'))
      .execute()
  await schema
    .createIndex('certificate_requests_profile')
    .on('certificate_requests')
    .columns(['enrollment_profile_id', 'created_at', 'id'])
    .execute()
  await schema
    .createIndex('certificate_requests_device')
    .on('certificate_requests')
    .columns(['device_id', 'created_at', 'id'])
    .execute()
}
