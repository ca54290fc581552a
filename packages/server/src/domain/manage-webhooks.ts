/** Webhooks: made, changed, tried and removed by those who may manage the account. */
import { encodeBase64 } from '@countersign/codec'
import { randomBytes } from '@countersign/pki'
import type { AuditEvent } from './audit-event.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { newDelivery } from './tell-webhooks.ts'
import { uuidV7 } from './uuid.ts'
import type { Webhook, WebhookDelivery } from './webhook.ts'
import { TEST_EVENT, WEBHOOK_EVENTS, type WebhookEvent } from './webhook-event.ts'
import type { World } from './world.ts'

type WebhookWorld = Pick<World, 'store' | 'keys' | 'now'>
/** A user, for its account. */
type Manager = Actor & { readonly id: string; readonly accountId: string }

const MOST_WEBHOOKS = 20

/** A webhook, and its secret, which is shown this once. */
export type ToldWebhook = { readonly webhook: Webhook; readonly secret: string }

/** Makes a webhook of an account. */
export async function createWebhook(
  { store, keys, now }: WebhookWorld,
  actor: Manager,
  { url, events }: { readonly url: string; readonly events: readonly string[] },
): Promise<ToldWebhook> {
  const at = now()
  const id = uuidV7(at)
  const { secret, wrappedSecret } = newSecret(keys, id)
  const webhook: Webhook = {
    id,
    accountId: actor.accountId,
    url: checkedUrl(url),
    events: checkedEvents(events),
    enabled: true,
    wrappedSecret,
    previous: undefined,
    failingSince: undefined,
    createdAt: at,
    createdBy: actor.id,
  }
  await store.transaction(async ({ webhooks, auditEvents, locks }) => {
    await locks.take(`webhooks of ${actor.accountId}`)
    if ((await webhooks.list(actor.accountId)).length >= MOST_WEBHOOKS)
      throw new Refusal('conflict', 'too_many_webhooks', `An account may have ${MOST_WEBHOOKS} webhooks.`)
    await webhooks.add(webhook)
    await auditEvents.append(changed(at, actor, 'webhook.create', webhook))
  })
  return { webhook, secret }
}

/** The webhook of an account; those of others are not there. */
export async function findWebhook(
  { store }: { readonly store: Pick<Repositories, 'webhooks'> },
  accountId: string,
  id: string,
): Promise<Webhook> {
  const webhook = await store.webhooks.find(id)
  if (webhook?.accountId !== accountId) throw new Refusal('not_found', 'webhook_not_found', 'There is no such webhook.')
  return webhook
}

/** Changes where it is and what it is told of. What waits goes to the new URL. */
export async function changeWebhook(
  world: WebhookWorld,
  actor: Manager,
  id: string,
  { url, events }: { readonly url?: string | undefined; readonly events?: readonly string[] | undefined },
): Promise<Webhook> {
  return manage(world, actor, id, 'webhook.update', (webhook) => ({
    ...webhook,
    ...(url !== undefined && { url: checkedUrl(url), failingSince: undefined }),
    ...(events !== undefined && { events: checkedEvents(events) }),
  }))
}

/** Lets what happens wait, or be told again, and with it what has waited. */
export async function setWebhookEnabled(
  world: WebhookWorld,
  actor: Manager,
  id: string,
  enabled: boolean,
): Promise<Webhook> {
  return manage(
    world,
    actor,
    id,
    enabled ? 'webhook.enable' : 'webhook.disable',
    (webhook) => ({ ...webhook, enabled, failingSince: undefined }),
    async ({ webhookDeliveries }) => {
      if (enabled) await webhookDeliveries.release(id, world.now())
    },
  )
}

const HOUR = 3_600_000

/** Gives it a new secret. Deliveries are signed by the one before too for the hours of overlap, so that a receiver can change over. */
export async function rotateWebhookSecret(
  world: WebhookWorld,
  actor: Manager,
  id: string,
  { overlapHours }: { readonly overlapHours: number },
): Promise<ToldWebhook> {
  const { secret, wrappedSecret } = newSecret(world.keys, id)
  const webhook = await manage(world, actor, id, 'webhook.rotate', (before, at) => {
    const { previous } = before
    if (overlapHours > 0 && previous && at < previous.endsAt)
      throw new Refusal(
        'conflict',
        'rotation_under_way',
        `The secret was rotated, and the one before signs until ${previous.endsAt.toISOString()}: wait, or end both with overlap_hours 0.`,
      )
    const endsAt = new Date(at.getTime() + overlapHours * HOUR)
    return {
      ...before,
      wrappedSecret,
      previous: overlapHours > 0 ? { wrappedSecret: before.wrappedSecret, endsAt } : undefined,
    }
  })
  return { webhook, secret }
}

