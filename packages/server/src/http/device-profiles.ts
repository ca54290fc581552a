import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { WishedDeviceField } from '../domain/device-field.ts'
import { DEVICE_FIELD_TYPES, type DeviceField } from '../domain/device-profile.ts'
import {
  changeDeviceProfile,
  createDeviceProfile,
  type DescribedDeviceProfile,
  type DeviceProfileChange,
  findDeviceProfile,
  listDeviceProfiles,
  removeDeviceProfile,
} from '../domain/manage-device-profiles.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields, refuseUnknownFilters } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { ApiAccess, ApiAccessView, apiAccessOfBody, apiAccessView } from './device-api-access.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { NamedView, partOf, RecordFilter, RecordPage, RecordQuery } from './record-page.ts'
import { principalOf } from './route.ts'
import { secondText } from './timestamp.ts'
import { WordOf, wordOf } from './word.ts'

type Id = { readonly id: string }

const PATH = '/iot/api/v1/device-profile'
const VIEW = { permission: 'VIEW_IOT_DEVICE_PROFILE' } as const
const MANAGE = { permission: 'MANAGE_IOT_DEVICE_PROFILE' } as const

/** Device profiles: made, looked at, changed and deleted. */
export function addDeviceProfileRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  app.get<{ Querystring: Static<typeof ListQuery> }>(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request) => {
    refuseUnknownFilters(request.url, ListQuery)
    const { name, division_id: divisionId } = request.query
    const part = partOf(request.query)
    const { total, records } = await listDeviceProfiles(world, principalOf(request), {
      ...part,
      ...(name !== undefined && { name }),
      ...(divisionId !== undefined && { divisionId }),
    })
    return { ...part, total, records: records.map(deviceProfileView) }
  })

  app.get<{ Params: Id }>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    deviceProfileView(await findDeviceProfile(world, principalOf(request), request.params.id)),
  )

  app.post<{ Body: Static<typeof CreateBody> }>(
    PATH,
    { config: MANAGE, schema: CREATE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateBody)
      const { name, division_id: divisionId } = request.body
      const wish = { ...changeOf(request.body), name, divisionId }
      return reply.status(201).send(deviceProfileView(await createDeviceProfile(world, principalOf(request), wish)))
    },
  )

  app.put<{ Params: Id; Body: Static<typeof ChangeBody> }>(
    `${PATH}/:id`,
    { config: MANAGE, schema: CHANGE_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ChangeBody)
      const change = changeOf(request.body)
      return deviceProfileView(await changeDeviceProfile(world, principalOf(request), request.params.id, change))
    },
  )

  app.delete<{ Params: Id }>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeDeviceProfile(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

function changeOf(body: Static<typeof ChangeBody>): DeviceProfileChange {
  const { name, description, device_identifier_mandatory: requiresIdentifier } = body
  const { device_identifier_pattern: identifierPattern, fields } = body
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(requiresIdentifier !== undefined && { requiresIdentifier }),
    ...(identifierPattern !== undefined && { identifierPattern }),
    ...(fields && { fields: fields.map(wishedField) }),
    apiAccess: apiAccessOfBody(body),
  }
}

function wishedField(field: Static<typeof FieldBody>, index: number): WishedDeviceField {
  refuseUnknownFields(field, FieldBody)
  return {
    id: field.id,
    name: field.name,
    type: wordOf(`fields[${index}].type`, field.type, DEVICE_FIELD_TYPES),
    mandatory: field.mandatory ?? false,
    options: field.options ?? [],
    defaultValue: field.default_value ?? undefined,
    pattern: field.pattern ?? undefined,
  }
}

function fieldView(field: DeviceField): Static<typeof FieldView> {
  return {
    id: field.id,
    name: field.name,
    type: field.type,
    mandatory: field.mandatory,
    options: [...field.options],
    default_value: field.defaultValue ?? null,
    pattern: field.pattern ?? null,
  }
}

function deviceProfileView({ profile, division }: DescribedDeviceProfile): Static<typeof DeviceProfileView> {
  return {
    id: profile.id,
    account_id: profile.accountId,
    name: profile.name,
    description: profile.description,
    division: { id: division.id, name: division.name },
    device_identifier_mandatory: profile.requiresIdentifier,
    device_identifier_pattern: profile.identifierPattern ?? null,
    fields: profile.fields.map(fieldView),
    ...apiAccessView(profile.apiAccess),
    created_at: secondText(profile.createdAt),
    updated_at: secondText(profile.updatedAt),
  }
}

const PATTERN = '* stands for any characters, ? for one'
const NullableText = (maxLength: number, description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength, description }))

const FieldBody = Type.Object(
  {
    id: Type.Optional(
      Type.String({ maxLength: 100, description: 'A word of yours, by which devices are given a value; else a UUID' }),
    ),
    name: Type.String({ maxLength: 200, description: 'No other field’s in the profile: 1 to 100 characters' }),
    type: WordOf(DEVICE_FIELD_TYPES),
    mandatory: Type.Optional(Type.Boolean({ description: 'Whether devices have to have it; not when left out' })),
    options: Type.Optional(
      Type.Array(Type.String({ maxLength: 500 }), { maxItems: 1_000, description: 'Of an enum: its values' }),
    ),
    default_value: NullableText(4_096, 'The value where none is given'),
    pattern: NullableText(500, `What a text has to look like: ${PATTERN}`),
  },
  { title: 'ChangeDeviceField' },
)

