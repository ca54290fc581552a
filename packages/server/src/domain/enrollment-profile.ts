import type { DeviceKeyType } from './device-key-type.ts'
import { uuidV7 } from './uuid.ts'

/** Where a certificate may be requested. */
export type EnrollmentMethod = 'API'

/** Who makes the key: the device, the platform, or whichever the request says. */
export type KeyGenerationOption = 'client_side' | 'server_side' | 'client_or_server_side'

/** Who may get certificates in which way; the devices' authority of the platform issues them. */
export type EnrollmentProfile = {
  /** `IOT_` and a UUID. */
  readonly id: string
  readonly accountId: string
  readonly divisionId: string
  readonly certificateProfileId: string
  /** Unique within the account. */
  readonly name: string
  readonly enrollmentMethods: readonly EnrollmentMethod[]
  readonly keyGenerationOption: KeyGenerationOption
  /** Of keys that are made here: this one always, or this one unless the request names another. */
  readonly keyType: { readonly choice: 'fixed' | 'selectable'; readonly type: DeviceKeyType }
  readonly createdAt: Date
}

/** The enrollment profiles in the store. */
export type EnrollmentProfiles = {
  find(id: string): Promise<EnrollmentProfile | undefined>
  add(profile: EnrollmentProfile): Promise<void>
}

/** An id that no enrollment profile has. */
export function newEnrollmentProfileId(at: Date): string {
  return `IOT_${uuidV7(at)}`
}
