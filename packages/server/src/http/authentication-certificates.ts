import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import {
  assignAuthenticationCertificate,
  changeEnrollmentRight,
  deleteEnrollmentRight,
  type EnrollmentRightPlace,
  findEnrollmentRight,
  listEnrollmentRights,
} from '../domain/manage-enrollment-rights.ts'
import type { World } from '../domain/world.ts'
import { refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import {
  AssignAuthenticationCertificate,
  AuthenticationCertificateView,
  authenticationCertificateView,
  ChangeAuthenticationCertificate,
  EnrollmentRightPage,
  enrollmentRightChange,
  enrollmentRightPage,
} from './enrollment-right-view.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/iot/api/v1/enrollment-profile/:id/authentication-certificate'
const ONE = `${PATH}/:authentication_certificate_id`
const VIEW = { permission: 'VIEW_IOT_ENROLLMENT_PROFILE' } as const
const MANAGE = { permission: 'MANAGE_IOT_ENROLLMENT_PROFILE' } as const

type OfProfile = { Params: { id: string } }
type One = { Params: { id: string; authentication_certificate_id: string } }

/** Certificates by which others than users enroll under a profile: assigned, looked at, changed, disabled and taken away. */
export function addAuthenticationCertificateRoutes(
  app: FastifyInstance,
  world: Pick<World, 'store' | 'now' | 'keys'>,
): void {
  app.post<OfProfile & { Body: Static<typeof AssignAuthenticationCertificate> }>(
    PATH,
    { config: MANAGE, schema: ASSIGN_SCHEMA },
    async (request, reply) => {
      const { body, params } = request
      refuseUnknownFields(body, AssignAuthenticationCertificate)
      const wanted = { ...enrollmentRightChange(body), pem: body.pem }
      const made = await assignAuthenticationCertificate(world, principalOf(request), params.id, wanted)
      return reply.status(201).send(authenticationCertificateView(made))
    },
  )

  app.get<OfProfile & { Querystring: Static<typeof EnrollmentRightPage> }>(
    PATH,
    { config: VIEW, schema: LIST_SCHEMA },
    async (request) => {
      const { params, query } = request
      const kind = 'authentication_certificate' as const
      const page = { ...enrollmentRightPage(query), enrollmentProfileId: params.id, kind }
      const { total, records } = await listEnrollmentRights(world, principalOf(request), page)
      return { limit: page.limit, offset: page.offset, total, records: records.map(authenticationCertificateView) }
    },
  )

  app.get<One>(ONE, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    authenticationCertificateView(await findEnrollmentRight(world, principalOf(request), placeOf(request.params))),
  )

  app.put<One & { Body: Static<typeof ChangeAuthenticationCertificate> }>(
    ONE,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeAuthenticationCertificate)
      const change = enrollmentRightChange(request.body)
      return authenticationCertificateView(
        await changeEnrollmentRight(world, principalOf(request), placeOf(request.params), change),
      )
    },
  )

  app.delete<One>(ONE, { config: MANAGE, schema: DELETE_SCHEMA }, async (request, reply) => {
    await deleteEnrollmentRight(world, principalOf(request), placeOf(request.params))
    return reply.status(204).send()
  })
}

function placeOf({ id, authentication_certificate_id }: One['Params']): EnrollmentRightPlace {
  return { enrollmentProfileId: id, kind: 'authentication_certificate', id: authentication_certificate_id }
}

