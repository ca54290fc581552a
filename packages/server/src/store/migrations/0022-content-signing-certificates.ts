import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Who revokes a credential looks for all certificates of its key: few of an account, among those of all its devices. */
export const contentSigningCertificates: Migration = async ({ schema }) => {
  await schema
    .createIndex('certificates_content_signing')
    .on('certificates')
    .columns(['account_id', 'not_after', 'id'])
    .where(sql.ref('status'), '=', sql.lit('issued'))
    .where(sql.ref('profile'), '=', sql.lit('content-signing'))
    .execute()
}
