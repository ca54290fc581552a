import type { AuditEvent } from './audit-event.ts'

/** The record of one signature; it is committed before the answer leaves. */
export type SignatureRecord = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly userId: string
  readonly credentialId: string
  readonly certificateId: string
  /** The address that it was asked for from. */
  readonly address: string | undefined
  /** The asset that was signed here; undefined where only a hash came. */
  readonly asset: SignedAsset | undefined
  /** What was signed where only a hash came; undefined beside an asset. */
  readonly signedHash: Uint8Array | undefined
  readonly createdAt: Date
}

/** What is known of an asset that was signed here. */
export type SignedAsset = {
  /** SHA-256 of the file as it came. */
  readonly inputHash: Uint8Array
  /** SHA-256 of the file as it was returned. */
  readonly outputHash: Uint8Array
  readonly manifestLabel: string
  readonly format: string
  readonly size: number
}

/** Which signatures by a credential are wanted. All of what is given has to be so. */
export type SignatureQuery = {
  readonly credentialId: string
  readonly userId?: string | undefined
  readonly from?: Date | undefined
  /** The first moment that is too late. */
  readonly until?: Date | undefined
  /** Of the file as it came, as it was returned, or what was signed where only a hash came. */
  readonly hash?: Uint8Array | undefined
  readonly manifestLabel?: string | undefined
}

/** A signature with the name that its user has now. */
export type ListedSignature = { readonly signature: SignatureRecord; readonly userName: string | undefined }

/** The records of signatures in the store. */
export type Signatures = {
  find(id: string): Promise<SignatureRecord | undefined>
  /** Those of an account, newest first; `before` is the last one of the page before. */
  list(accountId: string, limit: number, before?: SignatureRecord): Promise<readonly SignatureRecord[]>
  /** Those that a query wants, newest first, read as they are taken, in constant memory and without long steps. */
  walk(query: SignatureQuery): AsyncGenerator<ListedSignature, void, void>
  /**
   * Writes the record and its audit event together, and resolves once both are on the disk. Outside a transaction,
   * records that wait at the same time share one commit.
   */
  record(signature: SignatureRecord, event: AuditEvent): Promise<void>
}
