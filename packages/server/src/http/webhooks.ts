import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Principal } from '../domain/authenticate.ts'
import { createWebhook, findWebhook, removeWebhook } from '../domain/manage-webhooks.ts'
import { WEBHOOK_EVENTS, type Webhook, type WebhookDelivery } from '../domain/webhook.ts'
import type { World } from '../domain/world.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

type Id = { readonly id: string }

const PATH = '/account/api/v1/webhook'
const PERMISSION = 'MANAGE_AM_ACCOUNT'
const CONFIG = { permission: PERMISSION } as const
const MOST_DELIVERIES = 100

/** The webhooks of the caller's account, and what they were told. */
export function addWebhookRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'keys' | 'now'>): void {
  app.get(PATH, { config: CONFIG, schema: LIST_SCHEMA }, async (request) =>
    (await world.store.webhooks.list(principalOf(request).account.id)).map(webhookView),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: CONFIG, schema: CREATE_SCHEMA },
    async (request, reply) => {
      const { url, events } = request.body
      const { webhook, secret } = await createWebhook(world, actorOf(principalOf(request)), { url, events })
      return reply.status(201).send({ ...webhookView(webhook), secret })
    },
  )

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: CONFIG, schema: GET_SCHEMA }, async (request) =>
    webhookView(await findWebhook(world, principalOf(request).account.id, request.params.id)),
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: CONFIG, schema: DELETE_SCHEMA }, async (request, reply) => {
    await removeWebhook(world, actorOf(principalOf(request)), request.params.id)
    return reply.status(204).send()
  })

  app.get<{ Params: Id }>(`${PATH}/:id/delivery`, { config: CONFIG, schema: DELIVERIES_SCHEMA }, async (request) => {
    const { id } = await findWebhook(world, principalOf(request).account.id, request.params.id)
    return (await world.store.webhookDeliveries.list(id, MOST_DELIVERIES)).map(deliveryView)
  })
}

function actorOf({ user, account }: Principal) {
  return { kind: 'user', id: user.id, accountId: account.id } as const
}

function webhookView({ id, url, events, createdAt, createdBy }: Webhook): Static<typeof WebhookView> {
  return { id, url, events: [...events], created_at: createdAt.toISOString(), created_by: createdBy }
}

function deliveryView(delivery: WebhookDelivery): Static<typeof DeliveryView> {
  return {
    id: delivery.id,
    event: delivery.event,
    status: delivery.status,
    attempts: delivery.attempts,
    created_at: delivery.createdAt.toISOString(),
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    settled_at: delivery.settledAt?.toISOString() ?? null,
    fault: delivery.fault ?? null,
    payload: JSON.parse(delivery.body) as Record<string, unknown>,
  }
}

const Event = Type.Enum([...WEBHOOK_EVENTS], { type: 'string' })
const Moment = Type.String({ format: 'date-time' })
const MomentOrNull = Type.Union([Moment, Type.Null()])

const WEBHOOK_PROPERTIES = {
  id: Type.String(),
  url: Type.String(),
  events: Type.Array(Event),
  created_at: Moment,
  created_by: Type.String({ description: 'The id of a user' }),
}
const WebhookView = Type.Object(WEBHOOK_PROPERTIES, { title: 'Webhook' })
const CreatedView = Type.Object(
  { ...WEBHOOK_PROPERTIES, secret: Type.String({ description: 'What deliveries are signed with; shown this once' }) },
  { title: 'CreatedWebhook' },
)

const DeliveryView = Type.Object(
  {
    id: Type.String(),
    event: Event,
    status: Type.Enum(['waiting', 'delivered', 'failed'], { type: 'string' }),
    attempts: Type.Integer(),
    created_at: Moment,
    next_attempt_at: MomentOrNull,
    settled_at: MomentOrNull,
    fault: Type.Union([Type.String(), Type.Null()], { description: 'Why the last attempt failed' }),
    payload: Type.Object({}, { additionalProperties: true, description: 'The body that is sent' }),
  },
  { title: 'WebhookDelivery' },
)

