import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { APPLICATIONS, type ApplicationCode } from '../domain/application.ts'
import { ROLES, type Role } from '../domain/role.ts'
import { declinedAnswers } from './declined.ts'
import { jsonAnswer } from './openapi.ts'

/** The roles that users can have, with what each lets do. */
export function addRoleRoutes(app: FastifyInstance): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(
    '/account/api/v1/role',
    { config: { permission: 'VIEW_AM_ROLE' }, schema: LIST_SCHEMA },
    async (request) => {
      const { application_code: code } = request.query
      return ROLES.filter(({ applicationCode }) => code === undefined || applicationCode === code).map(roleView)
    },
  )
}

function roleView({ name, applicationCode, description, permissions }: Role): Static<typeof RoleView> {
  const application = APPLICATIONS.find(({ code }) => code === applicationCode)
  return {
    id: name,
    name,
    description,
    application_code: applicationCode,
    application_id: application?.id ?? '',
    permissions: [...permissions],
  }
}

const ApplicationCodes = Type.Enum(
  APPLICATIONS.map(({ code }): ApplicationCode => code),
  { type: 'string' },
)

const ListQuery = Type.Object({ application_code: Type.Optional(ApplicationCodes) })

const RoleView = Type.Object(
  {
    id: Type.String({ description: 'What users are given: the name' }),
    name: Type.String(),
    description: Type.String(),
    application_code: ApplicationCodes,
    application_id: Type.String(),
    permissions: Type.Array(Type.String()),
  },
  { title: 'Role' },
)

const LIST_SCHEMA = {
  tags: ['Account'],
  operationId: 'listRoles',
  summary: 'List the roles',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The roles', Type.Array(RoleView), {
      roles: {
        summary: 'who signs content',
        value: [roleView(ROLES.find(({ name }) => name === 'CTM_SIGNER') as Role)],
      },
    }),
    ...declinedAnswers('VIEW_AM_ROLE'),
  },
}
