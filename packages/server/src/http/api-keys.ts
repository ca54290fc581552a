import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { ApiKey } from '../domain/api-key.ts'
import {
  type ApiKeyChange,
  changeApiKey,
  createApiKey,
  findApiKey,
  listApiKeys,
  removeApiKey,
  rotateApiKey,
  setApiKeyEnabled,
  type ToldApiKey,
} from '../domain/manage-api-keys.ts'
import { PERMISSIONS, type Permission } from '../domain/permission.ts'
import type { World } from '../domain/world.ts'
import { EnableBody, IdParams, refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { overlapHoursOf, rotateBody } from './rotate-body.ts'
import { principalOf } from './route.ts'
import { secondText } from './timestamp.ts'

type Id = { readonly id: string }

const PATH = '/account/api/v1/api-key'
const VIEW = { permission: 'VIEW_AM_API_KEY', isForManagers: true } as const
const MANAGE = { permission: 'MANAGE_AM_API_KEY', isForManagers: true } as const

/** API keys: made, looked at, changed, rotated, disabled and deleted. */
export function addApiKeyRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now' | 'keys'>): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request, reply) => {
      const { user_id: userId, enabled } = request.query
      const keys = (await listApiKeys(world, principalOf(request))).filter(
        (apiKey) =>
          (userId === undefined || apiKey.userId === userId) && (enabled === undefined || apiKey.enabled === enabled),
      )
      return pageOf(request, reply, keys).map(apiKeyView)
    },
  )

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    apiKeyView(await findApiKey(world, principalOf(request), request.params.id)),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      const { name, user_id: userId } = request.body
      const wanted = { ...changeOf(request.body), name, ...(userId !== undefined && { userId }) }
      return reply.status(201).send(toldView(await createApiKey(world, principalOf(request), wanted)))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      return apiKeyView(await changeApiKey(world, principalOf(request), request.params.id, changeOf(request.body)))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof EnableBody> }>(
    `${PATH}/:id/enable`,
    { config: MANAGE, schema: ENABLE_SCHEMA },
    async (request) =>
      apiKeyView(await setApiKeyEnabled(world, principalOf(request), request.params.id, request.body.enabled)),
  )

  app.post<{ Params: Id; Body: Static<typeof RotateBody> | null }>(
    `${PATH}/:id/rotate`,
    { config: MANAGE, schema: ROTATE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body ?? {}, RotateBody)
      const overlapHours = overlapHoursOf(request.body)
      return toldView(await rotateApiKey(world, principalOf(request), request.params.id, { overlapHours }))
    },
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeApiKey(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

function changeOf({ name, end_date, scopes, allowed_networks }: Static<typeof ChangeBody>): ApiKeyChange {
  return {
    ...(name !== undefined && { name }),
    ...(end_date !== undefined && { endDate: end_date }),
    ...(scopes !== undefined && { scopes }),
    ...(allowed_networks !== undefined && { allowedNetworks: allowed_networks }),
  }
}

/** What is told of an API key: never its text. */
export function apiKeyView(apiKey: ApiKey): Static<typeof ApiKeyView> {
  return {
    id: apiKey.id,
    user_id: apiKey.userId,
    name: apiKey.name,
    prefix: apiKey.prefix,
    enabled: apiKey.enabled,
    end_date: apiKey.endsAt ? secondText(apiKey.endsAt) : null,
    scopes: apiKey.scopes ? [...apiKey.scopes] : null,
    allowed_networks: [...apiKey.allowedNetworks],
    previous_key_end_date: apiKey.previous ? secondText(apiKey.previous.endsAt) : null,
    created_at: secondText(apiKey.createdAt),
  }
}

function toldView({ apiKey, text }: ToldApiKey): Static<typeof ToldApiKeyView> {
  return { ...apiKeyView(apiKey), api_key: text }
}

const Scope = Type.Enum([...PERMISSIONS], { type: 'string', title: 'Permission' })

const limits = {
  end_date: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 40,
      description: 'ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end',
    }),
  ),
  scopes: Type.Optional(
    Type.Unsafe<Permission[] | null>({
      type: ['array', 'null'],
      items: Scope,
      maxItems: PERMISSIONS.length,
      description: 'What the key may of all that its user may. null: everything',
    }),
  ),
  allowed_networks: Type.Optional(
    Type.Array(Type.String({ maxLength: 60 }), {
      maxItems: 100,
      description: 'From where the key counts, in CIDR notation. Empty: from anywhere',
    }),
  ),
}

const Name = Type.String({ maxLength: 200, description: 'What people know it by: 1 to 100 characters' })

