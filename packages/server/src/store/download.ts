import type { Downloads } from '../domain/download.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `downloads`. */
export type DownloadRow = { readonly id: string; readonly wrapped: Uint8Array; readonly ends_at: number }

/** The downloads of a database. */
export function downloads({ read, write }: Connections): Downloads {
  return {
    async add({ id, wrapped, endsAt }) {
      const query = write.insertInto('downloads').values({ id, wrapped, ends_at: endsAt.getTime() })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'download', 'id')
    },
    async take(id) {
      const row = await read.selectFrom('downloads').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) return undefined
      const { numDeletedRows } = await write.deleteFrom('downloads').where('id', '=', id).executeTakeFirst()
      return numDeletedRows > 0n ? { id, wrapped: row.wrapped, endsAt: new Date(row.ends_at) } : undefined
    },
    async removeEnded(before) {
      const query = write.deleteFrom('downloads').where('ends_at', '<', before.getTime())
      return Number((await query.executeTakeFirst()).numDeletedRows)
    },
  }
}
