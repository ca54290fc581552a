import type { CertificateRequest } from './certificate-request.ts'
import type { DeviceProfile } from './device-profile.ts'
import { uuidV7 } from './uuid.ts'

export const DEVICE_STATUSES = ['active', 'disabled', 'deleted'] as const

/** Only an active one gets certificates; a deleted one stays where certificates were made for it. */
export type DeviceStatus = (typeof DEVICE_STATUSES)[number]

/** What a device may do by its own certificate. */
export type DeviceApiAccess = {
  readonly read: boolean
  readonly write: boolean
  readonly renewCertificate: boolean
}

/** The id of the device attribute that says which device it is. */
export const DEVICE_IDENTIFIER = 'DEVICE_IDENTIFIER'

export const LONGEST_DEVICE_IDENTIFIER = 255

/** A thing that certificates are for. */
export type Device = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly divisionId: string
  /** Undefined where nothing but its identifier is known. */
  readonly deviceProfileId: string | undefined
  /** What its maker calls it; unique within the account. */
  readonly identifier: string
  readonly status: DeviceStatus
  /** By the ids of fields of its profile, as the profile judged them when they were given. */
  readonly values: Readonly<Record<string, string>>
  /** Where it may something else than its profile says. */
  readonly apiAccess: Partial<DeviceApiAccess>
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Which devices of an account are wanted: those of which all that is given is so; deleted ones only where they are asked for. */
export type DeviceQuery = {
  readonly accountId: string
  readonly identifier?: string
  readonly divisionId?: string
  readonly deviceProfileId?: string
  readonly status?: DeviceStatus
  readonly createdFrom?: Date
  /** Before that moment; so is the next. */
  readonly createdUntil?: Date
  readonly updatedFrom?: Date
  readonly updatedUntil?: Date
  readonly offset: number
  readonly limit: number
}

/** To count all of a million takes as long as finding them is to take for a page. */
export const COUNTED_DEVICES = 10_000

/** Devices on a page, and how many there are in all. */
export type FoundDevices = {
  readonly records: readonly Device[]
  /** Counted up to `COUNTED_DEVICES`, and beyond as far as the page after this one. */
  readonly total: number
  readonly isTotalExact: boolean
}

/** The devices in the store. */
export type Devices = {
  find(id: string): Promise<Device | undefined>
  findByIdentifier(accountId: string, identifier: string): Promise<Device | undefined>
  /** The newest first; those that are looked for by when they were changed, the last changed first. */
  list(query: DeviceQuery): Promise<FoundDevices>
  add(device: Device): Promise<void>
  update(device: Device): Promise<void>
  /** Whether any certificate was requested for it. */
  hasHistory(id: string): Promise<boolean>
  /** How many certificates of it count at that moment: issued, not ended, not revoked for good. */
  countCertificates(id: string, at: Date): Promise<number>
  /** Whether a certificate of it counts at that moment that somebody else asked for. */
  hasCertificateOfOthers(id: string, actor: CertificateRequest['actor'], at: Date): Promise<boolean>
  /** Throws a Refusal with the reason conflict where something refers to it. */
  remove(id: string): Promise<void>
}

/** A new device. */
export function newDevice(
  at: Date,
  of: Pick<Device, 'accountId' | 'divisionId' | 'identifier'> &
    Partial<Pick<Device, 'deviceProfileId' | 'values' | 'apiAccess'>>,
): Device {
  return {
    id: uuidV7(at),
    accountId: of.accountId,
    divisionId: of.divisionId,
    deviceProfileId: of.deviceProfileId,
    identifier: of.identifier,
    status: 'active',
    values: of.values ?? {},
    apiAccess: of.apiAccess ?? {},
    createdAt: at,
    updatedAt: at,
  }
}

/** What a device may do by its own certificate: what it says itself, else what its profile says, else nothing. */
export function apiAccessOf(
  { apiAccess }: Pick<Device, 'apiAccess'>,
  profile: Pick<DeviceProfile, 'apiAccess'> | undefined,
): DeviceApiAccess {
  return { read: false, write: false, renewCertificate: false, ...profile?.apiAccess, ...apiAccess }
}