const Name = Type.String({ maxLength: 200, description: 'No other profile’s in the account: 1 to 100 characters' })
const changeFields = {
  name: Type.Optional(Name),
  description: Type.Optional(Type.String({ maxLength: 1_000, description: 'Up to 500 characters' })),
  device_identifier_mandatory: Type.Optional(
    Type.Boolean({
      description: 'Whether requests for certificates have to say which device it is; they do when left out',
    }),
  ),
  device_identifier_pattern: NullableText(500, `What the identifiers of devices have to look like: ${PATTERN}`),
  fields: Type.Optional(
    Type.Array(FieldBody, {
      maxItems: 100,
      description: 'All of them. What a field of the same id has stays the devices’',
    }),
  ),
  ...ApiAccess,
}
const ChangeBody = Type.Object(changeFields, { title: 'ChangeDeviceProfile' })
const CreateBody = Type.Object(
  {
    ...changeFields,
    name: Name,
    division_id: Type.String({ maxLength: 255, description: 'Where its devices are; for good' }),
  },
  { title: 'CreateDeviceProfile' },
)

const ListQuery = Type.Object({ ...RecordQuery, name: RecordFilter(), division_id: RecordFilter('A UUID') })

const NullableView = Type.Union([Type.Null(), Type.String()])
const FieldView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    type: Type.Enum([...DEVICE_FIELD_TYPES], { type: 'string' }),
    mandatory: Type.Boolean(),
    options: Type.Array(Type.String()),
    default_value: NullableView,
    pattern: NullableView,
  },
  { title: 'DeviceField' },
)
const DeviceProfileView = Type.Object(
  {
    id: Type.String(),
    account_id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    division: NamedView,
    device_identifier_mandatory: Type.Boolean(),
    device_identifier_pattern: NullableView,
    fields: Type.Array(FieldView),
    ...ApiAccessView,
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'DeviceProfile' },
)

const example: Static<typeof DeviceProfileView> = {
  id: '019ab2c4-4a54-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  name: 'Camera',
  description: '',
  division: { id: '019ab2c4-4a50-7d02-8f5e-4c1a9b7b2f10', name: 'Cameras' },
  device_identifier_mandatory: true,
  device_identifier_pattern: 'CAM-*',
  fields: [
    {
      id: 'mac',
      name: 'MAC address',
      type: 'mac_address',
      mandatory: true,
      options: [],
      default_value: null,
      pattern: null,
    },
    {
      id: 'site',
      name: 'Site',
      type: 'enum',
      mandatory: false,
      options: ['north', 'south'],
      default_value: 'north',
      pattern: null,
    },
  ],
  device_api_allow_read: true,
  device_api_allow_write: false,
  device_api_allow_renew_certificate: true,
  created_at: '2026-11-23T00:00:00Z',
  updated_at: '2026-11-23T00:00:00Z',
}
const tags = ['Devices']
const one = jsonAnswer('The profile', DeviceProfileView, { profile: { summary: 'of cameras', value: example } })
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body',
    'invalid_request',
    'fields[0].options: 1 to 100 for an enum, none for other types.',
  ),
}
const NOT_FOUND = {
  404: accountAnswer('There is none', 'device_profile_not_found', 'There is no such device profile.'),
}
const taken = (others: Readonly<Record<string, string>> = {}) => ({
  409: accountAnswer(
    'The name is taken, or there are too many',
    'device_profile_exists',
    'There is a device profile with this name already.',
    others,
  ),
})

const LIST_SCHEMA = {
  tags,
  operationId: 'listDeviceProfiles',
  summary: 'List device profiles',
  description: 'The newest first.',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The profiles', RecordPage(DeviceProfileView, 'DeviceProfiles'), {
      profiles: { summary: 'one', value: { limit: 20, offset: 0, total: 1, records: [example] } },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getDeviceProfile',
  summary: 'Get a device profile',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createDeviceProfile',
  summary: 'Create a device profile',
  description:
    'What is known of devices beside their identifiers, and what they may do by their own certificates. Its field ids are those of device_attributes in requests for certificates.',
  body: CreateBody,
  response: {
    201: one,
    ...INVALID,
    404: accountAnswer('There is no such division', 'division_not_found', 'There is no such division.'),
    ...taken({ division_disabled: 'The division is disabled: nothing new is made in it.' }),
    ...declinedAnswers(MANAGE.permission),
  },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeDeviceProfile',
  summary: 'Change a device profile',
  description:
    'What is left out stays as it is. It holds for devices and certificates from now on; what is known of devices stays until they are changed, and what no field has any more is not told.',
  params: IdParams,
  body: ChangeBody,
  response: { 200: one, ...INVALID, ...NOT_FOUND, ...taken(), ...declinedAnswers(MANAGE.permission) },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteDeviceProfile',
  summary: 'Delete a device profile',
  description: 'One that neither devices nor enrollment profiles have.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NOT_FOUND,
    409: accountAnswer(
      'Something refers to it',
      'device_profile_in_use',
      'In use by 1 enrollment profile, 3 devices: delete what uses it first.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}
