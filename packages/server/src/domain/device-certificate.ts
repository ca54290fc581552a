import type { GeneralName } from '@countersign/pki'
import type { IssuedCertificate } from './certificate.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { alternativeText } from './profile-field.ts'

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
  readonly commonName?: string
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
  /** The newest first, and how many there are of them in all. */
  list(
    query: DeviceCertificateQuery,
  ): Promise<{ readonly total: number; readonly records: readonly DeviceCertificate[] }>
}

/** How a certificate is at a moment. */
export function statusOfDeviceCertificate({ status, notAfter }: IssuedCertificate, at: Date): DeviceCertificateStatus {
  if (status === 'revoked') return 'REVOKED'
  return notAfter < at ? 'EXPIRED' : 'ISSUED'
}

/** The alternative names of a certificate as they are looked for: in lower case, addresses in their shortest form. */
export function searchedNames(names: readonly GeneralName[]): readonly string[] {
  return [...new Set(names.map((name) => alternativeText(name)?.toLowerCase() ?? '').filter((text) => text !== ''))]
}
