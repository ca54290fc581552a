import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Revoked certificates of devices by their end: those of a week are few, among all that end in it. */
export const endsOfRevokedCertificates: Migration = async ({ schema }) => {
  await schema
    .createIndex('device_certificates_revoked_end')
    .on('device_certificates')
    .columns(['account_id', 'not_after', 'certificate_id'] as never)
    .where(sql<boolean>`revoked = 1`)
    .execute()
}
