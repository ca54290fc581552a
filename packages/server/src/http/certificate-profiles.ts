import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import {
  changeCertificateProfile,
  createCertificateProfile,
  findCertificateProfile,
  listCertificateProfiles,
  removeCertificateProfile,
} from '../domain/manage-certificate-profiles.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields, refuseUnknownFilters } from './account-body.ts'
import {
  CertificateProfileView,
  ChangeCertificateProfile,
  CreateCertificateProfile,
  certificateProfileChange,
  certificateProfileView,
  EXAMPLE_CERTIFICATE_PROFILE,
  newCertificateProfile,
} from './certificate-profile-view.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { partOf, RecordFilter, RecordPage, RecordQuery } from './record-page.ts'
import { principalOf } from './route.ts'

type Id = { readonly id: string }

const PATH = '/iot/api/v1/certificate-profile'
const VIEW = { permission: 'VIEW_IOT_CERTIFICATE_PROFILE' } as const
const MANAGE = { permission: 'MANAGE_IOT_CERTIFICATE_PROFILE' } as const

/** Certificate profiles: made, looked at, changed and deleted. */
export function addCertificateProfileRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request) => {
    refuseUnknownFilters(request.url, ListQuery)
    const { name } = request.query
    const part = partOf(request.query)
    const { total, records } = await listCertificateProfiles(world, principalOf(request), {
      ...part,
      ...(name !== undefined && { name }),
    })
    return { ...part, total, records: records.map(certificateProfileView) }
  })

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    certificateProfileView(await findCertificateProfile(world, principalOf(request), request.params.id)),
  )

  app.post<{ Body: Static<typeof CreateCertificateProfile> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateCertificateProfile)
      const wish = newCertificateProfile(request.body)
      const made = await createCertificateProfile(world, principalOf(request), wish)
      return reply.status(201).send(certificateProfileView(made))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeCertificateProfile> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeCertificateProfile)
      const change = certificateProfileChange(request.body)
      return certificateProfileView(
        await changeCertificateProfile(world, principalOf(request), request.params.id, change),
      )
    },
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeCertificateProfile(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

const ListQuery = Type.Object({ ...RecordQuery, name: RecordFilter() })

const tags = ['Devices']
const one = jsonAnswer('The profile', CertificateProfileView, {
  profile: { summary: 'of cameras', value: EXAMPLE_CERTIFICATE_PROFILE },
})
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'key_usages: keyCertSign is for authorities: no certificate of a device has it.',
  ),
}
const NOT_FOUND = {
  404: accountAnswer('There is none', 'certificate_profile_not_found', 'There is no such certificate profile.'),
}
const taken = (others: Readonly<Record<string, string>> = {}) => ({
  409: accountAnswer(
    'The name is taken, there are too many, or an enrollment profile needs it as it is',
    'certificate_profile_exists',
    'There is a certificate profile with this name already.',
    others,
  ),
})

const LIST_SCHEMA = {
  tags,
  operationId: 'listCertificateProfiles',
  summary: 'List certificate profiles',
  description: 'The newest first.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The profiles', RecordPage(CertificateProfileView, 'CertificateProfiles'), {
      profiles: { summary: 'one', value: { limit: 20, offset: 0, total: 1, records: [EXAMPLE_CERTIFICATE_PROFILE] } },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getCertificateProfile',
  summary: 'Get a certificate profile',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createCertificateProfile',
  summary: 'Create a certificate profile',
  description:
    'What certificates of devices say, whoever asks for them. One under which no conforming certificate could be issued is refused, with the reason.',
  body: CreateCertificateProfile,
  response: { 201: one, ...INVALID, ...taken(), ...declinedAnswers(MANAGE.permission) },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeCertificateProfile',
  summary: 'Change a certificate profile',
  description: 'What is left out stays as it is. It holds for certificates that are issued from then on.',
  params: IdParams,
  body: ChangeCertificateProfile,
  response: {
    200: one,
    ...INVALID,
    ...NOT_FOUND,
    ...taken({
      certificate_profile_in_use:
        'key_types: the enrollment profile Line 1 has keys made of the type rsa_2048: change that first.',
    }),
    ...declinedAnswers(MANAGE.permission),
  },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteCertificateProfile',
  summary: 'Delete a certificate profile',
  description: 'One that no enrollment profile has.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NOT_FOUND,
    409: accountAnswer(
      'An enrollment profile has it',
      'certificate_profile_in_use',
      'In use by 1 enrollment profile: delete what uses it first.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}
