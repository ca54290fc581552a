import type { Account } from './account.ts'
import type { User } from './user.ts'

/** The right to act as a user over HTTP. Only its hash is kept: the key itself is 256 random bits, so a fast hash serves. */
export type ApiKey = {
  /** UUID. */
  readonly id: string
  readonly userId: string
  readonly name: string
  /** SHA-256 of the key's text. */
  readonly hash: Uint8Array
  readonly enabled: boolean
  readonly endsAt: Date | undefined
  readonly createdAt: Date
}

/** An API key with whom it stands for, so that one look authenticates a request. */
export type ApiKeyHolder = { readonly apiKey: ApiKey; readonly user: User; readonly account: Account }

/** The API keys in the store. */
export type ApiKeys = {
  find(id: string): Promise<ApiKey | undefined>
  /** By SHA-256 of the key's text; disabled and ended ones too: whoever asks judges. */
  findByHash(hash: Uint8Array): Promise<ApiKeyHolder | undefined>
  list(userId: string): Promise<readonly ApiKey[]>
  add(apiKey: ApiKey): Promise<void>
  setEnabled(id: string, enabled: boolean): Promise<void>
}
