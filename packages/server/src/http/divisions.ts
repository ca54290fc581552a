import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { DIVISION_STATUSES, type Division } from '../domain/division.ts'
import {
  changeDivision,
  createDivision,
  type DivisionChange,
  findDivision,
  listDivisions,
  removeDivision,
} from '../domain/manage-divisions.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields, refuseUnknownFilters } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { partOf, RecordFilter, RecordPage, RecordQuery } from './record-page.ts'
import { principalOf } from './route.ts'
import { secondText } from './timestamp.ts'
import { StatusView, WordOf, wordOf } from './word.ts'

type Id = { readonly id: string }

const PATH = '/iot/api/v1/division'
const VIEW = { permission: 'VIEW_IOT_DIVISION' } as const
const MANAGE = { permission: 'MANAGE_IOT_DIVISION' } as const

/** Divisions: made, looked at, changed, disabled and deleted. */
export function addDivisionRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request) => {
    refuseUnknownFilters(request.url, ListQuery)
    const { name, status } = request.query
    const part = partOf(request.query)
    const { total, records } = await listDivisions(world, principalOf(request), {
      ...part,
      ...(name !== undefined && { name }),
      ...(status !== undefined && { status: wordOf('status', status, DIVISION_STATUSES) }),
    })
    return { ...part, total, records: records.map(divisionView) }
  })

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    divisionView(await findDivision(world, principalOf(request), request.params.id)),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      const { name } = request.body
      const made = await createDivision(world, principalOf(request), { ...changeOf(request.body), name })
      return reply.status(201).send(divisionView(made))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      return divisionView(await changeDivision(world, principalOf(request), request.params.id, changeOf(request.body)))
    },
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeDivision(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

function changeOf({ name, description, status }: Static<typeof ChangeBody>): DivisionChange {
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(status !== undefined && { status: wordOf('status', status, DIVISION_STATUSES) }),
  }
}

function divisionView(division: Division): Static<typeof DivisionView> {
  return {
    id: division.id,
    account_id: division.accountId,
    name: division.name,
    description: division.description,
    status: division.status.toUpperCase(),
    created_at: secondText(division.createdAt),
    updated_at: secondText(division.updatedAt),
  }
}

const Name = Type.String({ maxLength: 200, description: 'No other division’s in the account: 1 to 100 characters' })
const changeFields = {
  name: Type.Optional(Name),
  description: Type.Optional(Type.String({ maxLength: 1_000, description: 'Up to 500 characters' })),
  status: Type.Optional(WordOf(DIVISION_STATUSES, 'In a disabled one nothing new is made, no certificates either: ')),
}
const ChangeBody = Type.Object(changeFields, { title: 'ChangeDivision' })
const CreateBody = Type.Object({ ...changeFields, name: Name }, { title: 'CreateDivision' })

const ListQuery = Type.Object({
  ...RecordQuery,
  name: RecordFilter(),
  status: Type.Optional(WordOf(DIVISION_STATUSES)),
})

const DivisionView = Type.Object(
  {
    id: Type.String(),
    account_id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    status: StatusView(DIVISION_STATUSES),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'Division' },
)

const example: Static<typeof DivisionView> = {
  id: '019ab2c4-4a50-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  name: 'Cameras',
  description: 'Everything that leaves hall 3',
  status: 'ACTIVE',
  created_at: '2026-11-23T00:00:00Z',
  updated_at: '2026-11-23T00:00:00Z',
}
const tags = ['Devices']
const one = jsonAnswer('The division', DivisionView, { division: { summary: 'a division', value: example } })
const INVALID = {
  400: accountAnswer('Something is wrong in the body', 'invalid_request', 'name: 1 to 100 characters on one line.'),
}
const NOT_FOUND = { 404: accountAnswer('There is none', 'division_not_found', 'There is no such division.') }
const TAKEN = {
  409: accountAnswer(
    'The name is taken, or there are too many',
    'division_exists',
    'There is a division with this name already.',
  ),
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listDivisions',
  summary: 'List divisions',
  description: 'The newest first.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The divisions', RecordPage(DivisionView, 'Divisions'), {
      divisions: { summary: 'one', value: { limit: 20, offset: 0, total: 1, records: [example] } },
    }),
    400: accountAnswer('Something in the query', 'invalid_request', 'status: one of active, disabled.'),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getDivision',
  summary: 'Get a division',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createDivision',
  summary: 'Create a division',
  body: CreateBody,
  response: { 201: one, ...INVALID, ...TAKEN, ...declinedAnswers(MANAGE.permission) },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeDivision',
  summary: 'Change a division',
  description: 'What is left out stays as it is.',
  params: IdParams,
  body: ChangeBody,
  response: { 200: one, ...INVALID, ...NOT_FOUND, ...TAKEN, ...declinedAnswers(MANAGE.permission) },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteDivision',
  summary: 'Delete a division',
  description: 'One to which nothing belongs; any other can be disabled.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NOT_FOUND,
    409: accountAnswer(
      'Something belongs to it',
      'division_in_use',
      'In use by 1 enrollment profile, 3 devices: delete what uses it first, or disable the division.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}
