import type { DeviceKeyType } from './device-key-type.ts'
import type { EnrollmentMethod } from './enrollment-profile.ts'
import type { Actor } from './record-event.ts'

/** That a certificate for a device was asked for, and which came of it. */
export type CertificateRequest = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly enrollmentProfileId: string
  /** Undefined where the request named none. */
  readonly deviceId: string | undefined
  readonly certificateId: string
  /** The one that it renews; undefined where it renews none. */
  readonly renewedCertificateId: string | undefined
  /** Who asked. */
  readonly actor: { readonly kind: Actor['kind']; readonly id: string }
  /** By which way it came. */
  readonly method: EnrollmentMethod
  /** Whether somebody approved it, or nobody had to. */
  readonly status: 'AUTO_APPROVED' | 'APPROVED'
  /** Who made the key. */
  readonly keyGeneration: 'client' | 'server'
  readonly keyType: DeviceKeyType
  readonly createdAt: Date
}

/** The certificate requests in the store. */
export type CertificateRequests = {
  find(id: string): Promise<CertificateRequest | undefined>
  findByCertificate(certificateId: string): Promise<CertificateRequest | undefined>
  add(request: CertificateRequest): Promise<void>
}
