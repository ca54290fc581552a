import { utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { Account } from './account.ts'
import type { Permission } from './permission.ts'
import { randomApiKey } from './random-secret.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'

/** The right to act as a user over HTTP. Only its hash is kept: the key itself is 360 random bits, so a fast hash serves. */
export type ApiKey = {
  /** UUID. */
  readonly id: string
  readonly userId: string
  readonly name: string
  /** How the key begins, to know it by; empty for keys made before it was kept. */
  readonly prefix: string
  /** SHA-256 of the key's text. */
  readonly hash: Uint8Array
  /** What it was before it was rotated, which counts until its end. */
  readonly previous: { readonly hash: Uint8Array; readonly endsAt: Date } | undefined
  readonly enabled: boolean
  readonly endsAt: Date | undefined
  /** All that it may of what its user may; everything when undefined. */
  readonly scopes: readonly Permission[] | undefined
  /** From where it counts, in CIDR notation; from anywhere when there are none. */
  readonly allowedNetworks: readonly string[]
  readonly createdAt: Date
}

/** An API key with whom it stands for, so that one look authenticates a request. */
export type ApiKeyHolder = { readonly apiKey: ApiKey; readonly user: User; readonly account: Account }

/** The API keys in the store. */
export type ApiKeys = {
  find(id: string): Promise<ApiKey | undefined>
  /** By SHA-256 of the key's text, also of one that was rotated; disabled and ended ones too: whoever asks judges. */
  findByHash(hash: Uint8Array): Promise<ApiKeyHolder | undefined>
  list(userId: string): Promise<readonly ApiKey[]>
  listOfAccount(accountId: string): Promise<readonly ApiKey[]>
  add(apiKey: ApiKey): Promise<void>
  update(apiKey: ApiKey): Promise<void>
  setEnabled(id: string, enabled: boolean): Promise<void>
  remove(id: string): Promise<void>
}

/** What is kept of an API key's text. */
export function apiKeyHash(text: string): Uint8Array {
  return digest('sha256', utf8Bytes(text))
}

const PREFIX_LENGTH = 8

/** A fresh text for an API key, given once, and what is kept of it. */
export function apiKeyText(): { readonly text: string; readonly kept: Pick<ApiKey, 'prefix' | 'hash'> } {
  const text = randomApiKey()
  return { text, kept: { prefix: text.slice(0, PREFIX_LENGTH), hash: apiKeyHash(text) } }
}

/** A new API key of a user, and its text, which nobody can tell again. */
export function newApiKey(
  at: Date,
  of: Pick<ApiKey, 'userId' | 'name'> & Partial<Pick<ApiKey, 'endsAt' | 'scopes' | 'allowedNetworks'>>,
): { readonly text: string; readonly apiKey: ApiKey } {
  const { text, kept } = apiKeyText()
  const apiKey: ApiKey = {
    id: uuidV7(at),
    userId: of.userId,
    name: of.name,
    ...kept,
    previous: undefined,
    enabled: true,
    endsAt: of.endsAt,
    scopes: of.scopes,
    allowedNetworks: of.allowedNetworks ?? [],
    createdAt: at,
  }
  return { text, apiKey }
}
