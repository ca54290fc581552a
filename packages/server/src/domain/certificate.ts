/** RFC 5280 §5.3.1. */
export type RevocationReason =
  | 'unspecified'
  | 'key_compromise'
  | 'ca_compromise'
  | 'affiliation_changed'
  | 'superseded'
  | 'cessation_of_operation'
  | 'certificate_hold'
  | 'privilege_withdrawn'
  | 'aa_compromise'

export type CertificateProfile =
  | 'authority'
  | 'tls-server'
  | 'client-auth'
  | 'content-signing'
  | 'time-stamping'
  | 'ocsp-responder'
  | 'device'

/**
 * A certificate that an authority issues. It stands in the store before it is signed (`reserved`, with the bytes that
 * are about to be signed), so that a crash leaves none unknown.
 */
export type IssuedCertificate = {
  /** UUID. */
  readonly id: string
  readonly authorityId: string
  readonly accountId: string | undefined
  readonly profile: CertificateProfile
  /** Lower-case hexadecimal without leading zeros; unique within the authority. */
  readonly serialNumber: string
  /** RFC 4514. */
  readonly subject: string
  readonly commonName: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly status: 'reserved' | 'issued' | 'revoked'
  /** The TBSCertificate while reserved, the certificate once issued; DER. */
  readonly bytes: Uint8Array
  /** SHA-256 of the certificate's DER; undefined while reserved. */
  readonly fingerprint: Uint8Array | undefined
  readonly revocation: { readonly at: Date; readonly reason: RevocationReason } | undefined
  readonly createdAt: Date
}

/** The newest certificate revocation list of an authority. */
export type RevocationList = {
  readonly authorityId: string
  readonly number: bigint
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** DER. */
  readonly bytes: Uint8Array
}
