import { Refusal } from '../domain/refusal.ts'

const MOST_BYTES = 65_536

/**
 * Asks an outside time-stamp authority by HTTP. RFC 3161 §3.4. What it answers is judged by whoever asked; here only
 * silence, errors and floods are told apart.
 */
export function createTimeStampClient(url: string, timeoutMs = 10_000): (request: Uint8Array) => Promise<Uint8Array> {
  return async (request) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
        body: new Uint8Array(request),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!response.ok) throw new Error(`it answered ${response.status}`)
      return await readAtMost(response, MOST_BYTES)
    } catch (cause) {
      if ((cause as Error).name === 'TimeoutError') {
        throw new Refusal('timeout', 'request_timeout', 'The time-stamp authority did not answer in time.', { cause })
      }
      throw new Refusal('upstream', 'upstream_service_error', 'The time-stamp authority failed.', { cause })
    }
  }
}

async function readAtMost(response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > most) throw new Error(`it answered with more than ${most} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
