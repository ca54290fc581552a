import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Not only users ask for certificates. */
export const certificateRequestActors: Migration = async ({ schema }, { text }) => {
  await schema.alterTable('certificate_requests').renameColumn('user_id', 'actor_id').execute()
  await schema
    .alterTable('certificate_requests')
    .addColumn('actor_kind', text, (column) => column.notNull().defaultTo(sql.lit('user')))
    .execute()
}
