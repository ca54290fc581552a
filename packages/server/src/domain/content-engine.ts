import type { Signer } from '@countersign/pki'
import type { ContentHash } from './signature-parameters.ts'
import type { TrustLists } from './trust-settings.ts'

/** A small picture of a picture. */
export type Thumbnail = { readonly format: 'image/jpeg'; readonly bytes: Uint8Array }

/** All that a signature over an image says, and what it takes to make and to check it. */
export type ContentToSign = {
  /** The file as it came; it is given away, and the caller can't read it afterwards. */
  readonly image: Uint8Array<ArrayBuffer>
  /** SHA-256 of the image. */
  readonly imageHash: Uint8Array
  readonly signer: Signer
  /** DER, leaf first, without the root. */
  readonly certificates: readonly Uint8Array[]
  readonly hashAlgorithm: ContentHash
  readonly title: string
  /** Of the image as it came. */
  readonly parentTitle: string
  readonly generator: { readonly name: string; readonly version: string }
  readonly digitalSourceType: string | undefined
  readonly thumbnail: Thumbnail | undefined
  readonly assertions: readonly { readonly label: string; readonly data: unknown }[]
  /** Gets a TimeStampReq and gives a TimeStampResp; undefined when no time stamp is wanted. */
  readonly timeStamp: ((request: Uint8Array) => Promise<Uint8Array>) | undefined
  readonly ocspResponses: readonly Uint8Array[]
  /** By whom the signed file, and one that it is made from, are judged. */
  readonly trust: TrustLists
  readonly now: Date
  /** Whether the signed file is wanted as it is, or in base64. */
  readonly encoding: 'bytes' | 'base64'
  /** Whether a report is wanted. A file that brings a manifest of its own along is verified without being asked. */
  readonly isReported: boolean
  /** Told as soon as there is a signature; the engine waits for it before it gives the file away. */
  readonly onSigned: (summary: SignedSummary) => Promise<void>
}

/** What is kept of a signature. */
export type SignedSummary = {
  readonly format: string
  readonly manifestLabel: string
  /** SHA-256 of the file as it came. */
  readonly inputHash: Uint8Array
  /** SHA-256 of the signed file. */
  readonly outputHash: Uint8Array
  /** Bytes of the signed file. */
  readonly size: number
}

/** A signed file, with what the verifier says about exactly these bytes where it was asked. */
export type SignedContent = {
  readonly summary: SignedSummary
  /** The pieces of the file, in the encoding that was asked for. */
  readonly contents: readonly Uint8Array[]
  readonly verdict: Verdict | undefined
}

/** What the verifier says about a signed file. */
export type Verdict = {
  readonly state: 'Trusted' | 'Valid' | 'Invalid'
  /** The reader report as JSON text. */
  readonly report: string
}

/**
 * Signs and verifies files beside the thread that answers requests. Rejects with a C2paError about the image, with what
 * the signer or the time-stamp authority threw, and with a Refusal `unavailable` when too much is waiting already.
 */
export type ContentEngine = {
  sign(content: ContentToSign): Promise<SignedContent>
}

/** Makes the thumbnail of an image: undefined when it can't be decoded, a Refusal when it would take too much to. */
export type ThumbnailMaker = (image: Uint8Array) => Promise<Thumbnail | undefined>
