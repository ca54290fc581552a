import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** What the audit log is asked for: each filter finds its events, newest or oldest first, without passing by all others. */
export const auditLog: Migration = async ({ schema }) => {
  for (const column of ['action', 'resource_type', 'actor_id'])
    await schema
      .createIndex(`audit_events_${column}`)
      .on('audit_events')
      .columns(['account_id', column, 'at', 'id'])
      .execute()
  await schema
    .createIndex('audit_events_resource_id')
    .on('audit_events')
    .columns(['account_id', 'resource_id', 'at', 'id'])
    .where(sql.ref('resource_id'), 'is not', null)
    .execute()
  await schema
    .createIndex('audit_events_failed')
    .on('audit_events')
    .columns(['account_id', 'at', 'id'])
    .where(sql.ref('status'), '=', sql.lit('failed'))
    .execute()
}
