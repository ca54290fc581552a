import type { PrivateKeys, WrappedKey } from '../domain/private-key.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `private_keys`. */
export type PrivateKeyRow = {
  readonly id: string
  readonly type: WrappedKey['type']
  readonly public_key: Uint8Array
  readonly wrapped: Uint8Array
  readonly bound_to: string | null
  readonly created_at: number
}

function toWrappedKey(row: PrivateKeyRow): WrappedKey {
  return {
    id: row.id,
    type: row.type,
    publicKey: row.public_key,
    wrapped: row.wrapped,
    boundTo: row.bound_to ?? undefined,
    createdAt: new Date(row.created_at),
  }
}

function toRow(key: WrappedKey): PrivateKeyRow {
  return {
    id: key.id,
    type: key.type,
    public_key: key.publicKey,
    wrapped: key.wrapped,
    bound_to: key.boundTo ?? null,
    created_at: key.createdAt.getTime(),
  }
}

/** The wrapped private keys of a database. */
export function privateKeys({ read, write }: Connections): PrivateKeys {
  return {
    async find(id) {
      const row = await read.selectFrom('private_keys').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toWrappedKey(row)
    },
    async add(key) {
      const query = write.insertInto('private_keys').values(toRow(key))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'private key', 'id')
    },
    async rewrap({ id, wrapped }, before) {
      const query = write.updateTable('private_keys').set({ wrapped }).where('id', '=', id)
      return (await query.where('wrapped', '=', before.wrapped).executeTakeFirst()).numUpdatedRows > 0n
    },
    async remove(id) {
      await write.deleteFrom('private_keys').where('id', '=', id).execute()
    },
  }
}
