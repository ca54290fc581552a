import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import {
  changeEnrollmentRight,
  createPasscode,
  deleteEnrollmentRight,
  type EnrollmentRightPlace,
  findEnrollmentRight,
  listEnrollmentRights,
} from '../domain/manage-enrollment-rights.ts'
import type { World } from '../domain/world.ts'
import { refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import {
  ChangePasscode,
  CreatePasscode,
  EnrollmentRightPage,
  enrollmentRightChange,
  enrollmentRightPage,
  PasscodeView,
  passcodeView,
  ToldPasscodeView,
  toldPasscodeView,
} from './enrollment-right-view.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/iot/api/v1/enrollment-profile/:id/passcode'
const ONE = `${PATH}/:passcode_id`
const VIEW = { permission: 'VIEW_IOT_ENROLLMENT_PROFILE' } as const
const MANAGE = { permission: 'MANAGE_IOT_ENROLLMENT_PROFILE' } as const

type OfProfile = { Params: { id: string } }
type One = { Params: { id: string; passcode_id: string } }

/** Passcodes of enrollment profiles: made, looked at, changed, disabled and deleted. */
export function addEnrollmentPasscodeRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now' | 'keys'>): void {
  app.post<OfProfile & { Body: Static<typeof CreatePasscode> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      const { body, params } = request
      refuseUnknownFields(body, CreatePasscode)
      const wanted = { ...enrollmentRightChange(body), name: body.name, length: body.passcode_length }
      const made = await createPasscode(world, principalOf(request), params.id, wanted)
      return reply.status(201).send(toldPasscodeView(made))
    },
  )

  app.get<OfProfile & { Querystring: Static<typeof EnrollmentRightPage> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request) => {
      const { params, query } = request
      const page = { ...enrollmentRightPage(query), enrollmentProfileId: params.id, kind: 'passcode' } as const
      const { total, records } = await listEnrollmentRights(world, principalOf(request), page)
      return { limit: page.limit, offset: page.offset, total, records: records.map(passcodeView) }
    },
  )

  app.get<One>(ONE, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    passcodeView(await findEnrollmentRight(world, principalOf(request), placeOf(request.params))),
  )

  app.put<One & { Body: Static<typeof ChangePasscode> }>(
    ONE,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangePasscode)
      const change = enrollmentRightChange(request.body)
      return passcodeView(await changeEnrollmentRight(world, principalOf(request), placeOf(request.params), change))
    },
  )

  app.delete<One>(ONE, { config: MANAGE, schema: DELETE_SCHEMA }, async (request, reply) => {
    await deleteEnrollmentRight(world, principalOf(request), placeOf(request.params))
    return reply.status(204).send()
  })
}

function placeOf({ id, passcode_id }: One['Params']): EnrollmentRightPlace {
  return { enrollmentProfileId: id, kind: 'passcode', id: passcode_id }
}

const example: Static<typeof PasscodeView> = {
  id: '019ab2c4-0100-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  name: 'Line 1',
  description: '',
  status: 'ACTIVE',
  enrollment_profile: { id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10', name: 'Sensors' },
  division: { id: '019ab2c4-0002-7d02-8f5e-4c1a9b7b2f10', name: 'Sensors' },
  device_profile: null,
  usage_limit: 2_000,
  number_of_usage: 12,
  validity_period: { from: null, to: '2027-12-31T23:59:59Z' },
  registered_values: [
    { certificate_field: 'subject.organization_name', matcher: 'equals', value: 'Maker', multiple: false },
  ],
  allowed_networks: [],
  created_at: '2026-11-23T00:00:00Z',
  passcode: `7kq2m${'*'.repeat(27)}`,
}

const tags = ['Enrollment profiles']
const one = jsonAnswer('The passcode', PasscodeView, { passcode: { summary: 'a passcode', value: example } })
const NOT_FOUND = {
  404: accountAnswer(
    'There is no such profile in the account, or it has no such passcode',
    'enrollment_passcode_not_found',
    'There is no such passcode.',
    { enrollment_profile_not_found: 'There is no such enrollment profile.' },
  ),
}
const INVALID = {
  400: accountAnswer('Something is wrong in the body', 'invalid_request', 'passcode_length: 16 to 128.'),
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createEnrollmentPasscode',
  summary: 'Create a passcode, by which devices enroll under this profile',
  description:
    'Whoever has it may request certificates under this profile, and renew them, with the header x-passcode in place of an API key. It takes the permission MANAGE_IOT_CERTIFICATE, too: nobody gives more than their own.',
  body: CreatePasscode,
  response: {
    201: jsonAnswer('The passcode, with its text', ToldPasscodeView, {
      passcode: { summary: 'a passcode', value: { ...example, number_of_usage: 0, passcode: '7kq2m…' } },
    }),
    ...INVALID,
    404: accountAnswer(
      'There is no such profile in the account',
      'enrollment_profile_not_found',
      'There is no such enrollment profile.',
    ),
    409: accountAnswer(
      'There are too many',
      'too_many_enrollment_rights',
      'An enrollment profile has at most 100000 of them: delete some.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listEnrollmentPasscodes',
  summary: 'List the passcodes of an enrollment profile',
  description: 'Oldest first, without those that were deleted.',
  querystring: EnrollmentRightPage,
  response: {
    200: jsonAnswer(
      'The passcodes',
      Type.Object(
        {
          limit: Type.Integer(),
          offset: Type.Integer(),
          total: Type.Integer({ description: 'How many there are in all' }),
          records: Type.Array(PasscodeView),
        },
        { title: 'EnrollmentPasscodes' },
      ),
      { passcodes: { summary: 'one', value: { limit: 20, offset: 0, total: 1, records: [example] } } },
    ),
    404: accountAnswer(
      'There is no such profile in the account',
      'enrollment_profile_not_found',
      'There is no such enrollment profile.',
    ),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getEnrollmentPasscode',
  summary: 'Get a passcode, without its text',
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const DELETED = {
  409: accountAnswer(
    'It was deleted',
    'enrollment_passcode_deleted',
    'It was deleted: there is nothing left to change.',
  ),
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeEnrollmentPasscode',
  summary: 'Change, enable or disable a passcode',
  description: 'What is left out stays as it is. It acts on the next request, and on those that are being worked on.',
  body: ChangePasscode,
  response: { 200: one, ...INVALID, ...NOT_FOUND, ...DELETED, ...declinedAnswers(MANAGE.permission) },
}

const DELETE_SCHEMA = {
  tags,
  operationId: 'deleteEnrollmentPasscode',
  summary: 'Delete a passcode',
  description: 'It is still told what it was used for.',
  response: {
    204: { description: 'It counts no more', type: 'null' },
    ...NOT_FOUND,
    ...DELETED,
    ...declinedAnswers(MANAGE.permission),
  },
}