const CreateBody = Type.Object(
  {
    url: Type.String({ description: 'https, on port 443 of a public address' }),
    events: Type.Array(Type.String(), { minItems: 1, maxItems: 50, description: WEBHOOK_EVENTS.join(', ') }),
  },
  { title: 'CreateWebhook', additionalProperties: false },
)

const example: Static<typeof WebhookView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  url: 'https://example.com/hook',
  events: ['client_auth_certificate.ending'],
  created_at: '2026-11-23T00:00:00.000Z',
  created_by: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11',
}
const exampleDelivery: Static<typeof DeliveryView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f12',
  event: 'client_auth_certificate.ending',
  status: 'delivered',
  attempts: 1,
  created_at: '2026-11-23T00:00:00.000Z',
  next_attempt_at: null,
  settled_at: '2026-11-23T00:00:01.000Z',
  fault: null,
  payload: {
    id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f12',
    event: 'client_auth_certificate.ending',
    created_at: '2026-11-23T00:00:00.000Z',
    account_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f13',
    data: {
      id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f14',
      name: 'build',
      holder: 'Newsroom',
      ends_at: '2026-11-30T00:00:00.000Z',
      days: 7,
    },
  },
}

const DECLINED = declinedAnswers(PERMISSION)
const MISSING = { 404: accountAnswer('There is none', 'webhook_not_found', 'There is no such webhook.') }

const LIST_SCHEMA = {
  tags: ['Account'],
  operationId: 'listWebhooks',
  summary: 'List the webhooks of the account',
  response: {
    200: jsonAnswer('The webhooks, oldest first', Type.Array(WebhookView), {
      webhooks: { summary: 'one webhook', value: [example] },
    }),
    ...DECLINED,
  },
}

const CREATE_SCHEMA = {
  tags: ['Account'],
  operationId: 'createWebhook',
  summary: 'Have a URL told what happens in the account',
  description:
    'Each delivery is a POST of JSON with Countersign-Signature: t=<seconds since 1970>,v1=<HMAC-SHA-256, keyed with the secret, of "<t>.<body>", in hexadecimal>. Countersign-Delivery is the same however often a delivery comes.',
  body: CreateBody,
  response: {
    201: jsonAnswer('The webhook, with its secret', CreatedView, {
      webhook: { summary: 'one webhook', value: { ...example, secret: '5f2b…' } },
    }),
    400: accountAnswer(
      'A URL or an event that will not do',
      'invalid_url',
      'url has to be an https URL on port 443, without a user name, as https://example.com/hook.',
    ),
    409: accountAnswer('There are too many', 'too_many_webhooks', 'An account may have 20 webhooks.'),
    ...DECLINED,
  },
}

const GET_SCHEMA = {
  tags: ['Account'],
  operationId: 'getWebhook',
  summary: 'Look at a webhook',
  response: {
    200: jsonAnswer('The webhook', WebhookView, { webhook: { summary: 'one webhook', value: example } }),
    ...MISSING,
    ...DECLINED,
  },
}

const DELETE_SCHEMA = {
  tags: ['Account'],
  operationId: 'deleteWebhook',
  summary: 'Remove a webhook, with its deliveries',
  response: { 204: { description: 'It is gone' }, ...MISSING, ...DECLINED },
}

const DELIVERIES_SCHEMA = {
  tags: ['Account'],
  operationId: 'listWebhookDeliveries',
  summary: 'List what a webhook was told, or is to be told',
  response: {
    200: jsonAnswer('The newest 100 of the last 30 days, newest first', Type.Array(DeliveryView), {
      deliveries: { summary: 'one delivery', value: [exampleDelivery] },
    }),
    ...MISSING,
    ...DECLINED,
  },
}
