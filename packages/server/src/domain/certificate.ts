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
  /** `failed` is what was reserved and came to nothing. */
  readonly status: 'reserved' | 'issued' | 'revoked' | 'failed'
  /** The TBSCertificate while reserved or failed, the certificate once issued; DER. */
  readonly bytes: Uint8Array
  /** SHA-256 of the certificate's DER; undefined while reserved or failed. */
  readonly fingerprint: Uint8Array | undefined
  readonly revocation: Revocation | undefined
  /** The part of its authority's revocation list that it names; undefined where that is the list of everything. */
  readonly crlPartition: number | undefined
  readonly createdAt: Date
}

/** That and since when a certificate does not count. */
export type Revocation = {
  /** When it was revoked. */
  readonly at: Date
  readonly reason: RevocationReason
  /** Since when it should not have counted, where that was before; RFC 5280 §5.3.2. */
  readonly invalidSince?: Date
}

/** The newest certificate revocation list of an authority, or of a part of what it issued. */
export type RevocationList = {
  readonly authorityId: string
  /** `WHOLE_LIST`, or the number of the part. */
  readonly partition: number
  readonly number: bigint
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** DER. */
  readonly bytes: Uint8Array
}

/** One line of a certificate revocation list. */
export type RevokedCertificate = Revocation & { readonly serialNumber: string }

/** What is told of a certificate that was revoked now. */
export type RevokedNow = Pick<IssuedCertificate, 'id' | 'accountId' | 'authorityId' | 'serialNumber'>

/** The certificates in the store. */
export type Certificates = {
  find(id: string): Promise<IssuedCertificate | undefined>
  /** The same in a transaction, until whose end it is not revoked. */
  hold(id: string): Promise<IssuedCertificate | undefined>
  findBySerialNumber(authorityId: string, serialNumber: string): Promise<IssuedCertificate | undefined>
  /** By SHA-256 of the certificate's DER. */
  findByFingerprint(fingerprint: Uint8Array): Promise<IssuedCertificate | undefined>
  /** Records what is about to be signed, and takes the serial number; a taken one is a conflict. */
  reserve(certificate: IssuedCertificate): Promise<void>
  /** Makes a reserved certificate an issued one; false when it was not reserved. */
  issue(id: string, bytes: Uint8Array, fingerprint: Uint8Array): Promise<boolean>
  /**
   * Revokes once: false when the certificate is not there, or not issued, or revoked before (that date and reason stand).
   * What is on hold (`certificate_hold`) can be revoked for another reason.
   */
  revoke(id: string, revocation: Revocation): Promise<boolean>
  /** Revokes for good those of them that count or are on hold, and gives these. */
  revokeAll(ids: readonly string[], revocation: Revocation): Promise<readonly RevokedNow[]>
  /** Has a certificate that is on hold count again; false when it is not on hold. */
  release(id: string, at: Date): Promise<boolean>
  /** The revoked certificates of an authority, or of a part, that end at `notAfter` or later, in the order of their revocation. */
  listRevoked(authorityId: string, notAfter: Date, partition?: number): Promise<readonly RevokedCertificate[]>
  /** Issued certificates that end from `from` up to and without `until`, those that end first before the others. */
  listExpiring(from: Date, until: Date, limit: number): Promise<readonly IssuedCertificate[]>
  /** An account's certificates for signing content that are issued, and don't end before. */
  listContentSigning(accountId: string, from: Date): Promise<readonly IssuedCertificate[]>
  /** What was reserved will never be issued: false when it is not reserved any more. */
  fail(id: string): Promise<boolean>
  /** The same for all of them that are reserved; how many. In a transaction, until whose end none of them is issued. */
  failAll(ids: readonly string[]): Promise<number>
  /** Certificates reserved before `before` and never issued: what a crash left. */
  listReserved(before: Date, limit: number): Promise<readonly IssuedCertificate[]>
}

/** The part of a list that is all of it. */
export const WHOLE_LIST = 0

/** The revocation lists in the store. */
export type RevocationLists = {
  find(authorityId: string, partition: number): Promise<RevocationList | undefined>
  findNumber(authorityId: string, partition: number): Promise<bigint | undefined>
  /** Those of an authority, without their bytes. */
  list(authorityId: string): Promise<readonly Omit<RevocationList, 'bytes'>[]>
  /** Replaces the list by one with a higher number; false, and nothing done, when its number is not higher. */
  put(list: RevocationList): Promise<boolean>
}
