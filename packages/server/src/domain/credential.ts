/** A content credential: a certificate with its key, for signing content. It belongs to an account, or to a user. */
export type Credential = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  /** Whose it is, when it is a user's own; undefined when it serves whoever of the account may sign. */
  readonly userId: string | undefined
  /** The credential ID of the API; unique within the account. */
  readonly nickname: string
  readonly keyId: string
  readonly certificateId: string
  readonly status: 'enabled' | 'disabled'
  readonly createdAt: Date
}

/** The content credentials in the store. */
export type Credentials = {
  find(id: string): Promise<Credential | undefined>
  findByNickname(accountId: string, nickname: string): Promise<Credential | undefined>
  /** All of an account, those of its users too; oldest first. */
  list(accountId: string): Promise<readonly Credential[]>
  add(credential: Credential): Promise<void>
  update(credential: Credential): Promise<void>
}
