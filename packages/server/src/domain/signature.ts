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
