import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** By which way certificates of devices came; there was the API alone. */
export const enrollmentMethods: Migration = async ({ schema }, { text }) => {
  for (const name of ['certificate_requests', 'device_certificates'])
    await schema
      .alterTable(name)
      .addColumn('method', text, (column) => column.notNull().defaultTo(sql.lit('API')))
      .execute()
  // Nearly all come by the API: they are found without an index, and written without one.
  await schema
    .createIndex('device_certificates_method')
    .on('device_certificates')
    .columns(['account_id', 'method' as never, 'certificate_id'])
    .where(sql<boolean>`method <> 'API'`)
    .execute()
}
