/** Devices in requests and answers, and what they are looked for by. */
import { type Static, Type } from 'typebox'
import { apiAccessOf, COUNTED_DEVICES, DEVICE_STATUSES, type DeviceQuery } from '../domain/device.ts'
import { knownValue } from '../domain/device-field.ts'
import type { DescribedDevice, DeviceChange } from '../domain/manage-devices.ts'
import { Refusal } from '../domain/refusal.ts'
import { ApiAccess, ApiAccessView, apiAccessOfBody, apiAccessView } from './device-api-access.ts'
import { NamedView, partOf, RecordFilter, RecordQuery } from './record-page.ts'
import { secondText } from './timestamp.ts'
import { StatusView, WordOf, wordOf } from './word.ts'

const MOST_FIELDS = 100
const LONGEST_VALUE = 4_096

const FieldBody = Type.Object(
  {
    id: Type.String({ maxLength: 255 }),
    value: Type.String({ maxLength: LONGEST_VALUE, description: 'Empty where there is none' }),
  },
  { title: 'ChangeDeviceValue' },
)
const Identifier = Type.String({
  maxLength: 1_000,
  description: 'No other device’s in the account: 1 to 255 characters',
})
const changeFields = {
  device_identifier: Type.Optional(Identifier),
  device_profile_id: Type.Optional(Type.String({ maxLength: 255, description: 'One of its division' })),
  fields: Type.Optional(
    Type.Array(FieldBody, {
      maxItems: MOST_FIELDS,
      description: 'Values of the fields of its profile, all of them: what is left out of these is known no longer',
    }),
  ),
  ...ApiAccess,
}

/** The body by which a device is changed. */
export const ChangeDevice = Type.Object(changeFields, { title: 'ChangeDevice' })

/** The body by which a device is made. */
export const CreateDevice = Type.Object(
  {
    ...changeFields,
    device_identifier: Identifier,
    division_id: Type.String({ maxLength: 255, description: 'For good' }),
  },
  { title: 'CreateDevice' },
)

/** What a body wants to be otherwise. */
export function deviceChange(body: Static<typeof ChangeDevice>): DeviceChange {
  const { device_identifier: identifier, device_profile_id: deviceProfileId, fields } = body
  return {
    ...(identifier !== undefined && { identifier }),
    ...(deviceProfileId !== undefined && { deviceProfileId }),
    ...(fields && { fields }),
    apiAccess: apiAccessOfBody(body),
  }
}

const FieldView = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    value: Type.Union([Type.String(), Type.Null()], { description: 'null: it has none' }),
    mandatory: Type.Boolean(),
  },
  { title: 'DeviceValue' },
)

/** A device. */
export const DeviceView = Type.Object(
  {
    id: Type.String(),
    account_id: Type.String(),
    division: NamedView,
    device_identifier: Type.String(),
    device_profile: Type.Union([NamedView, Type.Null()], { description: 'null: no more than its identifier is known' }),
    created: Type.String({ format: 'date-time' }),
    updated: Type.String({ format: 'date-time' }),
    status: StatusView(DEVICE_STATUSES, 'Only an active one gets certificates'),
    fields: Type.Array(FieldView),
    ...ApiAccessView,
  },
  { title: 'Device' },
)

/** A page of devices. */
export const DeviceList = Type.Object(
  {
    limit: Type.Integer(),
    offset: Type.Integer(),
    total: Type.Integer({
      description: `How many there are in all, counted up to ${COUNTED_DEVICES}, and beyond to the record after this page`,
    }),
    total_is_exact: Type.Boolean({ description: 'false where there are as many, or more' }),
    records: Type.Array(DeviceView),
  },
  { title: 'Devices' },
)

/** A device in an answer. */
export function deviceView({ device, division, profile }: DescribedDevice): Static<typeof DeviceView> {
  return {
    id: device.id,
    account_id: device.accountId,
    division: { id: division.id, name: division.name },
    device_identifier: device.identifier,
    device_profile: profile ? { id: profile.id, name: profile.name } : null,
    created: secondText(device.createdAt),
    updated: secondText(device.updatedAt),
    status: device.status.toUpperCase(),
    fields: (profile?.fields ?? []).map(({ id, name, mandatory }) => ({
      id,
      name,
      value: knownValue(device.values, id) ?? null,
      mandatory,
    })),
    ...apiAccessView(apiAccessOf(device, profile)),
  }
}

/** An example for the document. */
export const EXAMPLE_DEVICE: Static<typeof DeviceView> = {
  id: '019ab2c4-4a51-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  division: { id: '019ab2c4-4a50-7d02-8f5e-4c1a9b7b2f10', name: 'Cameras' },
  device_identifier: 'CAM-0011',
  device_profile: { id: '019ab2c4-4a54-7d02-8f5e-4c1a9b7b2f10', name: 'Camera' },
  created: '2026-11-23T00:00:00Z',
  updated: '2026-11-23T00:00:00Z',
  status: 'ACTIVE',
  fields: [
    { id: 'mac', name: 'MAC address', value: '00:1A:2B:3C:4D:5E', mandatory: true },
    { id: 'site', name: 'Site', value: 'north', mandatory: false },
  ],
  device_api_allow_read: true,
  device_api_allow_write: false,
  device_api_allow_renew_certificate: true,
}

/** What devices are looked for by. */
export const DeviceFilter = Type.Object({
  ...RecordQuery,
  device_identifier: RecordFilter(),
  division_id: RecordFilter('A UUID'),
  device_profile_id: RecordFilter('A UUID'),
  status: Type.Optional(WordOf(DEVICE_STATUSES, 'Deleted ones are listed only where they are asked for: ')),
  created_from: RecordFilter('Made on that day or later, as 2026-11-23'),
  created_to: RecordFilter('Made on that day or earlier'),
  updated_from: RecordFilter('Changed on that day or later'),
  updated_to: RecordFilter('Changed on that day or earlier'),
})

const DAY_MS = 86_400_000

/** Reads a query. */
export function deviceQuery(query: Static<typeof DeviceFilter>): Omit<DeviceQuery, 'accountId'> {
  const { device_identifier: identifier, division_id: divisionId, device_profile_id: deviceProfileId } = query
  const from = (field: 'created_from' | 'updated_from'): Date | undefined => dayOf(field, query[field])
  const until = (field: 'created_to' | 'updated_to'): Date | undefined => {
    const day = dayOf(field, query[field])
    return day && new Date(day.getTime() + DAY_MS)
  }
  const moments = {
    createdFrom: from('created_from'),
    createdUntil: until('created_to'),
    updatedFrom: from('updated_from'),
    updatedUntil: until('updated_to'),
  }
  return {
    ...partOf(query),
    ...(identifier !== undefined && { identifier }),
    ...(divisionId !== undefined && { divisionId }),
    ...(deviceProfileId !== undefined && { deviceProfileId }),
    ...(query.status !== undefined && { status: wordOf('status', query.status, DEVICE_STATUSES) }),
    ...(Object.fromEntries(Object.entries(moments).filter(([, at]) => at)) as Partial<
      Record<keyof typeof moments, Date>
    >),
  }
}

function dayOf(field: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const day = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : Number.NaN)
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return day
  throw new Refusal('invalid', 'invalid_request', `${field}: a day as 2026-11-23.`)
}
