import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Principal } from '../domain/authenticate.ts'
import { createPerson } from '../domain/invite-person.ts'
import {
  changeUser,
  createServiceUser,
  findUser,
  listUsers,
  removeUser,
  setUserEnabled,
  type UserChange,
} from '../domain/manage-users.ts'
import type { User } from '../domain/user.ts'
import type { World } from '../domain/world.ts'
import { EnableBody, IdParams, refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { principalOf } from './route.ts'
import { secondText } from './timestamp.ts'
import { EXAMPLE_USER, UserView, userView } from './user.ts'

type Id = { readonly id: string }

const PATH = '/account/api/v1/user'
const VIEW = { permission: 'VIEW_AM_USER', isForManagers: true } as const
const MANAGE = { permission: 'MANAGE_AM_USER' } as const
/** What managers of a service user may do with it. */
const MANAGED = { ...MANAGE, isForManagers: true } as const

/** The users of the account, and service users made there. */
export function addUserRoutes(app: FastifyInstance, world: World, publicUrl: string): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request, reply) => {
      const principal = principalOf(request)
      const users = (await listUsers(world, principal)).filter(isWanted(request.query))
      return pageOf(request, reply, users).map((user) => memberView(user, principal))
    },
  )

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) => {
    const principal = principalOf(request)
    return memberView(await findUser(world, principal, request.params.id), principal)
  })

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      const principal = principalOf(request)
      const { friendly_name: friendlyName, roles, accounts: accountIds, user_type: kind, email = '' } = request.body
      const wanted = { ...changeOf(request.body), friendlyName, roles, ...(accountIds && { accountIds }) }
      if (kind === 'standard') {
        const person = await createPerson(world, principal, { ...wanted, email }, publicUrl)
        return reply.status(201).send(memberView(person, principal))
      }
      const { user, told } = await createServiceUser(world, principal, wanted)
      return reply
        .status(201)
        .send({ ...memberView(user, principal), api_key: told.text, api_key_id: told.apiKey.id } satisfies Static<
          typeof CreatedView
        >)
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      const principal = principalOf(request)
      return memberView(await changeUser(world, principal, request.params.id, changeOf(request.body)), principal)
    },
  )

  app.put<{ Params: Id; Body: Static<typeof EnableBody> }>(
    `${PATH}/:id/enable`,
    { config: MANAGED, schema: ENABLE_SCHEMA },
    async (request) => {
      const principal = principalOf(request)
      return memberView(await setUserEnabled(world, principal, request.params.id, request.body.enabled), principal)
    },
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeUser(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

function isWanted(query: Static<typeof ListQuery>): (user: User) => boolean {
  const { user_type: kind, status, email, friendly_name: name, role } = query
  return (user) =>
    (kind === undefined || user.kind === kind.toLowerCase()) &&
    (status === undefined || user.status === status.toLowerCase()) &&
    (email === undefined || user.email.toLowerCase() === email.toLowerCase()) &&
    (name === undefined || user.friendlyName.toLowerCase().includes(name.toLowerCase())) &&
    (role === undefined || user.roles.some((one) => one === role))
}

function changeOf(body: Static<typeof ChangeBody>): UserChange {
  const { friendly_name, description, email, locale, end_date, roles, managers } = body
  return {
    ...(friendly_name !== undefined && { friendlyName: friendly_name }),
    ...(description !== undefined && { description }),
    ...(email !== undefined && { email }),
    ...(locale !== undefined && { locale }),
    ...(end_date !== undefined && { endDate: end_date }),
    ...(roles !== undefined && { roles }),
    ...(managers !== undefined && { managers }),
  }
}

function memberView(user: User, { account }: Principal): Static<typeof MemberView> {
  return {
    ...userView(user, account, user.permissions),
    roles: [...user.roles],
    managers: [...user.managers],
    end_date: user.endsAt ? secondText(user.endsAt) : null,
  }
}

const memberFields = {
  ...UserView.properties,
  roles: Type.Array(Type.String()),
  managers: Type.Array(Type.String(), { description: 'Ids of the people who manage a service user' }),
  end_date: Type.Union([Type.Null(), Type.String({ format: 'date-time' })], {
    description: 'After it the user is known no longer',
  }),
}
const MemberView = Type.Object(memberFields, { title: 'AccountUser' })
const CreatedView = Type.Object(
  {
    ...memberFields,
    api_key: Type.Optional(
      Type.String({ description: 'The API key of a service user: it is told here and never again' }),
    ),
    api_key_id: Type.Optional(Type.String()),
  },
  { title: 'CreatedUser' },
)

const Roles = Type.Array(Type.String({ maxLength: 100 }), {
  maxItems: 100,
  description: 'Ids of roles, as the list of roles has them',
})
const Managers = Type.Array(Type.String({ maxLength: 100 }), {
  maxItems: 100,
  description:
    'Ids of people who may see this service user, make and end its API keys, end its certificates and disable it, whatever else they may. They get its warnings',
})
const changeFields = {
  description: Type.Optional(Type.String()),
  email: Type.Optional(Type.String()),
  locale: Type.Optional(Type.String({ description: 'As en_US' })),
  end_date: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 40,
      description: 'ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end',
    }),
  ),
  managers: Type.Optional(Managers),
}
const ChangeBody = Type.Object(
  { friendly_name: Type.Optional(Type.String()), ...changeFields, roles: Type.Optional(Roles) },
  { title: 'ChangeUser' },
)
const CreateBody = Type.Object(
  {
    friendly_name: Type.String(),
    ...changeFields,
    roles: Roles,
    accounts: Type.Optional(Type.Array(Type.String(), { description: 'Your account, as yet', maxItems: 100 })),
    user_type: Type.Optional(
      Type.Enum(['service', 'standard'], { type: 'string', description: 'standard: a person, who is invited by mail' }),
    ),
  },
  { title: 'CreateUser' },
)

