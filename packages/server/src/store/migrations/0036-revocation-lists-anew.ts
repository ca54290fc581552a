import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Has all revocation lists made anew: what was revoked before changes were noted may not be on them yet. */
export const revocationListsAnew: Migration = async (database) => {
  await sql`update revocation_lists set this_update = 0`.execute(database)
}
