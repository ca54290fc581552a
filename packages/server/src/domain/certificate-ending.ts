/** A device's certificate that ends, or has ended. */
export type CertificateEnding = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly commonName: string
  readonly serialNumber: string
  readonly enrollmentProfileId: string
  /** Undefined where the certificate is of no device. */
  readonly deviceIdentifier: string | undefined
  readonly issuedAt: Date
  readonly endsAt: Date
  /** Whether the device has one under the same profile and name that was issued later and ends later. */
  readonly isRenewed: boolean
}

/** How far a sweep has come: everything up to that end, and to that certificate of those that end in the same moment. */
export type Sweep = { readonly endsAt: Date; readonly id: string }

/** The ends of devices' certificates in the store, and how far the sweeps through them have come. */
export type CertificateEndings = {
  /** Certificates that count, beyond a sweep and up to a moment, in the order of their ends. */
  list(after: Sweep, until: Date, limit: number): Promise<readonly CertificateEnding[]>
  /** How far the sweep so many days ahead has come; undefined before the first. */
  findSweep(days: number): Promise<Sweep | undefined>
  putSweep(days: number, sweep: Sweep): Promise<void>
}
