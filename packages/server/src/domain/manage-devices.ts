/** Devices: made, looked at, changed, disabled, and deleted once no certificate of theirs counts. */
import { type ChangingWorld, changeInAccount, ownedBy, recordChange } from './account-change.ts'
import type { Principal } from './authenticate.ts'
import type { GivenAttribute } from './certificate-names.ts'
import { type Device, type DeviceApiAccess, type DeviceQuery, type FoundDevices, newDevice } from './device.ts'
import { deviceIdentifier, fieldValues } from './device-field.ts'
import type { DeviceProfile } from './device-profile.ts'
import type { Division } from './division.ts'
import { activeDivision } from './manage-divisions.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'

/** What a device can be told to be; what is left out stays as it is. */
export type DeviceChange = {
  readonly identifier?: string
  /** One of its division's. */
  readonly deviceProfileId?: string
  /** All of them: what is left out of these is known no longer. */
  readonly fields?: readonly GivenAttribute[]
  readonly apiAccess?: Partial<DeviceApiAccess>
}

/** A device with what it belongs to. */
export type DescribedDevice = {
  readonly device: Device
  readonly division: Division
  readonly profile: DeviceProfile | undefined
}

/** Certificate requests make devices under the same lock. */
const CHANGE = { locks: ['devices'], permission: 'MANAGE_IOT_DEVICE' } as const
const NOT_FOUND = 'entity_not_found'

/** Those of the principal's account that are so. */
export async function listDevices(
  { store }: ChangingWorld,
  { account }: Principal,
  query: Omit<DeviceQuery, 'accountId'>,
): Promise<Omit<FoundDevices, 'records'> & { readonly records: readonly DescribedDevice[] }> {
  const { records, ...found } = await store.devices.list({ ...query, accountId: account.id })
  const divisions = await foundOf(
    records.map(({ divisionId }) => divisionId),
    (id) => store.divisions.find(id),
  )
  const profiles = await foundOf(
    records.flatMap(({ deviceProfileId }) => deviceProfileId ?? []),
    (id) => store.deviceProfiles.find(id),
  )
  return {
    ...found,
    records: records.map((device) => ({
      device,
      division: needed(divisions.get(device.divisionId)),
      profile: device.deviceProfileId === undefined ? undefined : needed(profiles.get(device.deviceProfileId)),
    })),
  }
}

/** One of them. */
export async function findDevice(
  { store }: ChangingWorld,
  { account }: Principal,
  id: string,
): Promise<DescribedDevice> {
  return describedDevice(store, ownedBy(account.id, await store.devices.find(id), 'device', NOT_FOUND))
}

/** Makes a device in a division, of which no more is known than its profile has fields for. */
export async function createDevice(
  world: ChangingWorld,
  principal: Principal,
  { divisionId, ...change }: DeviceChange & { readonly identifier: string; readonly divisionId: string },
): Promise<DescribedDevice> {
  // While it is made, nobody deletes its division.
  const locks = ['divisions', ...CHANGE.locks]
  return changeInAccount(world, principal, { ...CHANGE, locks }, async (repositories, at) => {
    const accountId = principal.account.id
    await activeDivision(repositories, accountId, divisionId)
    const bare = newDevice(at, { accountId, divisionId, identifier: '' })
    const device = await changed(repositories, bare, { fields: [], ...change })
    await repositories.devices.add(device)
    await record(repositories, at, principal, 'device.create', device)
    return describedDevice(repositories, device)
  })
}

/** Changes all but the division. */
export async function changeDevice(
  world: ChangingWorld,
  principal: Principal,
  id: string,
  change: DeviceChange,
): Promise<DescribedDevice> {
  return changing(world, principal, id, 'device.update', async (repositories, before) => {
    if (before.status === 'deleted')
      throw new Refusal('conflict', 'device_deleted', 'The device is deleted: enable it before it is changed.')
    return changed(repositories, before, change)
  })
}

/** Has a device get no certificates until it is enabled again. */
export async function disableDevice(world: ChangingWorld, principal: Principal, id: string): Promise<DescribedDevice> {
  return changing(world, principal, id, 'device.disable', async (_, before) => {
    if (before.status === 'deleted') throw new Refusal('conflict', 'device_deleted', 'The device is deleted.')
    return { ...before, status: 'disabled' }
  })
}

/** Lets a device get certificates again, one that was deleted, too. */
export async function enableDevice(world: ChangingWorld, principal: Principal, id: string): Promise<DescribedDevice> {
  return changing(world, principal, id, 'device.enable', async (_, before) => ({ ...before, status: 'active' }))
}

/**
 * Deletes a device of which no certificate counts. Where there were some it stays, as deleted: it is to be known for good
 * for what they were.
 */
