import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import {
  changeEnrollmentProfile,
  createEnrollmentProfile,
  findEnrollmentProfile,
  listEnrollmentProfiles,
  removeEnrollmentProfile,
} from '../domain/manage-enrollment-profiles.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields, refuseUnknownFilters } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import {
  ChangeEnrollmentProfile,
  CreateEnrollmentProfile,
  EnrollmentProfileFilter,
  EnrollmentProfileList,
  EnrollmentProfileView,
  EXAMPLE_ENROLLMENT_PROFILE,
  enrollmentProfileChange,
  enrollmentProfileQuery,
  enrollmentProfileView,
  newEnrollmentProfile,
} from './enrollment-profile-view.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/iot/api/v1/enrollment-profile'
const VIEW = { permission: 'VIEW_IOT_ENROLLMENT_PROFILE' } as const
const MANAGE = { permission: 'MANAGE_IOT_ENROLLMENT_PROFILE' } as const

type WithId = { Params: { id: string } }

/** Enrollment profiles: made, looked at, changed and deleted. */
export function addEnrollmentProfileRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  app.post<{ Body: Static<typeof CreateEnrollmentProfile> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateEnrollmentProfile)
      const made = await createEnrollmentProfile(world, principalOf(request), newEnrollmentProfile(request.body))
      return reply.status(201).send(enrollmentProfileView(made))
    },
  )

  app.get<{ Querystring: Static<typeof EnrollmentProfileFilter> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request) => {
      refuseUnknownFilters(request.url, EnrollmentProfileFilter)
      const query = enrollmentProfileQuery(request.query)
      const { total, records } = await listEnrollmentProfiles(world, principalOf(request), query)
      const { limit, offset } = query
      return { limit, offset, total, records: records.map(enrollmentProfileView) }
    },
  )

  app.get<WithId>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    enrollmentProfileView(await findEnrollmentProfile(world, principalOf(request), request.params.id)),
  )

  app.put<WithId & { Body: Static<typeof ChangeEnrollmentProfile> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeEnrollmentProfile)
      const { id } = request.params
      return enrollmentProfileView(
        await changeEnrollmentProfile(world, principalOf(request), id, enrollmentProfileChange(request.body)),
      )
    },
  )

  app.delete<WithId>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeEnrollmentProfile(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

const tags = ['Enrollment profiles']
const one = jsonAnswer('The profile', EnrollmentProfileView, {
  profile: { summary: 'a profile', value: EXAMPLE_ENROLLMENT_PROFILE },
})
const NOT_FOUND = {
  404: accountAnswer(
    'There is no such profile in the account',
    'enrollment_profile_not_found',
    'There is no such enrollment profile.',
  ),
}
const REFERS_TO_NOTHING = {
  division_not_found: 'There is no such division.',
  certificate_profile_not_found: 'There is no such certificate profile.',
  device_profile_not_found: 'There is no such device profile.',
}
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'key_type: one that the certificate profile has: p_256, p_384.',
  ),
}
const EXISTS = ['enrollment_profile_exists', 'There is an enrollment profile with this name already.'] as const

const CREATE_SCHEMA = {
  tags,
  operationId: 'createEnrollmentProfile',
  summary: 'Create an enrollment profile',
  description:
    'Under it devices of the division get certificates: as the certificate profile says, in the ways and within the limits that stand here.',
  body: CreateEnrollmentProfile,
  response: {
    201: one,
    ...INVALID,
    404: accountAnswer(
      'The account has no such division or profile',
      'division_not_found',
      REFERS_TO_NOTHING.division_not_found,
      REFERS_TO_NOTHING,
    ),
    409: accountAnswer('The name is taken, there are too many, or the division is disabled', ...EXISTS, {
      too_many_enrollment_profiles: 'An account has at most 1000 enrollment profiles: delete one.',
      division_disabled: 'The division is disabled: nothing new is made in it.',
    }),
    ...declinedAnswers(MANAGE.permission),
  },
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listEnrollmentProfiles',
  summary: 'List enrollment profiles',
  description: 'The newest first; what is given as a filter has to be so, all of it.',
  querystring: EnrollmentProfileFilter,
  response: {
    200: jsonAnswer('The profiles', EnrollmentProfileList, {
      profiles: {
        summary: 'one',
        value: { limit: 20, offset: 0, total: 1, records: [EXAMPLE_ENROLLMENT_PROFILE] },
      },
    }),
    400: accountAnswer('Something in the query', 'invalid_request', 'status: one of active, disabled.'),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getEnrollmentProfile',
  summary: 'Get an enrollment profile',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeEnrollmentProfile',
  summary: 'Change an enrollment profile',
  description: 'All but its division. What is left out stays as it is. It acts on the next certificate.',
  params: IdParams,
  body: ChangeEnrollmentProfile,
  response: {
    200: one,
    ...INVALID,
    404: accountAnswer(
      'There is no such profile in the account, or none of those that it is to refer to',
      'enrollment_profile_not_found',
      'There is no such enrollment profile.',
      REFERS_TO_NOTHING,
    ),
    409: accountAnswer('The name is taken', ...EXISTS),
    ...declinedAnswers(MANAGE.permission),
  },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteEnrollmentProfile',
  summary: 'Delete an enrollment profile',
  description: 'One under which something was made stays: disable it.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NOT_FOUND,
    409: accountAnswer(
      'Something was made under it',
      'enrollment_profile_in_use',
      "The enrollment profile can't be deleted: others refer to it.",
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}
