import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import type { DeviceKeyType } from './device-key-type.ts'
import type { DeviceProfile } from './device-profile.ts'
import type { Division } from './division.ts'
import { uuidV7 } from './uuid.ts'

/** Where certificates may be requested: by the API, by EST (RFC 7030), or many at once as a job. */
export const ENROLLMENT_METHODS = ['API', 'EST', 'BATCH'] as const

export type EnrollmentMethod = (typeof ENROLLMENT_METHODS)[number]

/** Who makes the key: the device, the platform, or whichever the request says. */
export const KEY_GENERATION_OPTIONS = ['client_side', 'server_side', 'client_or_server_side'] as const

export type KeyGenerationOption = (typeof KEY_GENERATION_OPTIONS)[number]

export const ENROLLMENT_PROFILE_STATUSES = ['active', 'disabled'] as const

/** Under a disabled one there are no certificates, renewed ones neither. */
export type EnrollmentProfileStatus = (typeof ENROLLMENT_PROFILE_STATUSES)[number]

/** Whether somebody has to approve what is requested. */
export const APPROVALS = ['automatic', 'manual'] as const

export type Approval = (typeof APPROVALS)[number]

/** What requests are held to; undefined for no limit. */
export type EnrollmentLimits = {
  readonly startsAt: Date | undefined
  readonly endsAt: Date | undefined
  /** How many certificates there may be, beside those that renew others. */
  readonly usageLimit: number | undefined
  /** From where requests may come, in CIDR notation; from anywhere when there are none. */
  readonly networks: readonly string[]
}

/** How certificates are renewed. */
export type RenewalRules = {
  /** How long before a certificate ends it may be renewed; at any time where undefined. */
  readonly windowDays: number | undefined
  /** Whether the new certificate may be for the same key. */
  readonly allowsKeyReuse: boolean
  /** Whether the request may say other names than the certificate has. */
  readonly allowsNameChange: boolean
}

/** Who may get certificates in which way; the devices' authority of the platform issues them. */
export type EnrollmentProfile = {
  /** `IOT_` and a UUID. */
  readonly id: string
  readonly accountId: string
  readonly divisionId: string
  readonly certificateProfileId: string
  /** What is known of the devices; undefined where no more than their identifiers are. */
  readonly deviceProfileId: string | undefined
  /** Unique within the account. */
  readonly name: string
  readonly status: EnrollmentProfileStatus
  readonly enrollmentMethods: readonly EnrollmentMethod[]
  readonly keyGenerationOption: KeyGenerationOption
  /** Of keys that are made here: this one always, or this one unless the request names another. */
  readonly keyType: { readonly choice: 'fixed' | 'selectable'; readonly type: DeviceKeyType }
  readonly approval: Approval
  readonly renewal: RenewalRules
  readonly limits: EnrollmentLimits
  /** How often it was used; counted where there is a limit. */
  readonly numberOfUsage: number | undefined
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** An enrollment profile and all that it names. */
export type Profiles = {
  readonly enrollment: EnrollmentProfile
  readonly certificate: DeviceCertificateProfile
  readonly device: DeviceProfile | undefined
  readonly division: Division
}

/** Which enrollment profiles of an account are wanted: those of which all that is given is so. */
export type EnrollmentProfileQuery = {
  readonly accountId: string
  readonly name?: string
  readonly status?: EnrollmentProfileStatus
  readonly divisionId?: string
  readonly certificateProfileId?: string
  readonly deviceProfileId?: string
  readonly offset: number
  readonly limit: number
}

/** The enrollment profiles in the store. */
export type EnrollmentProfiles = {
  find(id: string): Promise<EnrollmentProfile | undefined>
  findWithProfiles(id: string): Promise<Profiles | undefined>
  /** As it is now, and as it stays until the transaction ends, but for the number of its usage. Others may hold it, too. */
  hold(id: string): Promise<EnrollmentProfile | undefined>
  /** As `hold`, for who is about to change it: waits for all who hold it, and they for it. */
  holdToChange(id: string): Promise<EnrollmentProfile | undefined>
  /** Counts a use of one that is limited; false where none is left. Of several at once no more get one than there are. */
  use(id: string): Promise<boolean>
  /** The newest first, and how many there are of them in all. */
  list(
    query: EnrollmentProfileQuery,
  ): Promise<{ readonly total: number; readonly records: readonly EnrollmentProfile[] }>
  add(profile: EnrollmentProfile): Promise<void>
  /** Changes all but the number of its usage; where it gets a limit that had none, what was issued before counts. */
  update(profile: EnrollmentProfile): Promise<void>
  /** Throws a Refusal with the reason conflict where something refers to it. */
  remove(id: string): Promise<void>
}

/** An id that no enrollment profile has. */
export function newEnrollmentProfileId(at: Date): string {
  return `IOT_${uuidV7(at)}`
}
