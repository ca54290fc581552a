import { sql } from 'kysely'
import type { Webhook, WebhookDeliveries, WebhookDelivery, Webhooks } from '../domain/webhook.ts'
import type { DeliveryEvent, WebhookEvent } from '../domain/webhook-event.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'
import { gathered } from './gathered.ts'

/** A row of `webhooks`. */
export type WebhookRow = {
  readonly id: string
  readonly account_id: string
  readonly url: string
  /** A JSON array. */
  readonly events: string
  readonly enabled: number
  readonly wrapped_secret: Uint8Array
  readonly previous_secret: Uint8Array | null
  readonly previous_ends_at: number | null
  readonly failing_since: number | null
  readonly created_at: number
  readonly created_by: string
}

/** A row of `webhook_deliveries`. */
export type WebhookDeliveryRow = {
  readonly id: string
  readonly webhook_id: string
  readonly event: DeliveryEvent
  readonly body: string
  readonly status: WebhookDelivery['status']
  readonly attempts: number
  readonly attempted_at: number | null
  readonly next_attempt_at: number | null
  readonly answer_status: number | null
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
    enabled: row.enabled === 1,
    wrappedSecret: row.wrapped_secret,
    previous:
      row.previous_secret === null || row.previous_ends_at === null
        ? undefined
        : { wrappedSecret: row.previous_secret, endsAt: new Date(row.previous_ends_at) },
    failingSince: dateOf(row.failing_since),
    createdAt: new Date(row.created_at),
    createdBy: row.created_by,
  }
}

function toRow(webhook: Webhook): WebhookRow {
  return {
    id: webhook.id,
    account_id: webhook.accountId,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    enabled: webhook.enabled ? 1 : 0,
    wrapped_secret: webhook.wrappedSecret,
    previous_secret: webhook.previous?.wrappedSecret ?? null,
    previous_ends_at: webhook.previous?.endsAt.getTime() ?? null,
    failing_since: webhook.failingSince?.getTime() ?? null,
    created_at: webhook.createdAt.getTime(),
    created_by: webhook.createdBy,
  }
}

function dateOf(moment: number | null): Date | undefined {
  return moment === null ? undefined : new Date(moment)
}

function toDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    event: row.event,
    body: row.body,
    status: row.status,
    attempts: row.attempts,
    attemptedAt: dateOf(row.attempted_at),
    nextAttemptAt: dateOf(row.next_attempt_at),
    answerStatus: row.answer_status ?? undefined,
    fault: row.fault ?? undefined,
    createdAt: new Date(row.created_at),
    settledAt: dateOf(row.settled_at),
  }
}

/** The webhooks of a database. */
export function webhooks({ read, write, look, breath }: Connections): Webhooks {
  return {
    async find(id) {
      const row = await read.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toWebhook(row)
    },
    list: gathered(breath, async (accountIds: readonly string[]) => {
      const query = read
        .selectFrom('webhooks')
        .selectAll()
        .where('account_id', 'in', [...new Set(accountIds)])
      const found = (await look(query.orderBy('created_at').orderBy('id').compile())).rows.map(toWebhook)
      return accountIds.map((id) => found.filter(({ accountId }) => accountId === id))
    }),
    async add(webhook) {
      const query = write.insertInto('webhooks').values(toRow(webhook))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'webhook', 'id')
    },
    async update(webhook) {
      const { id, ...row } = toRow(webhook)
      refuseMissing(await write.updateTable('webhooks').set(row).where('id', '=', id).executeTakeFirst(), 'webhook')
    },
    async noteFailure(id, at) {
      const query = write.updateTable('webhooks').set({ failing_since: at.getTime() }).where('id', '=', id)
      await query.where('failing_since', 'is', null).execute()
    },
    async noteSuccess(id) {
      await write.updateTable('webhooks').set({ failing_since: null }).where('id', '=', id).execute()
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
    async find(id) {
      const row = await read.selectFrom(TABLE).selectAll().where('id', '=', id).executeTakeFirst()
      return row && toDelivery(row)
    },
    async list(webhookId, limit) {
      const query = read.selectFrom(TABLE).selectAll().where('webhook_id', '=', webhookId)
      return (await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()).map(toDelivery)
    },
    async listDue(at, limit, limitOfEach) {
      const query = sql<WebhookDeliveryRow>`
        select webhook_deliveries.* from webhook_deliveries join (
          select id, row_number() over (partition by webhook_id order by next_attempt_at, id) as place
          from webhook_deliveries where next_attempt_at <= ${at.getTime()}
        ) as due on due.id = webhook_deliveries.id
        where due.place <= ${limitOfEach} order by next_attempt_at, webhook_deliveries.id limit ${limit}`
      return (await query.execute(read)).rows.map(toDelivery)
    },
    async add(delivery) {
      const query = write.insertInto(TABLE).values({
        id: delivery.id,
        webhook_id: delivery.webhookId,
        event: delivery.event,
        body: delivery.body,
        status: delivery.status,
        attempts: delivery.attempts,
        attempted_at: delivery.attemptedAt?.getTime() ?? null,
        next_attempt_at: delivery.nextAttemptAt?.getTime() ?? null,
        answer_status: delivery.answerStatus ?? null,
        fault: delivery.fault ?? null,
        created_at: delivery.createdAt.getTime(),
        settled_at: delivery.settledAt?.getTime() ?? null,
      })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'webhook delivery', 'id')
    },
    async begin({ id, attempts }, at, nextAttemptAt) {
      const query = write
        .updateTable(TABLE)
        .set({ attempts: attempts + 1, attempted_at: at.getTime(), next_attempt_at: nextAttemptAt.getTime() })
        .where('id', '=', id)
        .where('attempts', '=', attempts)
        .where('status', '=', 'waiting')
      return (await query.executeTakeFirst()).numUpdatedRows > 0n
    },
    async putOff(id, nextAttemptAt) {
      const query = write.updateTable(TABLE).set({ next_attempt_at: nextAttemptAt.getTime() })
      await query.where('id', '=', id).where('status', '=', 'waiting').execute()
    },
    async noteFault(id, { fault, answerStatus }) {
      const query = write.updateTable(TABLE).set({ fault: fault ?? null, answer_status: answerStatus ?? null })
      await query.where('id', '=', id).where('status', '=', 'waiting').execute()
    },
    async settle(id, { at, fault, answerStatus }) {
      const query = write
        .updateTable(TABLE)
        .set({
          status: fault === undefined ? 'delivered' : 'failed',
          next_attempt_at: null,
          answer_status: answerStatus ?? null,
          settled_at: at.getTime(),
          fault: fault ?? null,
        })
        .where('id', '=', id)
        .where('status', '=', 'waiting')
      return (await query.executeTakeFirst()).numUpdatedRows > 0n
    },
    async sendAgain(id, at) {
      const query = write
        .updateTable(TABLE)
        .set({ status: 'waiting', next_attempt_at: at.getTime(), settled_at: null })
        .where('id', '=', id)
      await query.execute()
    },
    async release(webhookId, at) {
      const query = write.updateTable(TABLE).set({ next_attempt_at: at.getTime() })
      await query.where('webhook_id', '=', webhookId).where('status', '=', 'waiting').execute()
    },
    async removeSettled(before) {
      await write.deleteFrom(TABLE).where('settled_at', '<', before.getTime()).execute()
    },
  }
}
