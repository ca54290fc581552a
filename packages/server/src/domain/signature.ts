import type { AuditEvent } from './audit-event.ts'

/** The record of one signed asset; it is committed before the answer leaves. */
export type SignatureRecord = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly userId: string
  readonly credentialId: string
  readonly certificateId: string
  /** SHA-256 of the file as it came. */
  readonly inputHash: Uint8Array
  /** SHA-256 of the file as it was returned. */
  readonly outputHash: Uint8Array
  readonly manifestLabel: string
  readonly format: string
  readonly size: number
  readonly createdAt: Date
}

/** The records of signed assets in the store. */
export type Signatures = {
  find(id: string): Promise<SignatureRecord | undefined>
  /** Those of an account, newest first; `before` is the last one of the page before. */
  list(accountId: string, limit: number, before?: SignatureRecord): Promise<readonly SignatureRecord[]>
  /**
   * Writes the record and its audit event together, and resolves once both are on the disk. Outside a transaction,
   * records that wait at the same time share one commit.
   */
  record(signature: SignatureRecord, event: AuditEvent): Promise<void>
}
