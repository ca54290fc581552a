/** What is queued for webhooks is sent by whichever node comes first. */
import { administratorsOf } from './administrator.ts'
import { queueMail } from './deliver-mail.ts'
import type { MailContent } from './mail.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import { isGivenUp, retryAt } from './retry.ts'
import type { Webhook, WebhookDelivery, WebhookOutcome } from './webhook.ts'
import type { World } from './world.ts'

/** Sends a delivery, signed by each of the secrets; what came of it has a fault, in words for the webhook's owner, when it was not taken. */
export type SendWebhook = (request: {
  readonly url: string
  readonly secrets: readonly Uint8Array[]
  readonly delivery: Pick<WebhookDelivery, 'id' | 'event' | 'body'>
  readonly at: Date
}) => Promise<WebhookOutcome>

/** In one go: the job comes around again soon. */
const AT_ONCE = 64
/** Of one webhook: the others' turn comes in the same go. */
const OF_EACH = 8
/** So many at the same time: a receiver that says nothing holds up few others. */
const SIDE_BY_SIDE = 8
/** For so long they are listed. */
const KEPT_MS = 30 * 86_400_000
/** After so long without a success a webhook is disabled; what waits for it has two days more. */
const FAILING_DAYS = 3
const FAILING_MS = FAILING_DAYS * 86_400_000
/** What waits for a disabled webhook is looked at so often. */
const DISABLED_MS = 3_600_000

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
  const due = [...(await world.store.webhookDeliveries.listDue(world.now(), AT_ONCE, OF_EACH))]
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
  const { store, now } = world
  const webhook = await store.webhooks.find(delivery.webhookId)
  if (!webhook) {
    const outcome = { fault: 'the webhook is gone', answerStatus: undefined }
    await store.webhookDeliveries.settle(delivery.id, { ...outcome, at: now() })
    return false
  }
  if (!webhook.enabled) {
    await keepWaiting(world, webhook, delivery)
    return false
  }
  const nextAttemptAt = retryAt(now(), delivery.attempts)
  if (!(await store.webhookDeliveries.begin(delivery, now(), nextAttemptAt))) return false
  const outcome = await send({ url: webhook.url, secrets: secretsOf(world, webhook), delivery, at: now() })
  if (outcome.fault === undefined) await settle(world, webhook, delivery, outcome)
  else await noteFailure(world, webhook, delivery, outcome, isGivenUp(delivery.createdAt, nextAttemptAt))
  return outcome.fault === undefined
}

/** The secret, and the one before it while that counts. */
function secretsOf({ keys, now }: DeliveringWorld, { id, wrappedSecret, previous }: Webhook): readonly Uint8Array[] {
  const wrapped = previous && now() < previous.endsAt ? [wrappedSecret, previous.wrappedSecret] : [wrappedSecret]
  return wrapped.map((secret) => keys.unwrapSecret(id, secret))
}

async function keepWaiting(world: DeliveringWorld, webhook: Webhook, delivery: WebhookDelivery): Promise<void> {
  const later = new Date(world.now().getTime() + DISABLED_MS)
  if (!isGivenUp(delivery.createdAt, later)) return world.store.webhookDeliveries.putOff(delivery.id, later)
  const fault = delivery.fault ?? 'the webhook is disabled'
  await settle(world, webhook, delivery, { fault, answerStatus: delivery.answerStatus }, delivery.attempts)
}

async function settle(
  { store, now }: DeliveringWorld,
  webhook: Webhook,
  delivery: WebhookDelivery,
  outcome: WebhookOutcome,
  attempts = delivery.attempts + 1,
): Promise<void> {
  await store.transaction(async ({ webhooks, webhookDeliveries, auditEvents }) => {
    const at = now()
    const isTaken = outcome.fault === undefined
    if (isTaken && webhook.failingSince) await webhooks.noteSuccess(webhook.id)
    if (!(await webhookDeliveries.settle(delivery.id, { ...outcome, at }))) return
    const event = auditEvent(at, PLATFORM, {
      action: 'webhook.deliver',
      resourceType: 'webhook',
      resourceId: webhook.id,
      accountId: webhook.accountId,
      details: { delivery: delivery.id, attempts },
    })
    await auditEvents.append({ ...event, status: isTaken ? 'success' : 'failed' })
  })
}

async function noteFailure(
  world: DeliveringWorld,
  webhook: Webhook,
  delivery: WebhookDelivery,
  outcome: WebhookOutcome,
  isLast: boolean,
): Promise<void> {
  const at = world.now()
  if (isLast) await settle(world, webhook, delivery, outcome)
  else await world.store.webhookDeliveries.noteFault(delivery.id, outcome)
  const { failingSince } = webhook
  if (!failingSince) await world.store.webhooks.noteFailure(webhook.id, at)
  else if (at.getTime() - failingSince.getTime() >= FAILING_MS) await disable(world, webhook, failingSince)
}

/** Asks a receiver no more that takes nothing, and says so to those who can do something about it. */
async function disable(world: DeliveringWorld, { id }: Webhook, failingSince: Date): Promise<void> {
  await world.store.transaction(async (repositories) => {
    await repositories.locks.take(`webhook:${id}`)
    const at = world.now()
    const webhook = await repositories.webhooks.find(id)
    // Another node, or its owner, was first.
    if (!webhook?.enabled || webhook.failingSince?.getTime() !== failingSince.getTime()) return
    await repositories.webhooks.update({ ...webhook, enabled: false })
    const host = new URL(webhook.url).host
    await repositories.auditEvents.append(
      auditEvent(at, PLATFORM, {
        action: 'webhook.disable',
        resourceType: 'webhook',
        resourceId: id,
        accountId: webhook.accountId,
        details: { host, failingSince: failingSince.toISOString() },
      }),
    )
    for (const { email } of await administratorsOf(repositories, webhook.accountId, at))
      await queueMail(world, repositories, webhook.accountId, disabledMail(email, webhook, host))
  })
}

function disabledMail(to: string, { id }: Webhook, host: string): MailContent {
  return {
    to,
    subject: `The webhook at ${host} is disabled`,
    text: `The webhook ${id} at ${host}
took nothing for ${FAILING_DAYS} days, and is disabled now.

What happens waits for it: each event for five days. See why it failed under
GET /account/api/v1/webhook/${id}/delivery
and enable it again with {"enabled": true} to
PUT /account/api/v1/webhook/${id}/enable
`,
  }
}
