import type { Webhook, WebhookDeliveries, WebhookDelivery, WebhookEvent, Webhooks } from '../domain/webhook.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `webhooks`. */
export type WebhookRow = {
  readonly id: string
  readonly account_id: string
  readonly url: string
  /** A JSON array. */
  readonly events: string
  readonly wrapped_secret: Uint8Array
  readonly created_at: number
  readonly created_by: string
}

/** A row of `webhook_deliveries`. */
export type WebhookDeliveryRow = {
  readonly id: string
  readonly webhook_id: string
  readonly event: WebhookEvent
  readonly body: string
  readonly status: WebhookDelivery['status']
  readonly attempts: number
  readonly next_attempt_at: number | null
  readonly fault: string | null
  readonly created_at: number
  readonly settled_at: number | null
}

function toWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    accountId: row.account_id,
    url: row.url,
    events: JSON.parse(row.events) as readonly WebhookEvent[],
    wrappedSecret: row.wrapped_secret,
    createdAt: new Date(row.created_at),
    createdBy: row.created_by,
  }
}

function toDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    event: row.event,
    body: row.body,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at === null ? undefined : new Date(row.next_attempt_at),
    fault: row.fault ?? undefined,
    createdAt: new Date(row.created_at),
    settledAt: row.settled_at === null ? undefined : new Date(row.settled_at),
  }
}

/** The webhooks of a database. */
export function webhooks({ read, write }: Connections): Webhooks {
  return {
    async find(id) {
      const row = await read.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toWebhook(row)
    },
    async list(accountId) {
      const query = read.selectFrom('webhooks').selectAll().where('account_id', '=', accountId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toWebhook)
    },
    async add({ id, accountId, url, events, wrappedSecret, createdAt, createdBy }) {
      const query = write.insertInto('webhooks').values({
        id,
        account_id: accountId,
        url,
        events: JSON.stringify(events),
        wrapped_secret: wrappedSecret,
        created_at: createdAt.getTime(),
        created_by: createdBy,
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'webhook', 'id')
    },
    async remove(id) {
      await write.deleteFrom('webhook_deliveries').where('webhook_id', '=', id).execute()
      await write.deleteFrom('webhooks').where('id', '=', id).execute()
    },
  }
}

/** The deliveries of a database. */
export function webhookDeliveries({ read, write }: Connections): WebhookDeliveries {
  const TABLE = 'webhook_deliveries'
  return {
    async list(webhookId, limit) {
      const query = read.selectFrom(TABLE).selectAll().where('webhook_id', '=', webhookId)
      return (await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()).map(toDelivery)
    },
    async listDue(at, limit) {
      const query = read.selectFrom(TABLE).selectAll().where('next_attempt_at', '<=', at.getTime())
      return (await query.orderBy('next_attempt_at').orderBy('id').limit(limit).execute()).map(toDelivery)
    },
    async add({ id, webhookId, event, body, status, attempts, nextAttemptAt, fault, createdAt, settledAt }) {
      const query = write.insertInto(TABLE).values({
        id,
        webhook_id: webhookId,
        event,
        body,
        status,
        attempts,
        next_attempt_at: nextAttemptAt?.getTime() ?? null,
        fault: fault ?? null,
        created_at: createdAt.getTime(),
        settled_at: settledAt?.getTime() ?? null,
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'webhook delivery', 'id')
    },
    async begin({ id, attempts }, nextAttemptAt) {
      const query = write
        .updateTable(TABLE)
        .set({ attempts: attempts + 1, next_attempt_at: nextAttemptAt.getTime() })
        .where('id', '=', id)
        .where('attempts', '=', attempts)
        .where('status', '=', 'waiting')
      return (await query.executeTakeFirst()).numUpdatedRows > 0n
    },
    async noteFault(id, fault) {
      await write.updateTable(TABLE).set({ fault }).where('id', '=', id).execute()
    },
    async settle(id, { at, fault }) {
      const query = write
        .updateTable(TABLE)
        .set({
          status: fault === undefined ? 'delivered' : 'failed',
          next_attempt_at: null,
          settled_at: at.getTime(),
          fault: fault ?? null,
        })
        .where('id', '=', id)
        .where('status', '=', 'waiting')
      return (await query.executeTakeFirst()).numUpdatedRows > 0n
    },
    async removeSettled(before) {
      await write.deleteFrom(TABLE).where('settled_at', '<', before.getTime()).execute()
    },
  }
}
