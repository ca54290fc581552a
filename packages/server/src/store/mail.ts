import type { Mail, Mails } from '../domain/mail.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `mails`. */
export type MailRow = {
  readonly id: string
  readonly account_id: string | null
  readonly wrapped: Uint8Array
  readonly attempts: number
  readonly next_attempt_at: number
  readonly created_at: number
}

function toMail(row: MailRow): Mail {
  return {
    id: row.id,
    accountId: row.account_id ?? undefined,
    wrapped: row.wrapped,
    attempts: row.attempts,
    nextAttemptAt: new Date(row.next_attempt_at),
    createdAt: new Date(row.created_at),
  }
}

/** The mails of a database. */
export function mails({ read, write }: Connections): Mails {
  return {
    async find(id) {
      const row = await read.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toMail(row)
    },
    async listDue(at, limit) {
      const query = read.selectFrom('mails').selectAll().where('next_attempt_at', '<=', at.getTime())
      return (await query.orderBy('next_attempt_at').orderBy('id').limit(limit).execute()).map(toMail)
    },
    async add({ id, accountId, wrapped, attempts, nextAttemptAt, createdAt }) {
      const query = write.insertInto('mails').values({
        id,
        account_id: accountId ?? null,
        wrapped,
        attempts,
        next_attempt_at: nextAttemptAt.getTime(),
        created_at: createdAt.getTime(),
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'mail', 'id')
    },
    async begin({ id, attempts }, nextAttemptAt) {
      const query = write
        .updateTable('mails')
        .set({ attempts: attempts + 1, next_attempt_at: nextAttemptAt.getTime() })
        .where('id', '=', id)
        .where('attempts', '=', attempts)
      return (await query.executeTakeFirst()).numUpdatedRows > 0n
    },
    async remove(id) {
      return (await write.deleteFrom('mails').where('id', '=', id).executeTakeFirst()).numDeletedRows > 0n
    },
  }
}
