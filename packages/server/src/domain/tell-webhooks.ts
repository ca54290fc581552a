/** What happens is queued for webhooks in the transaction in which it happens: none of it is lost, and nothing told that never was. */
import type { AuditEvent } from './audit-event.ts'
import type { Repositories, Store } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { Webhook, WebhookDelivery } from './webhook.ts'
import { type DeliveryEvent, type WebhookEvent, webhookEventOf } from './webhook-event.ts'

/** The same store, in which what the audit log is told of is queued for the webhooks that want to hear of it. */
export function tellingWebhooks(store: Store): Store {
  return {
    ...store,
    auditEvents: {
      ...store.auditEvents,
      append: (event) =>
        webhookEventOf(event)
          ? store.transaction((repositories) => appendAndTell(repositories, event))
          : store.auditEvents.append(event),
    },
    transaction: (work) => store.transaction((repositories) => work(telling(repositories))),
    sharedTransaction: (work) => store.sharedTransaction((repositories) => work(telling(repositories))),
  }
}

function telling(repositories: Repositories): Repositories {
  return {
    ...repositories,
    auditEvents: {
      ...repositories.auditEvents,
      append: (event) => appendAndTell(repositories, event),
    },
  }
}

async function appendAndTell(repositories: Repositories, audited: AuditEvent): Promise<void> {
  await repositories.auditEvents.append(audited)
  const told = webhookEventOf(audited)
  if (told) await queueWebhookEvent(repositories, audited.at, told)
}

/** Queues an event for each webhook of the account that is to be told of it. */
export async function queueWebhookEvent(
  { webhooks, webhookDeliveries }: Pick<Repositories, 'webhooks' | 'webhookDeliveries'>,
  at: Date,
  { accountId, event, data }: { readonly accountId: string; readonly event: WebhookEvent; readonly data: object },
): Promise<void> {
  for (const webhook of await webhooks.list(accountId))
    if (webhook.events.includes(event)) await webhookDeliveries.add(newDelivery(at, webhook, event, data))
}

/** A delivery that is to be tried at once. */
export function newDelivery(
  at: Date,
  { id: webhookId, accountId }: Pick<Webhook, 'id' | 'accountId'>,
  event: DeliveryEvent,
  data: object,
): WebhookDelivery {
  const id = uuidV7(at)
  return {
    id,
    webhookId,
    event,
    body: JSON.stringify({ id, event, created_at: at.toISOString(), account_id: accountId, data }),
    status: 'waiting',
    attempts: 0,
    attemptedAt: undefined,
    nextAttemptAt: at,
    answerStatus: undefined,
    fault: undefined,
    createdAt: at,
    settledAt: undefined,
  }
}