const ListQuery = Type.Object({
  user_type: Type.Optional(Type.Enum(['service', 'standard', 'SERVICE', 'STANDARD'], { type: 'string' })),
  status: Type.Optional(Type.Enum(['ACTIVE', 'DISABLED', 'active', 'disabled'], { type: 'string' })),
  email: Type.Optional(Type.String()),
  friendly_name: Type.Optional(Type.String({ description: 'A part of it' })),
  role: Type.Optional(Type.String()),
  ...PageQuery,
})

const example: Static<typeof MemberView> = { ...EXAMPLE_USER, roles: ['IOT_VIEW_ONLY'], managers: [], end_date: null }
const one = jsonAnswer('The user', MemberView, { user: { summary: 'a service user', value: example } })
const NOT_FOUND = { 404: accountAnswer('There is none', 'user_not_found', 'There is no such user.') }
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'friendly_name: 1 to 100 characters on one line.',
  ),
}
const OWN = { 409: accountAnswer('It is you', 'own_user', 'This is you: somebody else has to do it.') }
const tags = ['Account']

const LIST_SCHEMA = {
  tags,
  operationId: 'listUsers',
  summary: 'List the users of the account',
  description: 'People and service users. x-total-count says how many there are.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The users, oldest first', Type.Array(MemberView), {
      users: { summary: 'one service user', value: [example] },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getUser',
  summary: 'Get a user',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createUser',
  summary: 'Create a user',
  description:
    'A program with roles of its own, whose API key is in this answer only; or, with user_type standard, a person, who is invited by mail to set a password. Nobody gives roles that may do more than they do.',
  body: CreateBody,
  response: {
    201: jsonAnswer('The user; a service user with its API key', CreatedView, {
      user: {
        summary: 'a service user',
        value: { ...example, api_key: '01c4f2a9…_…', api_key_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10' },
      },
    }),
    ...INVALID,
    404: accountAnswer(
      'Another account',
      'account_not_found',
      'accounts: a user is of one account, here 4b13f12d-c8b2-4c49-a21f-9b399364f2ce.',
    ),
    409: accountAnswer(
      'Another person signs in by the address',
      'user_exists',
      'There is a user with this e-mail address already.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeUser',
  summary: 'Change a user',
  description: 'What is left out stays as it is. Who may do more than you is for others to change.',
  params: IdParams,
  body: ChangeBody,
  response: { 200: one, ...INVALID, ...NOT_FOUND, ...OWN, ...declinedAnswers(MANAGE.permission) },
}

const ENABLE_SCHEMA = {
  tags,
  operationId: 'enableUser',
  summary: 'Enable or disable a user',
  description: 'It acts on the next request, by API key and by certificate.',
  params: IdParams,
  body: EnableBody,
  response: { 200: one, ...NOT_FOUND, ...OWN, ...declinedAnswers(MANAGE.permission) },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteUser',
  summary: 'Delete a user',
  description: 'Its API keys are gone, its client authentication certificates revoked. What it signed stays.',
  params: IdParams,
  response: { 204: { description: 'It is gone' }, ...NOT_FOUND, ...OWN, ...declinedAnswers(MANAGE.permission) },
}
