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

/** The service certificates in the store. */
export type ServiceCertificates = {
  find(service: ServiceName): Promise<ServiceCertificate | undefined>
  list(): Promise<readonly ServiceCertificate[]>
  /** Adds it, or replaces the one that its service used so far. */
  put(certificate: ServiceCertificate): Promise<void>
}
