import type { ServerResponse } from 'node:http'
import { Refusal } from '../domain/refusal.ts'

/** How many bytes of files are in memory, of all requests together: without an end to it a few clients could fill it. */
export type BytesInHand = {
  /** What one request holds. */
  claim(): Claim
}

export type Claim = {
  /** Counts bytes in, or throws a Refusal `unavailable` when there would be too many. */
  add(bytes: number): void
  /** Gives back all of it once the work is done and the answer has left, or its connection has closed. */
  releaseAfter(work: Promise<unknown>, response: ServerResponse): void
}

export function createBytesInHand(most: number): BytesInHand {
  let inHand = 0
  return {
    claim() {
      let own = 0
      return {
        add(bytes) {
          if (inHand + bytes > most) {
            throw new Refusal('unavailable', 'temporarily_unavailable', 'Too many files are on their way.')
          }
          own += bytes
          inHand += bytes
        },
        releaseAfter(work, response) {
          void Promise.allSettled([work, closed(response)]).then(() => {
            inHand -= own
            own = 0
          })
        },
      }
    },
  }
}

/** Once the answer has left, or its connection has closed. */
export function closed(response: ServerResponse): Promise<void> {
  if (response.closed || response.destroyed) return Promise.resolve()
  return new Promise((resolve) => void response.once('close', resolve))
}
