import type { IdempotencyKey, IdempotencyKeys } from '../domain/idempotency.ts'
import type { Connections } from './database.ts'
import { inOrder, TURNS } from './gathered.ts'

/** A row of `idempotency_keys`. */
export type IdempotencyKeyRow = {
  readonly id: string
  readonly fingerprint: Uint8Array
  readonly resource_id: string
  readonly is_settled: number
  readonly held_until: number
  readonly ends_at: number
}

/** The used Idempotency-Keys of a database. */
export function idempotencyKeys({ read, write, run, breath }: Connections): IdempotencyKeys {
  const hold = inOrder(
    breath,
    async ({
      id,
      fingerprint,
      resourceId,
      isSettled,
      heldUntil,
      endsAt,
      at,
    }: IdempotencyKey & { readonly at: Date }) => {
      const values = {
        fingerprint,
        resource_id: resourceId,
        is_settled: isSettled ? 1 : 0,
        held_until: heldUntil.getTime(),
        ends_at: endsAt.getTime(),
      }
      const query = write.insertInto('idempotency_keys').values({ id, ...values })
      const free = query.onConflict((on) =>
        on
          .column('id')
          .doUpdateSet(values)
          .where((is) =>
            is.or([
              is('idempotency_keys.ends_at', '<=', at.getTime()),
              is.and([
                is('idempotency_keys.is_settled', '=', 0),
                is('idempotency_keys.held_until', '<=', at.getTime()),
                is('idempotency_keys.fingerprint', '=', fingerprint),
              ]),
            ]),
          ),
      )
      return Number((await run(free.compile())).numAffectedRows) > 0
    },
    TURNS.idempotencyKeys,
  )
  return {
    async find(id) {
      const row = await read.selectFrom('idempotency_keys').selectAll().where('id', '=', id).executeTakeFirst()
      return (
        row && {
          id: row.id,
          fingerprint: row.fingerprint,
          resourceId: row.resource_id,
          isSettled: row.is_settled === 1,
          heldUntil: new Date(row.held_until),
          endsAt: new Date(row.ends_at),
        }
      )
    },
    hold: (key, at) => hold({ ...key, at }),
    async settle(id, resourceId) {
      const query = write
        .updateTable('idempotency_keys')
        .set({ is_settled: 1 })
        .where('id', '=', id)
        .where('resource_id', '=', resourceId)
        .where('is_settled', '=', 0)
      return Number((await query.executeTakeFirst()).numUpdatedRows) > 0
    },
    async release(id, resourceId) {
      await write
        .deleteFrom('idempotency_keys')
        .where('id', '=', id)
        .where('resource_id', '=', resourceId)
        .where('is_settled', '=', 0)
        .execute()
    },
    async removeEnded(before) {
      const query = write.deleteFrom('idempotency_keys').where('ends_at', '<=', before.getTime())
      return Number((await query.executeTakeFirst()).numDeletedRows)
    },
  }
}
