/** What a verification may ask of the network: nothing, unless its caller hands over the means. */

/**
 * Functions that fetch what stands elsewhere, each for one kind of thing; what has none is not fetched. This library touches no
 * network: it is for them to refuse addresses, redirects and large answers, and to end. Where one rejects, the report says that it
 * could not be had, and not why, since who asks may be a stranger.
 */
export type Fetchers = {
  /** A manifest store, by the URL that the asset's XMP names. C2PA 2.2 §15.5.3.1. */
  readonly manifestStore?: (url: string) => Promise<Uint8Array>
  /** The answer of an OCSP responder to a request; both DER. C2PA 2.2 §15.9.2. */
  readonly ocsp?: (url: string, request: Uint8Array) => Promise<Uint8Array>
  /** What a cloud data assertion refers to, with the `Content-Type` it came with; it states that many bytes, and more are of no use. C2PA 2.2 §15.10.4.2. */
  readonly cloudData?: (url: string, size: number) => Promise<FetchedData>
}

/** Bytes, and the media type that was stated for them. */
export type FetchedData = { readonly bytes: Uint8Array; readonly mediaType?: string }
