import type { DeviceApiAccess } from './device.ts'

export const DEVICE_FIELD_TYPES = ['text', 'number', 'boolean', 'enum', 'ip_address', 'mac_address'] as const

/** What kind of value a field has. */
export type DeviceFieldType = (typeof DEVICE_FIELD_TYPES)[number]

/** What is known of each device of a profile. */
export type DeviceField = {
  /** Unique within the profile: a word of whoever made it, or a UUID. */
  readonly id: string
  /** What people know it by; unique within the profile. */
  readonly name: string
  readonly type: DeviceFieldType
  readonly mandatory: boolean
  /** Of an enum: what the value is one of. */
  readonly options: readonly string[]
  /** The value where none is given. */
  readonly defaultValue: string | undefined
  /** What a text has to look like: `*` stands for any characters, `?` for one. */
  readonly pattern: string | undefined
}

/** What is known of devices beside their identifiers, and what they may do by themselves. */
export type DeviceProfile = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly divisionId: string
  /** Unique within the account. */
  readonly name: string
  readonly description: string
  /** Whether a request for a certificate has to say which device it is for. */
  readonly requiresIdentifier: boolean
  /** What the identifiers of devices have to look like, as in a field. */
  readonly identifierPattern: string | undefined
  readonly fields: readonly DeviceField[]
  /** What devices may do by their own certificates, unless a device says otherwise. */
  readonly apiAccess: DeviceApiAccess
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Which device profiles of an account are wanted: those of which all that is given is so. */
export type DeviceProfileQuery = {
  readonly accountId: string
  readonly name?: string
  readonly divisionId?: string
  readonly offset: number
  readonly limit: number
}

/** The device profiles in the store. */
export type DeviceProfiles = {
  find(id: string): Promise<DeviceProfile | undefined>
  /** As it is now, and there until the transaction ends. Others may hold it, too. */
  hold(id: string): Promise<DeviceProfile | undefined>
  /** The newest first, and how many there are of them in all. */
  list(query: DeviceProfileQuery): Promise<{ readonly total: number; readonly records: readonly DeviceProfile[] }>
  add(profile: DeviceProfile): Promise<void>
  update(profile: DeviceProfile): Promise<void>
  /** Throws a Refusal with the reason conflict where something refers to it. */
  remove(id: string): Promise<void>
}
