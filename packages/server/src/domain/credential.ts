/**
 * What may be done with a credential: `requested` while its certificate is to come from an authority elsewhere,
 * `suspended` until somebody lets it sign again, `revoked` for good.
 */
export type CredentialStatus = 'requested' | 'enabled' | 'suspended' | 'revoked'

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
  /** Undefined while it is requested. */
  readonly certificateId: string | undefined
  /** PKCS #10, DER, for an authority elsewhere; undefined where the platform issues. */
  readonly request: Uint8Array | undefined
  readonly status: CredentialStatus
  /** How many PINs were tried that are not known to have been right; at `MOST_PIN_ATTEMPTS` it is locked. */
  readonly pinAttempts: number
  readonly createdAt: Date
}

/** So many wrong PINs in a row lock a credential. */
export const MOST_PIN_ATTEMPTS = 5

/** `busy` where each attempt that is left is under way somewhere. */
export type PinAttempt = 'begun' | 'busy' | 'locked'

/** The content credentials in the store. */
export type Credentials = {
  find(id: string): Promise<Credential | undefined>
  findByNickname(accountId: string, nickname: string): Promise<Credential | undefined>
  /** All of an account, those of its users too; oldest first. */
  list(accountId: string): Promise<readonly Credential[]>
  /** Those of an account that are no user's own; oldest first. */
  listShared(accountId: string): Promise<readonly Credential[]>
  add(credential: Credential): Promise<void>
  /** Changes all but the attempts. */
  update(credential: Credential): Promise<void>
  /** Counts an attempt before it is made, so that no number of nodes makes more than are left. */
  beginPinAttempt(id: string): Promise<PinAttempt>
  /** Says how it went; `undone` when no PIN was tried after all. How many were wrong in a row. */
  endPinAttempt(id: string, outcome: 'right' | 'wrong' | 'undone'): Promise<number>
  /** As if none had been tried. */
  forgetPinAttempts(id: string): Promise<void>
}
