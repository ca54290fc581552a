import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** With the account in them, these indexes alone count the revoked: their rows are as many pages, all over the table. */
export const revokedCertificatesOfAccounts: Migration = async ({ schema }) => {
  for (const name of ['enrollment_profile', 'certificate_profile', 'division']) {
    await schema.dropIndex(`device_certificates_revoked_${name}`).execute()
    await schema
      .createIndex(`device_certificates_revoked_${name}`)
      .on('device_certificates')
      .columns(['account_id', `${name}_id`, 'certificate_id'] as never)
      .where(sql<boolean>`revoked = 1`)
      .execute()
  }
}