/** Sends it a test, whatever it is told of otherwise. */
export async function testWebhook(world: WebhookWorld, actor: Manager, id: string): Promise<WebhookDelivery> {
  return world.store.transaction(async (repositories) => {
    const webhook = await enabledWebhook(repositories, actor, id)
    const delivery = newDelivery(world.now(), webhook, TEST_EVENT, { id })
    await repositories.webhookDeliveries.add(delivery)
    await repositories.auditEvents.append(changed(world.now(), actor, 'webhook.test', webhook))
    return delivery
  })
}

/** Sends a delivery again at once, settled or not: the same one, with the same id. */
export async function sendDeliveryAgain(
  world: WebhookWorld,
  actor: Manager,
  { webhookId, deliveryId }: { readonly webhookId: string; readonly deliveryId: string },
): Promise<WebhookDelivery> {
  return world.store.transaction(async (repositories) => {
    const webhook = await enabledWebhook(repositories, actor, webhookId)
    const delivery = await repositories.webhookDeliveries.find(deliveryId)
    if (delivery?.webhookId !== webhookId)
      throw new Refusal('not_found', 'webhook_delivery_not_found', 'There is no such delivery.')
    const at = world.now()
    await repositories.webhookDeliveries.sendAgain(deliveryId, at)
    await repositories.auditEvents.append(changed(at, actor, 'webhook.send_again', webhook, { delivery: deliveryId }))
    return { ...delivery, status: 'waiting', nextAttemptAt: at, settledAt: undefined }
  })
}

async function enabledWebhook(
  { webhooks }: Pick<Repositories, 'webhooks'>,
  { accountId }: Manager,
  id: string,
): Promise<Webhook> {
  const webhook = await findWebhook({ store: { webhooks } }, accountId, id)
  if (webhook.enabled) return webhook
  throw new Refusal('conflict', 'webhook_disabled', 'Nothing is sent to a disabled webhook: enable it first.')
}

async function manage(
  { store, now }: WebhookWorld,
  actor: Manager,
  id: string,
  action: string,
  next: (webhook: Webhook, at: Date) => Webhook,
  alongside?: (repositories: Repositories) => Promise<void>,
): Promise<Webhook> {
  return store.transaction(async (repositories) => {
    await repositories.locks.take(`webhook:${id}`)
    const at = now()
    const webhook = next(await findWebhook({ store: repositories }, actor.accountId, id), at)
    await repositories.webhooks.update(webhook)
    await alongside?.(repositories)
    await repositories.auditEvents.append(changed(at, actor, action, webhook))
    return webhook
  })
}

/** As Standard Webhooks writes secrets; the bytes are the key. */
function newSecret(keys: WebhookWorld['keys'], id: string): { secret: string; wrappedSecret: Uint8Array } {
  const bytes = randomBytes(32)
  return { secret: `whsec_${encodeBase64(bytes)}`, wrappedSecret: keys.wrapSecret(id, bytes) }
}

/** Removes a webhook; what waits for it is not sent any more. */
export async function removeWebhook(world: WebhookWorld, actor: Manager, id: string): Promise<void> {
  await world.store.transaction(async (repositories) => {
    const { webhooks, auditEvents, locks } = repositories
    await locks.take(`webhook:${id}`)
    const webhook = await findWebhook({ store: repositories }, actor.accountId, id)
    await webhooks.remove(id)
    await auditEvents.append(changed(world.now(), actor, 'webhook.delete', webhook))
  })
}

const LONGEST_URL = 2048

/** What is told has names in it: under TLS alone. Whether the address is a public one shows when it is connected to. */
function checkedUrl(text: string): string {
  const url = text.length <= LONGEST_URL ? URL.parse(text) : null
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '')
    throw new Refusal(
      'invalid',
      'invalid_url',
      'url has to be an https URL on port 443, without a user name, as https://example.com/hook.',
    )
  return url.href
}

function checkedEvents(events: readonly string[]): readonly WebhookEvent[] {
  const known = WEBHOOK_EVENTS.filter((event) => events.includes(event))
  const unknown = events.find((event) => !WEBHOOK_EVENTS.some((one) => one === event))
  if (unknown !== undefined || known.length === 0)
    throw new Refusal(
      'invalid',
      'invalid_event',
      `events${unknown === undefined ? '' : ` names ${JSON.stringify(unknown.slice(0, 100))}, which is none: it`} has to name one or more of ${WEBHOOK_EVENTS.join(', ')}.`,
    )
  return known
}

function changed(
  at: Date,
  actor: Actor,
  action: string,
  { id, url, events, enabled, previous }: Webhook,
  more: AuditEvent['details'] = {},
): AuditEvent {
  // A path or a query may hold a token of the receiver's.
  return auditEvent(at, actor, {
    action,
    resourceType: 'webhook',
    resourceId: id,
    details: {
      host: new URL(url).host,
      events,
      enabled,
      ...(previous && { previousEndsAt: previous.endsAt.toISOString() }),
      ...more,
    },
  })
}
