/** What verification fetches, each kind with its limits. */
import type { Fetchers } from '@countersign/c2pa'
import type { Outbound, OutboundAnswer, OutboundRequest } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'

const MEGABYTE = 1024 * 1024

/** Of one verification: whoever asks for it spends no more than an upload, and is not to send us anywhere for much. */
const MOST_FETCHES = 8
const MOST_BYTES = 16 * MEGABYTE
const LONGEST_MS = 20_000

/** With its thumbnails a store has a few megabytes; what is served by a plain file server has no type of its own. C2PA 2.2 §11.4. */
const MANIFEST_STORE = {
  accept: ['application/c2pa', 'application/x-c2pa-manifest-store', 'application/octet-stream'],
  mostBytes: MOST_BYTES,
  timeoutMs: 10_000,
}
/** RFC 6960 A.2. */
const OCSP = { accept: ['application/ocsp-response'], mostBytes: 64 * 1024, timeoutMs: 5000 }
/** Told of each failure: reports don't say why, since they go to strangers. */
export type OnFetchFailure = (url: string, error: OutboundError) => void

/** The fetchers of one verification: so many fetches, bytes and seconds together, and no more; none once `leaving` says so. */
export function createOnlineFetchers(
  outbound: Outbound,
  {
    leaving,
    onFailure = () => undefined,
  }: { readonly leaving?: AbortSignal; readonly onFailure?: OnFetchFailure } = {},
): Fetchers {
  let fetches = 0
  let bytesLeft = MOST_BYTES
  let signal: AbortSignal | undefined

  async function fetchOnce(request: Omit<OutboundRequest, 'signal'>): Promise<OutboundAnswer> {
    try {
      if (++fetches > MOST_FETCHES) throw new OutboundError('budget', `more than ${MOST_FETCHES} fetches for one file`)
      signal ??= AbortSignal.any([AbortSignal.timeout(LONGEST_MS), ...(leaving ? [leaving] : [])])
      const answer = await outbound({ ...request, mostBytes: Math.min(request.mostBytes, bytesLeft), signal })
      bytesLeft -= answer.bytes.length
      return answer
    } catch (error) {
      if (error instanceof OutboundError) onFailure(request.url, error)
      throw error
    }
  }

  return {
    manifestStore: async (url) => (await fetchOnce({ url, ...MANIFEST_STORE })).bytes,
    ocsp: async (url, bytes) =>
      (await fetchOnce({ url, ...OCSP, body: { mediaType: 'application/ocsp-request', bytes } })).bytes,
    async cloudData(url, size) {
      const { bytes, mediaType } = await fetchOnce({ url, mostBytes: size, timeoutMs: 10_000 })
      return { bytes, ...(mediaType === undefined ? {} : { mediaType }) }
    },
  }
}
