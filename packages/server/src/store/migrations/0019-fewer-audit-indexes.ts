import type { Migration } from '../migrate.ts'

/** Actions and types of resources are found by going through the events: their indexes cost every signature a write. */
export const fewerAuditIndexes: Migration = async ({ schema }) => {
  for (const column of ['action', 'resource_type']) await schema.dropIndex(`audit_events_${column}`).execute()
}
