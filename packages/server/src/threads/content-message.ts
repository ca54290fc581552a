import type { SignedSummary } from '../domain/content-engine.ts'
import type { SigningJob, SigningOutcome } from './content-signing.ts'

/** To a thread. */
export type ToThread =
  | { readonly type: 'sign'; readonly id: number; readonly job: SigningJob }
  | { readonly type: 'answer'; readonly call: number; readonly bytes: Uint8Array | undefined }

/** From a thread: calls of what stays on the main thread, and outcomes. */
export type FromThread =
  | {
      readonly type: 'call'
      readonly id: number
      readonly call: number
      readonly what: 'sign' | 'timeStamp'
      readonly bytes: Uint8Array
    }
  | { readonly type: 'signed'; readonly id: number; readonly summary: SignedSummary }
  | ({ readonly type: 'done'; readonly id: number } & SigningOutcome)
  | { readonly type: 'failed'; readonly id: number; readonly error: ThreadError }

/** An error as it crosses threads; `code` is that of a C2paError. */
export type ThreadError = {
  readonly message: string
  readonly stack: string | undefined
  readonly code: string | undefined
}
