import type { FetchedData, Fetchers } from '@countersign/c2pa'
import type { ContentToVerify, VerifiedContent } from '../domain/verification-engine.ts'

/** What the thread is told of a file. */
export type VerificationTask = Omit<ContentToVerify, 'onSpent' | 'fetchers'> & {
  /** What it may ask to be fetched. */
  readonly fetched: readonly (keyof Fetchers)[]
}

/** Something that the thread wants to have fetched: it has no connection of its own. */
export type FetchCall =
  | { readonly what: 'manifestStore'; readonly url: string }
  | { readonly what: 'ocsp'; readonly url: string; readonly request: Uint8Array }
  | { readonly what: 'cloudData'; readonly url: string; readonly size: number }

/** To a verification thread: one file at a time, and what it asked for; nothing where that could not be had. */
export type ToVerification =
  | { readonly type: 'verify'; readonly task: VerificationTask }
  | { readonly type: 'fetched'; readonly call: number; readonly data: FetchedData | undefined }

/** From a verification thread. */
export type FromVerification =
  | { readonly type: 'ready' }
  | { readonly type: 'fetch'; readonly call: number; readonly fetch: FetchCall }
  | { readonly type: 'done'; readonly verified: VerifiedContent }
