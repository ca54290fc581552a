import type { Totps } from '../domain/totp.ts'
import type { Connections } from './database.ts'

/** A row of `totps`. */
export type TotpRow = {
  readonly user_id: string
  readonly wrapped: Uint8Array
  readonly confirmed_at: number | null
  readonly last_step: number
  readonly created_at: number
}

/** A row of `recovery_codes`. */
export type RecoveryCodeRow = { readonly user_id: string; readonly hash: Uint8Array }

/** The second factors of a database. */
export function totps({ read, write }: Connections): Totps {
  return {
    async find(userId) {
      const row = await read.selectFrom('totps').selectAll().where('user_id', '=', userId).executeTakeFirst()
      return (
        row && {
          userId,
          wrapped: row.wrapped,
          confirmedAt: row.confirmed_at === null ? undefined : new Date(row.confirmed_at),
          lastStep: row.last_step,
          createdAt: new Date(row.created_at),
        }
      )
    },
    async put({ userId, wrapped, confirmedAt, lastStep, createdAt }) {
      const state = {
        wrapped,
        confirmed_at: confirmedAt?.getTime() ?? null,
        last_step: lastStep,
        created_at: createdAt.getTime(),
      }
      const query = write.insertInto('totps').values({ user_id: userId, ...state })
      await query.onConflict((on) => on.column('user_id').doUpdateSet(state)).execute()
    },
    async use(userId, step) {
      const query = write.updateTable('totps').set({ last_step: step }).where('user_id', '=', userId)
      return (await query.where('last_step', '<', step).executeTakeFirst()).numUpdatedRows > 0n
    },
    async remove(userId) {
      await write.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
      return (await write.deleteFrom('totps').where('user_id', '=', userId).executeTakeFirst()).numDeletedRows > 0n
    },
    async putRecoveryCodes(userId, hashes) {
      await write.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
      for (const hash of hashes) await write.insertInto('recovery_codes').values({ user_id: userId, hash }).execute()
    },
    async useRecoveryCode(userId, hash) {
      const query = write.deleteFrom('recovery_codes').where('user_id', '=', userId).where('hash', '=', hash)
      return (await query.executeTakeFirst()).numDeletedRows > 0n
    },
    async countRecoveryCodes(userId) {
      const query = read.selectFrom('recovery_codes').where('user_id', '=', userId)
      const row = await query.select(({ fn }) => fn.countAll().as('count')).executeTakeFirst()
      return Number(row?.count ?? 0)
    },
  }
}