const CreateBody = Type.Object(
  {
    name: Name,
    user_id: Type.Optional(Type.String({ description: 'Whose key it is; yours unless it says another' })),
    ...limits,
  },
  { title: 'CreateApiKey' },
)

const ChangeBody = Type.Object({ name: Type.Optional(Name), ...limits }, { title: 'ChangeApiKey' })

const RotateBody = rotateBody('RotateApiKey', 'the old key counts')

const ListQuery = Type.Object({
  user_id: Type.Optional(Type.String()),
  enabled: Type.Optional(Type.Boolean()),
  ...PageQuery,
})

const viewFields = {
  id: Type.String(),
  user_id: Type.String(),
  name: Type.String(),
  prefix: Type.String({ description: 'How the key begins' }),
  enabled: Type.Boolean(),
  end_date: Type.Union([Type.Null(), Type.String({ format: 'date-time' })]),
  scopes: Type.Union([Type.Null(), Type.Array(Scope)]),
  allowed_networks: Type.Array(Type.String()),
  previous_key_end_date: Type.Union([Type.Null(), Type.String({ format: 'date-time' })], {
    description: 'Until when the key before the last rotation counts',
  }),
  created_at: Type.String({ format: 'date-time' }),
}

const ApiKeyView = Type.Object(viewFields, { title: 'ApiKey' })

const ToldApiKeyView = Type.Object(
  { ...viewFields, api_key: Type.String({ description: 'The key itself: it is told here and never again' }) },
  { title: 'ToldApiKey' },
)

const example: Static<typeof ApiKeyView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  user_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11',
  name: 'Picture desk',
  prefix: '01c4f2a9',
  enabled: true,
  end_date: '2027-12-31T23:59:59Z',
  scopes: ['SIGN_CTM_CONTENT'],
  allowed_networks: ['192.0.2.0/24'],
  previous_key_end_date: null,
  created_at: '2026-11-23T00:00:00Z',
}
const toldExample = { ...example, api_key: '01c4f2a9…_…' }

const NOT_FOUND = { 404: accountAnswer('There is none', 'api_key_not_found', 'There is no such API key.') }
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'end_date: 2020-01-01T00:00:00.000Z has passed.',
  ),
}
const tags = ['Account']
const one = jsonAnswer('The key', ApiKeyView, { key: { summary: 'a key', value: example } })
const told = jsonAnswer('The key, with its text', ToldApiKeyView, { key: { summary: 'a key', value: toldExample } })

const LIST_SCHEMA = {
  tags,
  operationId: 'listApiKeys',
  summary: 'List API keys',
  description: 'Your own, and with VIEW_AM_USER those of the account. x-total-count says how many there are.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The keys, oldest first', Type.Array(ApiKeyView), {
      keys: { summary: 'one key', value: [example] },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getApiKey',
  summary: 'Get an API key',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createApiKey',
  summary: 'Create an API key',
  description: 'It may at most what you may. The key is in this answer only.',
  body: CreateBody,
  response: {
    201: told,
    ...INVALID,
    404: accountAnswer('There is no such user', 'user_not_found', 'There is no such user.'),
    409: accountAnswer('There are too many', 'too_many_api_keys', 'A user has at most 100 API keys: delete one.'),
    ...declinedAnswers(MANAGE.permission),
  },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeApiKey',
  summary: 'Change an API key',
  description: 'Name, end date, scopes and networks. What is left out stays as it is.',
  params: IdParams,
  body: ChangeBody,
  response: { 200: one, ...INVALID, ...NOT_FOUND, ...declinedAnswers(MANAGE.permission) },
}

const ENABLE_SCHEMA = {
  tags,
  operationId: 'enableApiKey',
  summary: 'Enable or disable an API key',
  description: 'It acts on the next request.',
  params: IdParams,
  body: EnableBody,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(MANAGE.permission) },
}

const ROTATE_SCHEMA = {
  tags,
  operationId: 'rotateApiKey',
  summary: 'Rotate an API key',
  description: 'Gives it a new text, in this answer only. The old one counts until the overlap ends.',
  params: IdParams,
  // Without a body it is rotated with the usual overlap.
  body: Type.Union([RotateBody, Type.Null()]),
  response: {
    200: told,
    ...NOT_FOUND,
    409: accountAnswer(
      'It does not count, or was rotated a moment ago',
      'api_key_not_active',
      'Only a key that counts is rotated: enable it, or extend its end.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteApiKey',
  summary: 'Delete an API key',
  params: IdParams,
  response: { 204: { description: 'It is gone' }, ...NOT_FOUND, ...declinedAnswers(MANAGE.permission) },
}
