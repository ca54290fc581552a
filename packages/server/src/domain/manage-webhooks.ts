/** Webhooks: made, listed and removed by those who may manage the account. */
import { encodeHex, utf8Bytes } from '@countersign/codec'
import { randomBytes } from '@countersign/pki'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { uuidV7 } from './uuid.ts'
import { WEBHOOK_EVENTS, type Webhook, type WebhookEvent } from './webhook.ts'
import type { World } from './world.ts'

type WebhookWorld = Pick<World, 'store' | 'keys' | 'now'>

const MOST_WEBHOOKS = 20

/** A webhook, and its secret, which is shown this once. */
export type CreatedWebhook = { readonly webhook: Webhook; readonly secret: string }

/** Makes a webhook of an account. */
export async function createWebhook(
  { store, keys, now }: WebhookWorld,
  actor: Actor & { readonly id: string; readonly accountId: string },
  { url, events }: { readonly url: string; readonly events: readonly string[] },
): Promise<CreatedWebhook> {
  const at = now()
  const id = uuidV7(at)
  const secret = encodeHex(randomBytes(32))
  const webhook: Webhook = {
    id,
    accountId: actor.accountId,
    url: checkedUrl(url),
    events: checkedEvents(events),
    wrappedSecret: keys.wrapSecret(id, utf8Bytes(secret)),
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
export async function findWebhook({ store }: WebhookWorld, accountId: string, id: string): Promise<Webhook> {
  const webhook = await store.webhooks.find(id)
  if (webhook?.accountId !== accountId) throw new Refusal('not_found', 'webhook_not_found', 'There is no such webhook.')
  return webhook
}

/** Removes a webhook; what waits for it is not sent any more. */
export async function removeWebhook(
  world: WebhookWorld,
  actor: Actor & { readonly accountId: string },
  id: string,
): Promise<void> {
  const webhook = await findWebhook(world, actor.accountId, id)
  await world.store.transaction(async ({ webhooks, auditEvents }) => {
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
    throw new Refusal('invalid', 'invalid_event', `events has to name one or more of ${WEBHOOK_EVENTS.join(', ')}.`)
  return known
}

function changed(at: Date, actor: Actor, action: string, webhook: Webhook): ReturnType<typeof auditEvent> {
  const { id, url, events } = webhook
  // A path or a query may hold a token of the receiver's.
  return auditEvent(at, actor, {
    action,
    resourceType: 'webhook',
    resourceId: id,
    details: { host: new URL(url).host, events },
  })
}
