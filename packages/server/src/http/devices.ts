import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import {
  changeDevice,
  createDevice,
  disableDevice,
  enableDevice,
  findDevice,
  listDevices,
  removeDevice,
} from '../domain/manage-devices.ts'
import { changeOwnDevice, findOwnDevice } from '../domain/own-device.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields, refuseUnknownFilters } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import {
  ChangeDevice,
  CreateDevice,
  DeviceFilter,
  DeviceList,
  DeviceView,
  deviceChange,
  deviceQuery,
  deviceView,
  EXAMPLE_DEVICE,
} from './device-view.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { deviceOf, principalOf } from './route.ts'

type WithId = { Params: { readonly id: string } }

const PATH = '/iot/api/v2/device'
/** Of the same devices: the document names the newer one. */
const OLDER_PATH = '/iot/api/v1/device'
const VIEW = { permission: 'VIEW_IOT_DEVICE' } as const
const MANAGE = { permission: 'MANAGE_IOT_DEVICE' } as const
const ITSELF = { alsoFor: ['device_certificate'] } as const

/** Devices: made, looked at, changed, disabled, enabled and deleted. */
export function addDeviceRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  for (const path of [PATH, OLDER_PATH]) addRoutes(app, world, path)
}

function addRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>, path: string): void {
  const documented = <Schema extends object>(schema: Schema) => (path === PATH ? schema : { ...schema, hide: true })

  app.get<{ Querystring: Static<typeof DeviceFilter> }>(
    path,
    { config: VIEW, schema: documented(LIST_SCHEMA) },
    async (request) => {
      refuseUnknownFilters(request.url, DeviceFilter)
      const query = deviceQuery(request.query)
      const { limit, offset } = query
      const { total, isTotalExact, records } = await listDevices(world, principalOf(request), query)
      return { limit, offset, total, total_is_exact: isTotalExact, records: records.map(deviceView) }
    },
  )

  app.get<WithId>(
    `${path}/:id`,
    { config: { ...VIEW, ...ITSELF }, schema: documented(GET_SCHEMA) },
    async (request) => {
      const { id } = request.params
      const itself = deviceOf(request)
      return deviceView(
        itself ? await findOwnDevice(world, itself, id) : await findDevice(world, principalOf(request), id),
      )
    },
  )

  app.post<{ Body: Static<typeof CreateDevice> }>(
    path,
    { config: MANAGE, schema: documented(CREATE_SCHEMA) },
    async (request, reply) => {
      refuseUnknownFields(request.body, CreateDevice)
      const { device_identifier: identifier, division_id: divisionId } = request.body
      const wish = { ...deviceChange(request.body), identifier, divisionId }
      return reply.status(201).send(deviceView(await createDevice(world, principalOf(request), wish)))
    },
  )

  app.put<WithId & { Body: Static<typeof ChangeDevice> }>(
    `${path}/:id`,
    { config: { ...MANAGE, ...ITSELF }, schema: documented(CHANGE_SCHEMA) },
    async (request) => {
      refuseUnknownFields(request.body, ChangeDevice)
      const itself = deviceOf(request)
      if (itself) return deviceView(await changeOwnDevice(world, itself, request.params.id, ownFields(request.body)))
      const change = deviceChange(request.body)
      return deviceView(await changeDevice(world, principalOf(request), request.params.id, change))
    },
  )

  app.put<WithId>(`${path}/:id/disable`, { config: MANAGE, schema: documented(DISABLE_SCHEMA) }, async (request) =>
    deviceView(await disableDevice(world, principalOf(request), request.params.id)),
  )

  app.put<WithId>(`${path}/:id/enable`, { config: MANAGE, schema: documented(ENABLE_SCHEMA) }, async (request) =>
    deviceView(await enableDevice(world, principalOf(request), request.params.id)),
  )

  app.delete<WithId>(`${path}/:id`, { config: MANAGE, schema: documented(REMOVE_SCHEMA) }, async (request, reply) => {
    await removeDevice(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

/** All that a device changes of itself. */
function ownFields({
  fields,
  ...others
}: Static<typeof ChangeDevice>): NonNullable<Static<typeof ChangeDevice>['fields']> {
  if (fields && Object.keys(others).length === 0) return fields
  throw new Refusal(
    'invalid',
    'invalid_request',
    'By its own certificate a device changes its fields, and nothing else.',
  )
}

const tags = ['Devices']
const one = jsonAnswer('The device', DeviceView, { device: { summary: 'a camera', value: EXAMPLE_DEVICE } })
const INVALID = {
  400: accountAnswer(
    'Something is wrong in the body, or there is a device of this identifier',
    'invalid_request',
    'fields: mac (MAC address) is missing: the device profile requires it.',
    {
      invalid_input:
        'device_identifier: there is a device of this identifier already, 019ab2c4-4a51-7d02-8f5e-4c1a9b7b2f10.',
    },
  ),
}
const NOT_FOUND = { 404: accountAnswer('There is none', 'entity_not_found', 'There is no such device.') }
const deleted = (message: string, others: Readonly<Record<string, string>> = {}) => ({
  409: accountAnswer('It is deleted', 'device_deleted', message, others),
})

const LIST_SCHEMA = {
  tags,
  operationId: 'listDevices',
  summary: 'List and search devices',
  description:
    'The newest first, or the last changed where that is asked for; what is given as a filter has to be so, all of it.',
  querystring: DeviceFilter,
  response: {
    200: jsonAnswer('The devices', DeviceList, {
      devices: {
        summary: 'one',
        value: { limit: 20, offset: 0, total: 1, total_is_exact: true, records: [EXAMPLE_DEVICE] },
      },
    }),
    400: accountAnswer('Something in the query', 'invalid_request', 'created_from: a day as 2026-11-23.'),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getDevice',
  summary: 'Get a device',
  description:
    'Its certificates: GET /iot/api/v1/certificate?device_identifier=… A device gets itself by its own certificate on the mutual-TLS host, where device_api_allow_read is true.',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(VIEW.permission) },
}

const CREATE_SCHEMA = {
  tags,
  operationId: 'createDevice',
  summary: 'Create a device',
  description: 'Requests for certificates make those that are not there, too.',
  body: CreateDevice,
  response: {
    201: one,
    ...INVALID,
    404: accountAnswer('There is no such division or profile', 'division_not_found', 'There is no such division.', {
      device_profile_not_found: 'There is no such device profile.',
    }),
    409: accountAnswer(
      'The division is disabled',
      'division_disabled',
      'The division is disabled: nothing new is made in it.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changeDevice',
  summary: 'Change a device',
  description:
    'What is left out stays as it is; where there are fields, they are all that is known of it from then on. The division stays. A device changes its own fields by its own certificate on the mutual-TLS host, where device_api_allow_write is true.',
  params: IdParams,
  body: ChangeDevice,
  response: {
    200: one,
    ...INVALID,
    404: accountAnswer('There is none, or no such profile', 'entity_not_found', 'There is no such device.', {
      device_profile_not_found: 'There is no such device profile.',
    }),
    ...deleted('The device is deleted: enable it before it is changed.'),
    ...declinedAnswers(MANAGE.permission),
  },
}

const DISABLE_SCHEMA = {
  tags,
  operationId: 'disableDevice',
  summary: 'Disable a device',
  description: 'It gets no certificates until it is enabled again. Those that it has stay as they are.',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...deleted('The device is deleted.'), ...declinedAnswers(MANAGE.permission) },
}

const ENABLE_SCHEMA = {
  tags,
  operationId: 'enableDevice',
  summary: 'Enable a device',
  description: 'One that was disabled or deleted.',
  params: IdParams,
  response: { 200: one, ...NOT_FOUND, ...declinedAnswers(MANAGE.permission) },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteDevice',
  summary: 'Delete a device',
  description: 'Where certificates were requested for it, it stays as DELETED, and can be enabled again.',
  params: IdParams,
  response: {
    204: { description: 'It is gone, or DELETED' },
    ...NOT_FOUND,
    ...deleted('The device is deleted already.', {
      device_in_use: '2 certificates of the device count: revoke them first, or disable the device.',
    }),
    ...declinedAnswers(MANAGE.permission),
  },
}
