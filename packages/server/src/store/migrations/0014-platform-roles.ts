import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Who administered the account that the platform began with has the roles of who administers the platform. */
export const platformRoles: Migration = async (database) => {
  await sql`
    update users set roles = substr(roles, 1, length(roles) - 1) || ',"AM_PLATFORM_ADMIN","CTM_PLATFORM_ADMIN"]'
    where kind = 'standard' and roles like '%"AM_ACCOUNT_ADMIN"%' and roles like '%"CTM_ADMIN"%'
      and account_id = (select id from accounts order by created_at, id limit 1)`.execute(database)
}
