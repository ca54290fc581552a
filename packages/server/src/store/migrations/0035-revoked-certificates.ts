import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Revoked certificates of devices by what else is asked of them: they are few among many, all over the table. */
export const revokedCertificates: Migration = async ({ schema }) => {
  for (const name of ['enrollment_profile', 'certificate_profile', 'division'])
    await schema
      .createIndex(`device_certificates_revoked_${name}`)
      .on('device_certificates')
      .columns([`${name}_id`, 'certificate_id'] as never)
      .where(sql<boolean>`revoked = 1`)
      .execute()
}
