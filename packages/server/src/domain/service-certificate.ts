import type { AuthorityPurpose } from './authority.ts'

/** Which of the platform's own services a certificate is for. */
export type ServiceName = 'tls' | 'time-stamping' | `ocsp:${AuthorityPurpose}`

/** The certificate and key that a service of the platform uses now; the platform itself renews it before it ends. */
export type ServiceCertificate = {
  readonly service: ServiceName
  readonly keyId: string
  readonly certificateId: string
  readonly createdAt: Date
}
