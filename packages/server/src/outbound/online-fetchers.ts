/** What verification fetches, each kind with its limits. */
import type { Fetchers } from '@countersign/c2pa'
import type { Outbound, OutboundAnswer, OutboundRequest } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'

const MEGABYTE = 1024 * 1024

/** With its thumbnails a store has a few megabytes; what is served by a plain file server has no type of its own. C2PA 2.2 §11.4. */
const MANIFEST_STORE = {
  accept: ['application/c2pa', 'application/x-c2pa-manifest-store', 'application/octet-stream'],
  mostBytes: 16 * MEGABYTE,
  timeoutMs: 15_000,
}
/** RFC 6960 A.2. */
const OCSP = { accept: ['application/ocsp-response'], mostBytes: 64 * 1024, timeoutMs: 5000 }
const CLOUD_DATA = { mostBytes: 16 * MEGABYTE, timeoutMs: 15_000 }

/** Of one verification. */
const MOST_FETCHES = 16
const LONGEST_MS = 30_000

/** Told of each failure: reports don't say why, since they go to strangers. */
export type OnFetchFailure = (url: string, error: OutboundError) => void

/** The fetchers of one verification: so many fetches, so much time from the first one on, and no more. */
export function createOnlineFetchers(outbound: Outbound, onFailure: OnFetchFailure = () => undefined): Fetchers {
  let left = MOST_FETCHES
  let signal: AbortSignal | undefined

  async function fetchOnce(request: Omit<OutboundRequest, 'signal'>): Promise<OutboundAnswer> {
    try {
      if (--left < 0) throw new OutboundError('budget', `more than ${MOST_FETCHES} fetches for one file`)
      signal ??= AbortSignal.timeout(LONGEST_MS)
      return await outbound({ ...request, signal })
    } catch (error) {
      if (error instanceof OutboundError) onFailure(request.url, error)
      throw error
    }
  }

  return {
    manifestStore: async (url) => (await fetchOnce({ url, ...MANIFEST_STORE })).bytes,
    ocsp: async (url, bytes) =>
      (await fetchOnce({ url, ...OCSP, body: { mediaType: 'application/ocsp-request', bytes } })).bytes,
    async cloudData(url) {
      const { bytes, mediaType } = await fetchOnce({ url, ...CLOUD_DATA })
      return { bytes, ...(mediaType === undefined ? {} : { mediaType }) }
    },
  }
}
