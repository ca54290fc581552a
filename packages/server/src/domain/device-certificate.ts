import type { GeneralName } from '@countersign/pki'
import type { IssuedCertificate } from './certificate.ts'
import type { CertificateRequest } from './certificate-request.ts'
import type { EnrollmentMethod } from './enrollment-profile.ts'
import { alternativeName, alternativeText, FieldFault } from './profile-field.ts'

/** A certificate for a device, with what it was requested under. */
export type DeviceCertificate = {
  readonly certificate: IssuedCertificate
  readonly request: CertificateRequest
  readonly enrollmentProfileName: string
  /** Undefined where the request named no device. */
  readonly deviceIdentifier: string | undefined
}

export const DEVICE_CERTIFICATE_STATUSES = ['ISSUED', 'REVOKED', 'EXPIRED'] as const

/** How a certificate is now: one that is on hold is revoked, and one that was revoked before its end did not expire. */
export type DeviceCertificateStatus = (typeof DEVICE_CERTIFICATE_STATUSES)[number]

/** Which certificates of an account are wanted: those of which all that is given is so. */
export type DeviceCertificateQuery = {
  readonly accountId: string
  readonly at: Date
  readonly status?: DeviceCertificateStatus
  readonly enrollmentProfileId?: string
  readonly deviceIdentifier?: string
  readonly method?: EnrollmentMethod
  readonly certificateProfileId?: string
  /** Of the division's enrollment profiles. */
  readonly divisionId?: string
  readonly commonName?: string
  /** What the common name begins with. */
  readonly commonNamePrefix?: string
  /** One of the alternative names, as `searchedNames` writes them. */
  readonly name?: string
  /** As it stands in the store. */
  readonly serialNumber?: string
  /** Ends at that moment or later. */
  readonly endsFrom?: Date
  /** Ends before that moment. */
  readonly endsUntil?: Date
  readonly offset: number
  readonly limit: number
}

/** The certificates of devices in the store. */
export type DeviceCertificates = {
  find(accountId: string, id: string): Promise<DeviceCertificate | undefined>
  /** Has one that was issued be found by what it says; in the transaction that issues it. */
  add(entry: SearchedCertificate): Promise<void>
  /**
   * By the common name where it is looked for by its beginning, those that end first where a range of ends is given (expired is
   * one), else the newest first.
   */
  list(query: DeviceCertificateQuery): Promise<DeviceCertificatePage>
}

/** What a certificate is looked for by. */
export type SearchedCertificate = {
  readonly certificate: IssuedCertificate
  readonly request: CertificateRequest
  readonly certificateProfileId: string
  readonly divisionId: string
  /** As `searchedNames` writes them. */
  readonly names: readonly string[]
}

/** Certificates, and how many there are of their kind. */
export type DeviceCertificatePage = {
  /** Counted up to `COUNTED_CERTIFICATES`, and beyond as far as the page after this one. */
  readonly total: number
  /** False where there are as many, or more. */
  readonly isTotalExact: boolean
  readonly records: readonly DeviceCertificate[]
}

/** So many are counted: to count a million takes a tenth of a second, each time. */
export const COUNTED_CERTIFICATES = 10_000

/** How a certificate is at a moment. */
export function statusOfDeviceCertificate({ status, notAfter }: IssuedCertificate, at: Date): DeviceCertificateStatus {
  if (status === 'revoked') return 'REVOKED'
  return notAfter < at ? 'EXPIRED' : 'ISSUED'
}

/** The alternative names of a certificate as they are looked for. */
export function searchedNames(names: readonly GeneralName[]): readonly string[] {
  return [...new Set(names.map((name) => (alternativeText(name) ?? '').toLowerCase()).filter((text) => text !== ''))]
}

/** A name as it is looked for: in lower case, an address in its shortest form. */
export function searchedName(text: string): string {
  const trimmed = text.trim()
  try {
    return alternativeText(alternativeName('san.ip_address', trimmed))?.toLowerCase() ?? ''
  } catch (error) {
    if (error instanceof FieldFault) return trimmed.toLowerCase()
    throw error
  }
}
