import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { findWebhook, sendDeliveryAgain, testWebhook } from '../domain/manage-webhooks.ts'
import type { WebhookDelivery } from '../domain/webhook.ts'
import { TEST_EVENT, WEBHOOK_EVENTS } from '../domain/webhook-event.ts'
import type { World } from '../domain/world.ts'
import { IdParams } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

type Id = { readonly id: string }

/** Where webhooks are. */
export const WEBHOOK_PATH = '/account/api/v1/webhook'

/** What everything about them takes. */
export const WEBHOOK_ROUTE = { permission: 'MANAGE_AM_ACCOUNT' } as const

/** For the document: there is none of that id. */
export const NO_WEBHOOK = { 404: accountAnswer('There is none', 'webhook_not_found', 'There is no such webhook.') }

const MOST_DELIVERIES = 100

/** Who manages the webhooks of its account. */
export function managerOf(request: FastifyRequest) {
  const { user, account } = principalOf(request)
  return { kind: 'user', id: user.id, accountId: account.id } as const
}

/** What webhooks were told and are to be told: listed, tried, and sent again. */
export function addWebhookDeliveryRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'keys' | 'now'>): void {
  const config = WEBHOOK_ROUTE

  app.get<{ Params: Id }>(`${WEBHOOK_PATH}/:id/delivery`, { config, schema: LIST_SCHEMA }, async (request) => {
    const { id } = await findWebhook(world, principalOf(request).account.id, request.params.id)
    return (await world.store.webhookDeliveries.list(id, MOST_DELIVERIES)).map(deliveryView)
  })

  app.post<{ Params: Id }>(`${WEBHOOK_PATH}/:id/test`, { config, schema: TEST_SCHEMA }, async (request, reply) =>
    reply.status(202).send(deliveryView(await testWebhook(world, managerOf(request), request.params.id))),
  )

  app.post<{ Params: Id & { readonly delivery_id: string } }>(
    `${WEBHOOK_PATH}/:id/delivery/:delivery_id/resend`,
    { config, schema: RESEND_SCHEMA },
    async (request, reply) => {
      const { id: webhookId, delivery_id: deliveryId } = request.params
      const delivery = await sendDeliveryAgain(world, managerOf(request), { webhookId, deliveryId })
      return reply.status(202).send(deliveryView(delivery))
    },
  )
}

function deliveryView(delivery: WebhookDelivery): Static<typeof DeliveryView> {
  return {
    id: delivery.id,
    event: delivery.event,
    status: delivery.status,
    attempts: delivery.attempts,
    created_at: delivery.createdAt.toISOString(),
    attempted_at: delivery.attemptedAt?.toISOString() ?? null,
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    settled_at: delivery.settledAt?.toISOString() ?? null,
    answer_status: delivery.answerStatus ?? null,
    fault: delivery.fault ?? null,
    payload: JSON.parse(delivery.body) as Record<string, unknown>,
  }
}

const Moment = Type.String({ format: 'date-time' })
const MomentOrNull = Type.Union([Moment, Type.Null()])

const DeliveryView = Type.Object(
  {
    id: Type.String({ description: 'What it is sent as webhook-id' }),
    event: Type.Enum([...WEBHOOK_EVENTS, TEST_EVENT], { type: 'string' }),
    status: Type.Enum(['waiting', 'delivered', 'failed'], { type: 'string' }),
    attempts: Type.Integer(),
    created_at: Moment,
    attempted_at: MomentOrNull,
    next_attempt_at: MomentOrNull,
    settled_at: MomentOrNull,
    answer_status: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Of the last answer; null: there was none',
    }),
    fault: Type.Union([Type.String(), Type.Null()], { description: 'Why the last attempt failed' }),
    payload: Type.Object({}, { additionalProperties: true, description: 'The body that is sent' }),
  },
  { title: 'WebhookDelivery' },
)

const example: Static<typeof DeliveryView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f12',
  event: 'client_auth_certificate.ending',
  status: 'delivered',
  attempts: 1,
  created_at: '2026-11-23T00:00:00.000Z',
  attempted_at: '2026-11-23T00:00:01.000Z',
  next_attempt_at: null,
  settled_at: '2026-11-23T00:00:01.000Z',
  answer_status: 204,
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

const tags = ['Account']
const DECLINED = declinedAnswers(WEBHOOK_ROUTE.permission)
const DISABLED = {
  409: accountAnswer('It is disabled', 'webhook_disabled', 'Nothing is sent to a disabled webhook: enable it first.'),
}
const waiting = jsonAnswer('The delivery, which is sent within ten seconds', DeliveryView, {
  delivery: {
    summary: 'one delivery',
    value: { ...example, status: 'waiting', next_attempt_at: '2026-11-23T00:00:02.000Z', settled_at: null },
  },
})

const LIST_SCHEMA = {
  tags,
  operationId: 'listWebhookDeliveries',
  summary: 'List what a webhook was told, or is to be told',
  params: IdParams,
  response: {
    200: jsonAnswer('The newest 100 of the last 30 days, newest first', Type.Array(DeliveryView), {
      deliveries: { summary: 'one delivery', value: [example] },
    }),
    ...NO_WEBHOOK,
    ...DECLINED,
  },
}

const TEST_SCHEMA = {
  tags,
  operationId: 'testWebhook',
  summary: `Send a webhook the event ${TEST_EVENT}`,
  params: IdParams,
  response: { 202: waiting, ...NO_WEBHOOK, ...DISABLED, ...DECLINED },
}

const RESEND_SCHEMA = {
  tags,
  operationId: 'resendWebhookDelivery',
  summary: 'Send a delivery again',
  description:
    'At once, whatever came of it before, and with the same webhook-id: a receiver that has it may pass it over.',
  params: Type.Object({ id: Type.String(), delivery_id: Type.String() }),
  response: {
    202: waiting,
    404: accountAnswer('There is none', 'webhook_delivery_not_found', 'There is no such delivery.'),
    ...DISABLED,
    ...DECLINED,
  },
}
