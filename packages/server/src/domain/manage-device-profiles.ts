/** Device profiles: made, looked at, changed, and deleted while nothing refers to them. */
import {
  type ChangingWorld,
  changeInAccount,
  ownedBy,
  recordChange,
  requireFreeName,
  requireRoom,
  requireUnused,
} from './account-change.ts'
import type { Principal } from './authenticate.ts'
import type { DeviceApiAccess } from './device.ts'
import { deviceFieldsOf, patternText, type WishedDeviceField } from './device-field.ts'
import type { DeviceProfile, DeviceProfileQuery } from './device-profile.ts'
import type { Division } from './division.ts'
import { activeDivision } from './manage-divisions.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'

/** What a profile can be told to be; what is left out stays as it is, and null takes a pattern away. */
export type DeviceProfileChange = {
  readonly name?: string
  readonly description?: string
  readonly requiresIdentifier?: boolean
  readonly identifierPattern?: string | null
  /** All of them, in their order. */
  readonly fields?: readonly WishedDeviceField[]
  readonly apiAccess?: Partial<DeviceApiAccess>
}

/** A profile with its division. */
export type DescribedDeviceProfile = { readonly profile: DeviceProfile; readonly division: Division }

const MOST_PROFILES = 1_000
const CHANGE = { locks: ['device-profiles'], permission: 'MANAGE_IOT_DEVICE_PROFILE' } as const

/** Those of the principal's account that are so. */
export async function listDeviceProfiles(
  { store }: ChangingWorld,
  { account }: Principal,
  query: Omit<DeviceProfileQuery, 'accountId'>,
): Promise<{ readonly total: number; readonly records: readonly DescribedDeviceProfile[] }> {
  const { total, records } = await store.deviceProfiles.list({ ...query, accountId: account.id })
  return { total, records: await Promise.all(records.map((profile) => described(store, profile))) }
}

/** One of them. */
export async function findDeviceProfile(
  { store }: ChangingWorld,
  { account }: Principal,
  id: string,
): Promise<DescribedDeviceProfile> {
  return described(store, ownedBy(account.id, await store.deviceProfiles.find(id), 'device profile'))
}

/** Makes a profile in a division. */
export async function createDeviceProfile(
  world: ChangingWorld,
  principal: Principal,
  { divisionId, ...change }: DeviceProfileChange & { readonly name: string; readonly divisionId: string },
): Promise<DescribedDeviceProfile> {
  // While it is made, nobody deletes its division.
  const locks = ['divisions', ...CHANGE.locks]
  return changeInAccount(world, principal, { ...CHANGE, locks }, async (repositories, at) => {
    const accountId = principal.account.id
    requireRoom(
      'device profile',
      await repositories.deviceProfiles.list({ accountId, offset: 0, limit: 1 }),
      MOST_PROFILES,
    )
    const division = await activeDivision(repositories, accountId, divisionId)
    const bare: DeviceProfile = {
      id: uuidV7(at),
      accountId,
      divisionId,
      name: '',
      description: '',
      requiresIdentifier: true,
      identifierPattern: undefined,
      fields: [],
      apiAccess: { read: false, write: false, renewCertificate: false },
      createdAt: at,
      updatedAt: at,
    }
    const profile = await changed(repositories, bare, change, at)
    await repositories.deviceProfiles.add(profile)
    await record(repositories, at, principal, 'device_profile.create', profile)
    return { profile, division }
  })
}

/**
 * Changes all but the division: the devices of a profile are in it. What is known of them stays until they are changed;
 * what no field has any more is not told.
 */
export async function changeDeviceProfile(
  world: ChangingWorld,
  principal: Principal,
  id: string,
  change: DeviceProfileChange,
): Promise<DescribedDeviceProfile> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const before = ownedBy(principal.account.id, await repositories.deviceProfiles.find(id), 'device profile')
    const profile = { ...(await changed(repositories, before, change, at)), updatedAt: at }
    await repositories.deviceProfiles.update(profile)
    await record(repositories, at, principal, 'device_profile.update', profile)
    return described(repositories, profile)
  })
}

/** Deletes a profile that neither devices nor enrollment profiles have. */
export async function removeDeviceProfile(world: ChangingWorld, principal: Principal, id: string): Promise<void> {
  // While it looks, nobody gives the profile to an enrollment profile.
  const locks = [...CHANGE.locks, 'enrollment-profiles']
  await changeInAccount(world, principal, { ...CHANGE, locks }, async (repositories, at) => {
    const accountId = principal.account.id
    const profile = ownedBy(accountId, await repositories.deviceProfiles.find(id), 'device profile')
    const query = { accountId, deviceProfileId: id, offset: 0, limit: 1 }
    const { devices, enrollmentProfiles } = repositories
    requireUnused('device profile', {
      'enrollment profile': (await enrollmentProfiles.list(query)).total,
      device: (await devices.list(query)).total,
      'deleted device': (await devices.list({ ...query, status: 'deleted' })).total,
    })
    await repositories.deviceProfiles.remove(id)
    await record(repositories, at, principal, 'device_profile.delete', profile)
  })
}

async function described(
  { divisions }: Pick<Repositories, 'divisions'>,
  profile: DeviceProfile,
): Promise<DescribedDeviceProfile> {
  const division = await divisions.find(profile.divisionId)
  if (!division) throw new Error(`the division of ${profile.id} is missing`)
  return { profile, division }
}

async function changed(
  { deviceProfiles }: Pick<Repositories, 'deviceProfiles'>,
  before: DeviceProfile,
  { name, description, requiresIdentifier, identifierPattern, fields, apiAccess }: DeviceProfileChange,
  at: Date,
): Promise<DeviceProfile> {
  const profile: DeviceProfile = {
    ...before,
    ...(name !== undefined && { name: lineText('name', name, 1, 100) }),
    ...(description !== undefined && { description: lineText('description', description, 0, 500) }),
    ...(requiresIdentifier !== undefined && { requiresIdentifier }),
    ...(identifierPattern !== undefined && {
      identifierPattern:
        identifierPattern === null ? undefined : patternText('device_identifier_pattern', identifierPattern),
    }),
    ...(fields && { fields: deviceFieldsOf(fields, at) }),
    apiAccess: { ...before.apiAccess, ...apiAccess },
  }
  const named = { accountId: profile.accountId, name: profile.name, offset: 0, limit: 2 }
  requireFreeName('device profile', profile.id, await deviceProfiles.list(named))
  return profile
}

async function record(
  repositories: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, accountId: _, createdAt: _created, updatedAt: _updated, fields, ...profile }: DeviceProfile,
): Promise<void> {
  const details = {
    ...profile,
    identifierPattern: profile.identifierPattern ?? null,
    fields: fields.map((field) => ({
      ...field,
      defaultValue: field.defaultValue ?? null,
      pattern: field.pattern ?? null,
    })),
  }
  await recordChange(repositories, at, principal, { action, resourceType: 'device_profile', resourceId: id, details })
}
