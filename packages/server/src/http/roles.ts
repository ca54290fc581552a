import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { APPLICATIONS, type ApplicationCode } from '../domain/application.ts'
import { changeRole, createRole, findRole, type GivenRole, listRoles, removeRole } from '../domain/manage-roles.ts'
import { PERMISSIONS } from '../domain/permission.ts'
import { ROLES } from '../domain/role.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import { principalOf } from './route.ts'

type Id = { readonly id: string }

const PATH = '/account/api/v1/role'
const VIEW = { permission: 'VIEW_AM_ROLE' } as const
const MANAGE = { permission: 'MANAGE_AM_ROLE' } as const

/** The roles that users can have, with what each lets do, and those that an account makes for itself. */
export function addRoleRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request, reply) => {
      const { application_code: code } = request.query
      const roles = await listRoles(world, principalOf(request))
      const found = roles.filter(({ applicationCode }) => code === undefined || applicationCode === code)
      return pageOf(request, reply, found).map(roleView)
    },
  )

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    roleView(await findRole(world, principalOf(request), request.params.id)),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      const { application_code: applicationCode, ...wish } = request.body
      return reply
        .status(201)
        .send(roleView(await createRole(world, principalOf(request), { ...wish, applicationCode })))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      return roleView(await changeRole(world, principalOf(request), request.params.id, request.body))
    },
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeRole(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

function roleView({
  id,
  name,
  applicationCode,
  description,
  permissions,
  isBuiltIn,
}: GivenRole): Static<typeof RoleView> {
  const application = APPLICATIONS.find(({ code }) => code === applicationCode)
  return {
    id,
    name,
    description,
    application_code: applicationCode,
    application_id: application?.id ?? '',
    permissions: [...permissions],
    built_in: isBuiltIn,
  }
}

const ApplicationCodes = Type.Enum(
  APPLICATIONS.map(({ code }): ApplicationCode => code),
  { type: 'string' },
)

const ListQuery = Type.Object({ application_code: Type.Optional(ApplicationCodes), ...PageQuery })

const Name = Type.String({ maxLength: 200, description: 'No other role’s in the account: 1 to 100 characters' })
const Permissions = Type.Array(Type.Enum([...PERMISSIONS], { type: 'string', title: 'Permission' }), {
  maxItems: PERMISSIONS.length,
  description: 'Of one application, and none that you don’t have',
})
const changeFields = {
  name: Type.Optional(Name),
  description: Type.Optional(Type.String()),
  permissions: Type.Optional(Permissions),
}
const ChangeBody = Type.Object(changeFields, { title: 'ChangeRole' })
const CreateBody = Type.Object(
  { ...changeFields, name: Name, application_code: ApplicationCodes, permissions: Permissions },
  { title: 'CreateRole' },
)

const RoleView = Type.Object(
  {
    id: Type.String({ description: 'What users are given; of built-in roles the name' }),
    name: Type.String(),
    description: Type.String(),
    application_code: ApplicationCodes,
    application_id: Type.String(),
    permissions: Type.Array(Type.String()),
    built_in: Type.Boolean({ description: 'Whether every account has it; then it never changes' }),
  },
  { title: 'Role' },
)

const signer = ROLES.find(({ name }) => name === 'CTM_SIGNER') as (typeof ROLES)[number]
const builtIn = roleView({ ...signer, id: signer.name, isBuiltIn: true })
const example: Static<typeof RoleView> = {
  ...builtIn,
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  name: 'Picture desk',
  description: 'Signs, and sees whom the verifier believes',
  permissions: ['SIGN_CTM_CONTENT', 'VIEW_CTM_TRUST_LIST'],
  built_in: false,
}
const tags = ['Account']
const one = jsonAnswer('The role', RoleView, { role: { summary: 'one of an account', value: example } })
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'permissions: SIGN_CTM_CONTENT is none of account_manager.',
  ),
}
const NOT_FOUND = { 404: accountAnswer('There is none', 'role_not_found', 'There is no such role.') }
const conflict = (description: string, code: string, message: string) => ({
  409: accountAnswer(description, code, message),
})

const LIST_SCHEMA = {
  tags,
  operationId: 'listRoles',
  summary: 'List the roles',
  description: 'Those that every account has, then the account’s own. x-total-count says how many there are.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The roles', Type.Array(RoleView), {
      roles: { summary: 'who signs content, and one of an account', value: [builtIn, example] },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getRole',
  summary: 'Get a role',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createRole',
  summary: 'Create a role',
  description: 'Some permissions of one application, under a name. Nobody puts in what they don’t have.',
  body: CreateBody,
  response: {
    201: one,
    ...INVALID,
    ...conflict('The name is taken, or there are too many', 'role_exists', 'There is a role with this name already.'),
    ...declinedAnswers(MANAGE.permission),
  },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeRole',
  summary: 'Change a role',
  description: 'What is left out stays as it is. It acts on the next request of all who have it.',
  params: IdParams,
  body: ChangeBody,
  response: {
    200: one,
    ...INVALID,
    ...NOT_FOUND,
    ...conflict(
      'Every account has it, you have it yourself, or the name is taken',
      'built_in_role',
      'Every account has this role: it can be neither changed nor deleted.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteRole',
  summary: 'Delete a role',
  description: 'One that nobody has.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NOT_FOUND,
    ...conflict(
      'Somebody has it, or every account does',
      'role_in_use',
      'In use by Picture desk, Jane Doe: take it from them first.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}
