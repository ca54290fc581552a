import { sql } from 'kysely'
import type { PooledKey, PooledKeys } from '../domain/pooled-key.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'
import type { Engine } from './migrate.ts'

/** A row of `pooled_keys`. */
export type PooledKeyRow = {
  readonly id: string
  readonly type: PooledKey['type']
  readonly public_key: Uint8Array
  readonly wrapped: Uint8Array
  readonly created_at: number
}

function toPooledKey(row: PooledKeyRow): PooledKey {
  return {
    id: row.id,
    type: row.type,
    publicKey: row.public_key,
    wrapped: row.wrapped,
    createdAt: new Date(row.created_at),
  }
}

/** The pooled keys of a database. */
export function pooledKeys({ read, write }: Connections, engine: Engine): PooledKeys {
  // On SQLite whoever writes is alone.
  const unlocked = engine === 'postgres' ? sql`for update skip locked` : sql``
  return {
    async add({ id, type, publicKey, wrapped, createdAt }) {
      const row = { id, type, public_key: publicKey, wrapped, created_at: createdAt.getTime() }
      const query = write.insertInto('pooled_keys').values(row)
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'pooled key', 'id')
    },
    async take(type) {
      const { rows } = await sql<PooledKeyRow>`delete from pooled_keys where id =
        (select id from pooled_keys where type = ${type} order by created_at, id limit 1 ${unlocked})
        returning *`.execute(write)
      return rows[0] && toPooledKey(rows[0])
    },
    async count(type) {
      const query = read.selectFrom('pooled_keys').select(({ fn }) => fn.countAll().as('count'))
      return Number((await query.where('type', '=', type).executeTakeFirstOrThrow()).count)
    },
    async removeMadeBefore(type, before) {
      const query = write.deleteFrom('pooled_keys').where('type', '=', type)
      return Number((await query.where('created_at', '<', before.getTime()).executeTakeFirst()).numDeletedRows)
    },
    async removeAll() {
      return Number((await write.deleteFrom('pooled_keys').executeTakeFirst()).numDeletedRows)
    },
  }
}
