/** A certificate that an authority elsewhere issued for a key of the platform, with what stands above it. */
export type OutsideCertificate = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  /** PEM, leaf first, each one signed by the next. */
  readonly chain: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly createdAt: Date
}

/** The certificates of authorities elsewhere in the store. */
export type OutsideCertificates = {
  find(id: string): Promise<OutsideCertificate | undefined>
  add(certificate: OutsideCertificate): Promise<void>
}
