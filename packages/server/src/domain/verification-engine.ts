import type { Fetchers } from '@countersign/c2pa'
import type { TrustLists } from './trust-settings.ts'

/** Which of the two reports is wanted: the one that c2pa-rs's Reader gives, or crJSON. */
export const REPORT_STYLES = ['reader', 'crjson'] as const

export type ReportStyle = (typeof REPORT_STYLES)[number]

/** A file to verify, and by whom to believe. */
export type ContentToVerify = {
  /** It is given away, and the caller can't read it afterwards. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly trust: TrustLists
  readonly now: Date
  readonly style: ReportStyle
  /** What may be fetched for it; undefined where nothing may. */
  readonly fetchers: Fetchers | undefined
  /** Told how long a thread was at it, whatever came of it. */
  readonly onSpent: (milliseconds: number) => void
}

/** What the verifier says. */
export type VerifiedContent = {
  readonly state: 'Trusted' | 'Valid' | 'Invalid'
  /** Media type; undefined for a file of no known format. */
  readonly format: string | undefined
  /** The report: JSON in UTF-8. */
  readonly report: Uint8Array
}

/**
 * Verifies files beside the thread that answers requests. Rejects with a Refusal `unavailable` when too much is waiting
 * already, and with one that says so when a file takes longer than any real one; `signal` gives the file up.
 */
export type VerificationEngine = {
  verify(content: ContentToVerify, signal: AbortSignal): Promise<VerifiedContent>
}
