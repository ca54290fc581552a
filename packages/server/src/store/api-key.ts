import { sql } from 'kysely'
import type { ApiKey, ApiKeys } from '../domain/api-key.ts'
import type { Permission } from '../domain/permission.ts'
import { ACCOUNT_COLUMNS, type AccountRow, toAccount } from './account.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'
import { columnsOf, rowOf } from './joined-row.ts'
import { prepared } from './prepared.ts'
import { toUser, USER_COLUMNS, type UserRow } from './user.ts'

/** A row of `api_keys`. */
export type ApiKeyRow = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly prefix: string
  readonly hash: Uint8Array
  readonly previous_hash: Uint8Array | null
  readonly previous_ends_at: number | null
  readonly enabled: number
  readonly ends_at: number | null
  /** A JSON array. */
  readonly scopes: string | null
  /** A JSON array. */
  readonly allowed_networks: string
  readonly created_at: number
}

const COLUMNS = [
  'id',
  'user_id',
  'name',
  'prefix',
  'hash',
  'previous_hash',
  'previous_ends_at',
  'enabled',
  'ends_at',
  'scopes',
  'allowed_networks',
  'created_at',
] as const satisfies readonly (keyof ApiKeyRow)[]

function toApiKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    prefix: row.prefix,
    hash: row.hash,
    previous:
      row.previous_hash === null || row.previous_ends_at === null
        ? undefined
        : { hash: row.previous_hash, endsAt: new Date(row.previous_ends_at) },
    enabled: row.enabled === 1,
    endsAt: row.ends_at === null ? undefined : new Date(row.ends_at),
    scopes: row.scopes === null ? undefined : (JSON.parse(row.scopes) as readonly Permission[]),
    allowedNetworks: JSON.parse(row.allowed_networks) as readonly string[],
    createdAt: new Date(row.created_at),
  }
}

function toRow(apiKey: ApiKey): ApiKeyRow {
  return {
    id: apiKey.id,
    user_id: apiKey.userId,
    name: apiKey.name,
    prefix: apiKey.prefix,
    hash: apiKey.hash,
    previous_hash: apiKey.previous?.hash ?? null,
    previous_ends_at: apiKey.previous?.endsAt.getTime() ?? null,
    enabled: apiKey.enabled ? 1 : 0,
    ends_at: apiKey.endsAt?.getTime() ?? null,
    scopes: apiKey.scopes ? JSON.stringify(apiKey.scopes) : null,
    allowed_networks: JSON.stringify(apiKey.allowedNetworks),
    created_at: apiKey.createdAt.getTime(),
  }
}

/** The API keys of a database. */
export function apiKeys(connections: Connections): ApiKeys {
  const { read, write } = connections
  const findByHashes = prepared(
    connections,
    'find API key',
    (hash: Uint8Array, previousHash: Uint8Array) =>
      sql<Record<string, unknown>>`
        select ${columnsOf('api_keys', COLUMNS)}, ${columnsOf('users', USER_COLUMNS)}, ${columnsOf('accounts', ACCOUNT_COLUMNS)}
        from api_keys
        join users on users.id = api_keys.user_id
        join accounts on accounts.id = users.account_id
        where api_keys.hash = ${hash} or api_keys.previous_hash = ${previousHash}`.compile(read),
    ([row]) =>
      row && {
        apiKey: toApiKey(rowOf<ApiKeyRow>('api_keys', COLUMNS, row)),
        user: toUser(rowOf<UserRow>('users', USER_COLUMNS, row)),
        account: toAccount(rowOf<AccountRow>('accounts', ACCOUNT_COLUMNS, row)),
      },
  )

  return {
    async find(id) {
      const row = await read.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toApiKey(row)
    },
    findByHash: (hash) => findByHashes(hash, hash),
    async list(userId) {
      const query = read.selectFrom('api_keys').selectAll().where('user_id', '=', userId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toApiKey)
    },
    async listOfAccount(accountId) {
      const query = read
        .selectFrom('api_keys')
        .innerJoin('users', 'users.id', 'api_keys.user_id')
        .selectAll('api_keys')
        .where('users.account_id', '=', accountId)
      return (await query.orderBy('api_keys.created_at').orderBy('api_keys.id').execute()).map(toApiKey)
    },
    async add(apiKey) {
      const query = write.insertInto('api_keys').values(toRow(apiKey))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'API key', 'id or hash')
    },
    async update(apiKey) {
      const { id, ...row } = toRow(apiKey)
      refuseMissing(await write.updateTable('api_keys').set(row).where('id', '=', id).executeTakeFirst(), 'API key')
    },
    async setEnabled(id, enabled) {
      const query = write
        .updateTable('api_keys')
        .set({ enabled: enabled ? 1 : 0 })
        .where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'API key')
    },
    async remove(id) {
      await write.deleteFrom('api_keys').where('id', '=', id).execute()
    },
  }
}