export async function removeDevice(world: ChangingWorld, principal: Principal, id: string): Promise<void> {
  await changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const { devices } = repositories
    const device = ownedBy(principal.account.id, await devices.find(id), 'device', NOT_FOUND)
    if (device.status === 'deleted') throw new Refusal('conflict', 'device_deleted', 'The device is deleted already.')
    const count = await devices.countCertificates(id, at)
    if (count > 0)
      throw new Refusal(
        'conflict',
        'device_in_use',
        `${count} certificate${count === 1 ? '' : 's'} of the device count${count === 1 ? 's' : ''}: revoke ${count === 1 ? 'it' : 'them'} first, or disable the device.`,
      )
    const after: Device = { ...device, status: 'deleted', updatedAt: at }
    if (await devices.hasHistory(id)) await devices.update(after)
    else await devices.remove(id)
    await record(repositories, at, principal, 'device.delete', after)
  })
}

async function changing(
  world: ChangingWorld,
  principal: Principal,
  id: string,
  action: string,
  next: (repositories: Repositories, before: Device) => Promise<Device>,
): Promise<DescribedDevice> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const before = ownedBy(principal.account.id, await repositories.devices.find(id), 'device', NOT_FOUND)
    const device = { ...(await next(repositories, before)), updatedAt: at }
    await repositories.devices.update(device)
    await record(repositories, at, principal, action, device)
    return describedDevice(repositories, device)
  })
}

async function changed(
  repositories: Pick<Repositories, 'devices' | 'deviceProfiles'>,
  before: Device,
  { identifier, deviceProfileId = before.deviceProfileId, fields, apiAccess }: DeviceChange,
): Promise<Device> {
  const profile = deviceProfileId === undefined ? undefined : await heldProfile(repositories, before, deviceProfileId)
  const isJudged = fields !== undefined || deviceProfileId !== before.deviceProfileId
  const known = fields ? {} : before.values
  return {
    ...before,
    deviceProfileId,
    ...(identifier !== undefined && { identifier: await freeIdentifier(repositories, before, profile, identifier) }),
    ...(isJudged && { values: fieldValues('fields', profile ?? { fields: [] }, fields ?? [], known) }),
    apiAccess: { ...before.apiAccess, ...apiAccess },
  }
}

/** A profile of the device's division, which stays until the transaction ends. */
async function heldProfile(
  { deviceProfiles }: Pick<Repositories, 'deviceProfiles'>,
  { accountId, divisionId }: Device,
  id: string,
): Promise<DeviceProfile> {
  const profile = ownedBy(accountId, await deviceProfiles.hold(id), 'device profile')
  if (profile.divisionId === divisionId) return profile
  throw new Refusal('invalid', 'invalid_request', 'device_profile_id: the device profile belongs to another division.')
}

async function freeIdentifier(
  { devices }: Pick<Repositories, 'devices'>,
  { id, accountId, identifier: before }: Device,
  profile: DeviceProfile | undefined,
  text: string,
): Promise<string> {
  // One that it had before its profile had a pattern.
  if (text === before && before !== '') return before
  const identifier = deviceIdentifier('device_identifier', profile, text)
  const found = await devices.findByIdentifier(accountId, identifier)
  if (!found || found.id === id) return identifier
  const instead = found.status === 'deleted' ? ', which was deleted: enable it again' : ''
  throw new Refusal(
    'invalid',
    'invalid_input',
    `device_identifier: there is a device of this identifier already, ${found.id}${instead}.`,
  )
}

/** A device with what it belongs to. */
export async function describedDevice(
  { divisions, deviceProfiles }: Pick<Repositories, 'divisions' | 'deviceProfiles'>,
  device: Device,
): Promise<DescribedDevice> {
  const { divisionId, deviceProfileId } = device
  return {
    device,
    division: needed(await divisions.find(divisionId)),
    profile: deviceProfileId === undefined ? undefined : needed(await deviceProfiles.find(deviceProfileId)),
  }
}

/** Each once, by its id. */
async function foundOf<T>(
  ids: readonly string[],
  find: (id: string) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, T | undefined>> {
  const each = [...new Set(ids)]
  return new Map(await Promise.all(each.map(async (id) => [id, await find(id)] as const)))
}

function needed<T>(found: T | undefined): T {
  if (found) return found
  throw new Error('what a device belongs to is missing')
}

async function record(
  repositories: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, identifier, divisionId, deviceProfileId, status, values, apiAccess }: Device,
): Promise<void> {
  const details = { identifier, divisionId, deviceProfileId: deviceProfileId ?? null, status, values, apiAccess }
  await recordChange(repositories, at, principal, { action, resourceType: 'device', resourceId: id, details })
}
