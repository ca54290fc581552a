import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Who made a passcode, or assigned a certificate: of those of before as far as the audit log says so. */
export const rightMakers: Migration = async (database, { text }) => {
  await database.schema.alterTable('enrollment_rights').addColumn('created_by', text).execute()
  await sql`update enrollment_rights set created_by = made.actor_id
    from (
      select account_id, resource_id, min(actor_id) as actor_id from audit_events
      where action in ('enrollment_passcode.create', 'authentication_certificate.create')
        and status = 'success' and actor_kind = 'user'
      group by account_id, resource_id
    ) as made
    where made.resource_id = enrollment_rights.id and made.account_id = enrollment_rights.account_id`.execute(database)
}