const example: Static<typeof AuthenticationCertificateView> = {
  id: '019ab2c4-0101-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  name: 'Gateway 1',
  description: '',
  status: 'ACTIVE',
  enrollment_profile: { id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10', name: 'Sensors' },
  division: { id: '019ab2c4-0002-7d02-8f5e-4c1a9b7b2f10', name: 'Sensors' },
  device_profile: null,
  usage_limit: 100,
  number_of_usage: 0,
  registered_values: [],
  allowed_networks: [],
  created_at: '2026-11-23T00:00:00Z',
  certificate: { id: '019ab2c4-4a53-7e11-9a0c-1b2d3e4f5a6b', name: 'gateway-1' },
  start_date: null,
  end_date: '2027-12-31',
  pem: '-----BEGIN CERTIFICATE-----\nMIICJTCCAcugAwIBAgIUb0…\n-----END CERTIFICATE-----\n',
  certificate_expires_on: '2027-11-23T00:00:00Z',
  certificate_serial_number: '57db86ca2713c7060aa43971ef32f598c1521c56',
  certificate_issuer_common_name: 'Countersign Devices',
  certificate_thumbprint: 'f99a9e95b9b7c40b985b36ea7a444801ed177ad5bd9aa4464f53694df2b98143',
  certificate_organization: null,
  certificate_organization_units: [],
}

const tags = ['Enrollment profiles']
const one = jsonAnswer('The certificate', AuthenticationCertificateView, {
  certificate: { summary: 'a certificate', value: example },
})
const NO_PROFILE = {
  404: accountAnswer(
    'There is no such profile in the account',
    'enrollment_profile_not_found',
    'There is no such enrollment profile.',
  ),
}
const NOT_FOUND = {
  404: accountAnswer(
    'There is no such profile in the account, or it has no such certificate',
    'authentication_certificate_not_found',
    'There is no such authentication certificate.',
    { enrollment_profile_not_found: 'There is no such enrollment profile.' },
  ),
}
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'pem: one that was issued here, to a client or a device of the account.',
  ),
}
const DELETED = {
  409: accountAnswer(
    'It was taken away',
    'authentication_certificate_deleted',
    'It was deleted: there is nothing left to change.',
  ),
}

const ASSIGN_SCHEMA = {
  tags,
  operationId: 'assignAuthenticationCertificate',
  summary: 'Assign a certificate, by which others than users enroll under this profile',
  description:
    'Whoever has its key may request certificates under this profile on the mutual-TLS host. It is one that this platform issued to a client or a device of the account, for client authentication, and it is looked at each time whether it still counts. It takes the permission MANAGE_IOT_CERTIFICATE, too.',
  body: AssignAuthenticationCertificate,
  response: {
    201: one,
    ...INVALID,
    ...NO_PROFILE,
    409: accountAnswer(
      'It is assigned already, or there are too many',
      'authentication_certificate_exists',
      'The certificate is one of this enrollment profile already.',
      { too_many_enrollment_rights: 'An enrollment profile has at most 100000 of them: delete some.' },
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listAuthenticationCertificates',
  summary: 'List the authentication certificates of an enrollment profile',
  description: 'Oldest first, without those that were taken away.',
  querystring: EnrollmentRightPage,
  response: {
    200: jsonAnswer(
      'The certificates',
      Type.Object(
        {
          limit: Type.Integer(),
          offset: Type.Integer(),
          total: Type.Integer({ description: 'How many there are in all' }),
          records: Type.Array(AuthenticationCertificateView),
        },
        { title: 'AuthenticationCertificates' },
      ),
      { certificates: { summary: 'one', value: { limit: 20, offset: 0, total: 1, records: [example] } } },
    ),
    ...NO_PROFILE,
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getAuthenticationCertificate',
  summary: 'Get an authentication certificate',
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeAuthenticationCertificate',
  summary: 'Change, enable or disable an authentication certificate',
  description: 'What is left out stays as it is. It acts on the next request, and on those that are being worked on.',
  body: ChangeAuthenticationCertificate,
  response: { 200: one, ...INVALID, ...NOT_FOUND, ...DELETED, ...declinedAnswers(MANAGE.permission) },
}

const DELETE_SCHEMA = {
  tags,
  operationId: 'deleteAuthenticationCertificate',
  summary: 'Take an authentication certificate away from an enrollment profile',
  description: 'The certificate itself stays as it is.',
  response: {
    204: { description: 'Nobody enrolls by it any more', type: 'null' },
    ...NOT_FOUND,
    ...DELETED,
    ...declinedAnswers(MANAGE.permission),
  },
}
