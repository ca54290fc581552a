import type { Account } from './account.ts'
import { isInNetworks } from './allowed-network.ts'
import type { ProfileFieldId } from './profile-field.ts'

/** What a field of the certificate has to hold. */
export type RegisteredValue = { readonly field: ProfileFieldId; readonly values: readonly string[] }

export const ENROLLMENT_RIGHT_KINDS = ['passcode', 'authentication_certificate'] as const

export type EnrollmentRightKind = (typeof ENROLLMENT_RIGHT_KINDS)[number]

/** By what it is proven; a passcode that was deleted has no hash any more. */
export type EnrollmentProof =
  | {
      readonly kind: 'passcode'
      /** How it begins, to know it by. */
      readonly beginning: string
      readonly length: number
      /** Under a key of the platform. */
      readonly hash: Uint8Array | undefined
    }
  | { readonly kind: 'authentication_certificate'; readonly certificateId: string }

/** The right to enroll under one enrollment profile without being a user: whoever has the passcode, or the certificate with its key. */
export type EnrollmentRight = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly enrollmentProfileId: string
  readonly name: string
  readonly description: string
  readonly proof: EnrollmentProof
  /** One that was deleted is kept, so that it is known what it was used for. */
  readonly status: 'active' | 'disabled' | 'deleted'
  /** How many certificates may be made by it; any number when undefined. */
  readonly usageLimit: number | undefined
  readonly numberOfUsage: number
  readonly startsAt: Date | undefined
  readonly endsAt: Date | undefined
  readonly registeredValues: readonly RegisteredValue[]
  /** From where it counts, in CIDR notation; from anywhere when there are none. */
  readonly allowedNetworks: readonly string[]
  readonly createdAt: Date
  /** Id of the user who made it, and was told the passcode; undefined where that is not known. */
  readonly createdBy: string | undefined
}

/** An enrollment right with whose it is, so that one look authenticates a request. */
export type EnrollmentRightHolder = { readonly right: EnrollmentRight; readonly account: Account }

/** Which enrollment rights are wanted. */
export type EnrollmentRightQuery = {
  readonly enrollmentProfileId: string
  readonly kind: EnrollmentRightKind
  readonly offset: number
  readonly limit: number
}

/** The enrollment rights in the store. */
export type EnrollmentRights = {
  find(id: string): Promise<EnrollmentRight | undefined>
  /** By the keyed hash of its passcode; ended and disabled ones too: whoever asks judges. */
  findByPasscodeHash(hash: Uint8Array): Promise<EnrollmentRightHolder | undefined>
  /** Those that a certificate proves, deleted ones too. */
  listOfCertificate(certificateId: string): Promise<readonly EnrollmentRightHolder[]>
  /** Those of a profile that were not deleted, oldest first, and how many there are of them in all. */
  list(query: EnrollmentRightQuery): Promise<{ readonly total: number; readonly records: readonly EnrollmentRight[] }>
  add(right: EnrollmentRight): Promise<void>
  /** All but how often it was used. */
  update(right: EnrollmentRight): Promise<void>
  /** Counts one use of a right that is active, has begun, has not ended and is not used up; false of any other. */
  use(id: string, at: Date): Promise<boolean>
}

/** Why a right does not count now, or not from there; undefined for one that does. */
export function faultOfEnrollmentRight(
  { status, usageLimit, numberOfUsage, startsAt, endsAt, allowedNetworks }: EnrollmentRight,
  at: Date,
  address: string | undefined,
): string | undefined {
  if (status !== 'active') return `it is ${status}`
  if (startsAt && at < startsAt) return 'it has not begun'
  if (endsAt && at > endsAt) return 'it has ended'
  if (usageLimit !== undefined && numberOfUsage >= usageLimit) return 'it is used up'
  if (allowedNetworks.length > 0 && !isInNetworks(address, allowedNetworks))
    return 'it does not count from this address'
  return undefined
}
