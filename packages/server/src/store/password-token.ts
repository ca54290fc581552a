import type { PasswordToken, PasswordTokens } from '../domain/password-token.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `password_tokens`. */
export type PasswordTokenRow = {
  readonly hash: Uint8Array
  readonly user_id: string
  readonly purpose: PasswordToken['purpose']
  readonly created_at: number
  readonly ends_at: number
}

function toPasswordToken(row: PasswordTokenRow): PasswordToken {
  return {
    hash: row.hash,
    userId: row.user_id,
    purpose: row.purpose,
    createdAt: new Date(row.created_at),
    endsAt: new Date(row.ends_at),
  }
}

/** The tokens by which passwords are set, of a database. */
export function passwordTokens({ read, write }: Connections): PasswordTokens {
  return {
    async find(hash) {
      const row = await read.selectFrom('password_tokens').selectAll().where('hash', '=', hash).executeTakeFirst()
      return row && toPasswordToken(row)
    },
    async list(userId) {
      const query = read.selectFrom('password_tokens').selectAll().where('user_id', '=', userId)
      return (await query.orderBy('created_at').execute()).map(toPasswordToken)
    },
    async add({ hash, userId, purpose, createdAt, endsAt }) {
      const query = write.insertInto('password_tokens').values({
        hash,
        user_id: userId,
        purpose,
        created_at: createdAt.getTime(),
        ends_at: endsAt.getTime(),
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'password token', 'hash')
    },
    async removeOfUser(userId) {
      await write.deleteFrom('password_tokens').where('user_id', '=', userId).execute()
    },
    async removeEnded(before) {
      const query = write.deleteFrom('password_tokens').where('ends_at', '<', before.getTime())
      return Number((await query.executeTakeFirst()).numDeletedRows)
    },
  }
}
