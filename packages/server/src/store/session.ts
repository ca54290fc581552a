import { sql } from 'kysely'
import type { Session, Sessions } from '../domain/session.ts'
import { ACCOUNT_COLUMNS, type AccountRow, toAccount } from './account.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'
import { columnsOf, rowOf } from './joined-row.ts'
import { prepared } from './prepared.ts'
import { toUser, USER_COLUMNS, type UserRow } from './user.ts'

/** A row of `sessions`. */
export type SessionRow = {
  readonly id: string
  readonly user_id: string
  readonly hash: Uint8Array
  readonly created_at: number
  readonly last_used_at: number
  readonly ends_at: number
  readonly address: string
  readonly user_agent: string
}

const COLUMNS = [
  'id',
  'user_id',
  'hash',
  'created_at',
  'last_used_at',
  'ends_at',
  'address',
  'user_agent',
] as const satisfies readonly (keyof SessionRow)[]

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    hash: row.hash,
    createdAt: new Date(row.created_at),
    lastUsedAt: new Date(row.last_used_at),
    endsAt: new Date(row.ends_at),
    address: row.address,
    userAgent: row.user_agent,
  }
}

/** The sessions of a database. */
export function sessions(connections: Connections): Sessions {
  const { read, write } = connections
  const findByHash = prepared(
    connections,
    'find session',
    (hash: Uint8Array) =>
      sql<Record<string, unknown>>`
        select ${columnsOf('sessions', COLUMNS)}, ${columnsOf('users', USER_COLUMNS)}, ${columnsOf('accounts', ACCOUNT_COLUMNS)}
        from sessions
        join users on users.id = sessions.user_id
        join accounts on accounts.id = users.account_id
        where sessions.hash = ${hash}`.compile(read),
    ([row]) =>
      row && {
        session: toSession(rowOf<SessionRow>('sessions', COLUMNS, row)),
        user: toUser(rowOf<UserRow>('users', USER_COLUMNS, row)),
        account: toAccount(rowOf<AccountRow>('accounts', ACCOUNT_COLUMNS, row)),
      },
  )

  return {
    findByHash,
    async list(userId) {
      const query = read.selectFrom('sessions').selectAll().where('user_id', '=', userId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toSession)
    },
    async add(session) {
      const query = write.insertInto('sessions').values({
        id: session.id,
        user_id: session.userId,
        hash: session.hash,
        created_at: session.createdAt.getTime(),
        last_used_at: session.lastUsedAt.getTime(),
        ends_at: session.endsAt.getTime(),
        address: session.address,
        user_agent: session.userAgent,
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'session', 'id or hash')
    },
    async touch(id, at) {
      await write.updateTable('sessions').set({ last_used_at: at.getTime() }).where('id', '=', id).execute()
    },
    async remove(id) {
      return (await write.deleteFrom('sessions').where('id', '=', id).executeTakeFirst()).numDeletedRows > 0n
    },
    async removeOfUser(userId) {
      const query = write.deleteFrom('sessions').where('user_id', '=', userId)
      return Number((await query.executeTakeFirst()).numDeletedRows)
    },
    async removeEnded(endsBefore, lastUsedBefore) {
      const query = write
        .deleteFrom('sessions')
        .where((where) =>
          where.or([where('ends_at', '<', endsBefore.getTime()), where('last_used_at', '<', lastUsedBefore.getTime())]),
        )
      return Number((await query.executeTakeFirst()).numDeletedRows)
    },
  }
}
