import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import {
  changeWebhook,
  createWebhook,
  findWebhook,
  removeWebhook,
  rotateWebhookSecret,
  setWebhookEnabled,
  type ToldWebhook,
} from '../domain/manage-webhooks.ts'
import type { Webhook } from '../domain/webhook.ts'
import { WEBHOOK_EVENTS } from '../domain/webhook-event.ts'
import type { World } from '../domain/world.ts'
import { EnableBody, IdParams, refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { overlapHoursOf, rotateBody } from './rotate-body.ts'
import { principalOf } from './route.ts'
import { secondText } from './timestamp.ts'
import { addWebhookDeliveryRoutes, managerOf, NO_WEBHOOK, WEBHOOK_PATH, WEBHOOK_ROUTE } from './webhook-deliveries.ts'

type Id = { readonly id: string }

/** The webhooks of the caller's account, and what they were told. */
export function addWebhookRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'keys' | 'now'>): void {
  const config = WEBHOOK_ROUTE

  app.get(WEBHOOK_PATH, { config, schema: LIST_SCHEMA }, async (request, reply) =>
    pageOf(request, reply, await world.store.webhooks.list(principalOf(request).account.id)).map(webhookView),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    WEBHOOK_PATH,
    { config, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      return reply.status(201).send(toldView(await createWebhook(world, managerOf(request), request.body)))
    },
  )

  app.get<{ Params: Id }>(`${WEBHOOK_PATH}/:id`, { config, schema: GET_SCHEMA }, async (request) =>
    webhookView(await findWebhook(world, principalOf(request).account.id, request.params.id)),
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${WEBHOOK_PATH}/:id`,
    { config, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      return webhookView(await changeWebhook(world, managerOf(request), request.params.id, request.body))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof EnableBody> }>(
    `${WEBHOOK_PATH}/:id/enable`,
    { config, schema: ENABLE_SCHEMA },
    async (request) =>
      webhookView(await setWebhookEnabled(world, managerOf(request), request.params.id, request.body.enabled)),
  )

  app.post<{ Params: Id; Body: Static<typeof RotateBody> | null }>(
    `${WEBHOOK_PATH}/:id/rotate`,
    { config, schema: ROTATE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body ?? {}, RotateBody)
      const overlapHours = overlapHoursOf(request.body)
      return toldView(await rotateWebhookSecret(world, managerOf(request), request.params.id, { overlapHours }))
    },
  )

  app.delete<{ Params: Id }>(`${WEBHOOK_PATH}/:id`, { config, schema: DELETE_SCHEMA }, async (request, reply) => {
    await removeWebhook(world, managerOf(request), request.params.id)
    return reply.status(204).send()
  })

  addWebhookDeliveryRoutes(app, world)
}

function webhookView(webhook: Webhook): Static<typeof WebhookView> {
  return {
    id: webhook.id,
    url: webhook.url,
    events: [...webhook.events],
    enabled: webhook.enabled,
    failing_since: webhook.failingSince ? secondText(webhook.failingSince) : null,
    previous_secret_end_date: webhook.previous ? secondText(webhook.previous.endsAt) : null,
    created_at: secondText(webhook.createdAt),
    created_by: webhook.createdBy,
  }
}

function toldView({ webhook, secret }: ToldWebhook): Static<typeof ToldView> {
  return { ...webhookView(webhook), secret }
}

const Event = Type.Enum([...WEBHOOK_EVENTS], { type: 'string', title: 'WebhookEvent' })
const Moment = Type.String({ format: 'date-time' })
const MomentOrNull = (description: string) => Type.Union([Moment, Type.Null()], { description })

const viewFields = {
  id: Type.String(),
  url: Type.String(),
  events: Type.Array(Event),
  enabled: Type.Boolean({ description: 'While it is not, what happens waits for it, each event for five days' }),
  failing_since: MomentOrNull('Since when it takes nothing; after three days it is disabled'),
  previous_secret_end_date: MomentOrNull('Until when the secret before the last rotation signs too'),
  created_at: Moment,
  created_by: Type.String({ description: 'The id of a user' }),
}
const WebhookView = Type.Object(viewFields, { title: 'Webhook' })
const ToldView = Type.Object(
  {
    ...viewFields,
    secret: Type.String({ description: 'What deliveries are signed with: it is told here and never again' }),
  },
  { title: 'ToldWebhook' },
)

const bodyFields = {
  url: Type.String({ description: 'https, on port 443 of a public address' }),
  events: Type.Array(Type.String(), { minItems: 1, maxItems: 50, description: WEBHOOK_EVENTS.join(', ') }),
}
const CreateBody = Type.Object(bodyFields, { title: 'CreateWebhook' })
const ChangeBody = Type.Object(
  { url: Type.Optional(bodyFields.url), events: Type.Optional(bodyFields.events) },
  { title: 'ChangeWebhook' },
)
const RotateBody = rotateBody('RotateWebhook', 'the old secret signs')

const example: Static<typeof WebhookView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  url: 'https://example.com/hook',
  events: ['client_auth_certificate.ending', 'client_auth_certificate.issued'],
  enabled: true,
  failing_since: null,
  previous_secret_end_date: null,
  created_at: '2026-11-23T00:00:00Z',
  created_by: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11',
}

const tags = ['Account']
const DECLINED = declinedAnswers(WEBHOOK_ROUTE.permission)
const INVALID = {
  400: accountAnswer(
    'A URL or an event that will not do',
    'invalid_url',
    'url has to be an https URL on port 443, without a user name, as https://example.com/hook.',
  ),
}
const one = jsonAnswer('The webhook', WebhookView, { webhook: { summary: 'one webhook', value: example } })
const told = jsonAnswer('The webhook, with its secret', ToldView, {
  webhook: { summary: 'one webhook', value: { ...example, secret: 'whsec_MfKQ9r8…' } },
})

const LIST_SCHEMA = {
  tags,
  operationId: 'listWebhooks',
  summary: 'List the webhooks of the account',
  querystring: Type.Object(PageQuery),
  response: {
    200: jsonAnswer('The webhooks, oldest first', Type.Array(WebhookView), {
      webhooks: { summary: 'one webhook', value: [example] },
    }),
    ...DECLINED,
  },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createWebhook',
  summary: 'Have a URL told what happens in the account',
  description:
    'Each delivery is a POST of JSON, signed as Standard Webhooks has it: webhook-signature holds "v1," and HMAC-SHA-256 over "{webhook-id}.{webhook-timestamp}.{body}" in base64, keyed with the bytes that the secret has after whsec_. webhook-id is the same however often a delivery comes.',
  body: CreateBody,
  response: {
    201: told,
    ...INVALID,
    409: accountAnswer('There are too many', 'too_many_webhooks', 'An account may have 20 webhooks.'),
    ...DECLINED,
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getWebhook',
  summary: 'Look at a webhook',
  params: IdParams,
  response: { 200: one, ...NO_WEBHOOK, ...DECLINED },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeWebhook',
  summary: 'Change where a webhook is, and what it is told of',
  description: 'What is left out stays as it is. What waits goes to the new URL.',
  params: IdParams,
  body: ChangeBody,
  response: { 200: one, ...INVALID, ...NO_WEBHOOK, ...DECLINED },
}

const ENABLE_SCHEMA = {
  tags,
  operationId: 'enableWebhook',
  summary: 'Disable a webhook, or enable it again',
  description:
    'What happens while it is disabled waits for it, each event for five days, and is sent once it is enabled.',
  params: IdParams,
  body: EnableBody,
  response: { 200: one, ...NO_WEBHOOK, ...DECLINED },
}

const ROTATE_SCHEMA = {
  tags,
  operationId: 'rotateWebhook',
  summary: 'Rotate the secret of a webhook',
  description:
    'Gives it a new secret, in this answer only. Until the overlap ends, webhook-signature holds two signatures, one by each secret, with a space between them.',
  params: IdParams,
  // Without a body it is rotated with the usual overlap.
  body: Type.Union([RotateBody, Type.Null()]),
  response: {
    200: told,
    ...NO_WEBHOOK,
    409: accountAnswer(
      'It was rotated a moment ago',
      'rotation_under_way',
      'The secret was rotated, and the one before signs until 2026-11-24T00:00:00.000Z: wait, or end both with overlap_hours 0.',
    ),
    ...DECLINED,
  },
}

const DELETE_SCHEMA = {
  tags,
  operationId: 'deleteWebhook',
  summary: 'Remove a webhook, with its deliveries',
  params: IdParams,
  response: { 204: { description: 'It is gone' }, ...NO_WEBHOOK, ...DECLINED },
}
