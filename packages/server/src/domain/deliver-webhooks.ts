/** What webhooks are told: queued in the transaction of what happened, sent afterwards by whichever node comes first. */
import { utf8Text } from '@countersign/codec'
import { auditEvent, PLATFORM } from './record-event.ts'
import { isGivenUp, retryAt } from './retry.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { WebhookDelivery, WebhookEvent } from './webhook.ts'
import type { World } from './world.ts'

/** Sends a delivery, signed by the secret; why it was not taken, in words for the webhook's owner, or undefined when it was. */
export type SendWebhook = (request: {
  readonly url: string
  readonly secret: string
  readonly delivery: Pick<WebhookDelivery, 'id' | 'event' | 'body'>
  readonly at: Date
}) => Promise<string | undefined>

/** Queues an event for each webhook of the account that is to be told of it. */
export async function queueWebhookEvent(
  { webhooks, webhookDeliveries }: Pick<Repositories, 'webhooks' | 'webhookDeliveries'>,
  at: Date,
  { accountId, event, data }: { readonly accountId: string; readonly event: WebhookEvent; readonly data: object },
): Promise<void> {
  for (const webhook of await webhooks.list(accountId)) {
    if (!webhook.events.includes(event)) continue
    const id = uuidV7(at)
    await webhookDeliveries.add({
      id,
      webhookId: webhook.id,
      event,
      body: JSON.stringify({ id, event, created_at: at.toISOString(), account_id: accountId, data }),
      status: 'waiting',
      attempts: 0,
      nextAttemptAt: at,
      fault: undefined,
      createdAt: at,
      settledAt: undefined,
    })
  }
}

/** In one go: the job comes around again soon. */
const AT_ONCE = 64
/** So many at the same time: a receiver that says nothing holds up few others. */
const SIDE_BY_SIDE = 8
/** For so long they are listed. */
const KEPT_MS = 30 * 86_400_000

type DeliveringWorld = Pick<World, 'store' | 'keys' | 'now'>

/**
 * Sends what is due; how many were taken. Whoever takes a delivery puts its next attempt off first, so that a crash delays it and never loses
 * it, and nothing more is begun once `leaving` says so. A receiver that gets it twice knows it by its id.
 */
export async function deliverDueWebhooks(
  world: DeliveringWorld,
  send: SendWebhook,
  leaving?: AbortSignal,
): Promise<number> {
  const due = [...(await world.store.webhookDeliveries.listDue(world.now(), AT_ONCE))]
  let delivered = 0
  const work = async (): Promise<void> => {
    for (let next = due.shift(); next && !leaving?.aborted; next = due.shift())
      if (await deliver(world, send, next)) delivered++
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  await world.store.webhookDeliveries.removeSettled(new Date(world.now().getTime() - KEPT_MS))
  return delivered
}

async function deliver(world: DeliveringWorld, send: SendWebhook, delivery: WebhookDelivery): Promise<boolean> {
  const { store, keys, now } = world
  const webhook = await store.webhooks.find(delivery.webhookId)
  const nextAttemptAt = retryAt(now(), delivery.attempts)
  if (!webhook) {
    await store.webhookDeliveries.settle(delivery.id, { at: now(), fault: 'the webhook is gone' })
    return false
  }
  if (!(await store.webhookDeliveries.begin(delivery, nextAttemptAt))) return false
  const secret = utf8Text(keys.unwrapSecret(webhook.id, webhook.wrappedSecret))
  const fault = await send({ url: webhook.url, secret, delivery, at: now() })
  if (fault !== undefined && !isGivenUp(delivery.createdAt, nextAttemptAt)) {
    await store.webhookDeliveries.noteFault(delivery.id, fault)
    return false
  }
  await store.transaction(async ({ webhookDeliveries, auditEvents }) => {
    const at = now()
    if (!(await webhookDeliveries.settle(delivery.id, { at, fault }))) return
    const event = auditEvent(at, PLATFORM, {
      action: 'webhook.deliver',
      resourceType: 'webhook',
      resourceId: webhook.id,
      accountId: webhook.accountId,
      details: { delivery: delivery.id, attempts: delivery.attempts + 1 },
    })
    await auditEvents.append({ ...event, status: fault === undefined ? 'success' : 'failed' })
  })
  return fault === undefined
}
