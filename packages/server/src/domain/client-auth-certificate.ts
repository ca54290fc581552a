/** A certificate by which a user authenticates over mutual TLS. The certificate itself stands among the issued ones. */
export type ClientAuthCertificate = {
  /** UUID. */
  readonly id: string
  readonly userId: string
  /** The nickname; unique within the user's account. */
  readonly name: string
  readonly certificateId: string
  readonly enabled: boolean
  readonly createdAt: Date
}
