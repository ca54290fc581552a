/** How often and how soon a request is repeated. */
export type RetryPolicy = {
  /** How often at most, beside the first time. */
  readonly retries: number
  /** A number from 0 up to 1. */
  readonly random: () => number
  /** Waits, unless the signal aborts; then it fails with its reason. */
  readonly wait: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
}

/** What is known when a request did not succeed. */
export type Attempt = {
  readonly method: string
  /** Whether it has an Idempotency-Key: sent again, it makes nothing twice. */
  readonly isKeyed: boolean
  /** Whether its body can be sent again. */
  readonly isRepeatable: boolean
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined
  readonly retryAfterSeconds: number | undefined
  /** Whether the platform may have got any of it. */
  readonly mayHaveArrived: boolean
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 8_000
/** Who is told to come back later than this should hear so. */
const MOST_PATIENCE_MS = 60_000

/**
 * How long to wait before the request is repeated; undefined when it is not. What changes something by POST, without an
 * Idempotency-Key, is only repeated when it can't have acted: it was refused for coming too often, or never arrived.
 */
export function delayBeforeRetry(attempt: Attempt, retried: number, policy: RetryPolicy): number | undefined {
  if (retried >= policy.retries || !attempt.isRepeatable || !mayRepeat(attempt)) return undefined
  const { retryAfterSeconds } = attempt
  const backOff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** retried) * (0.5 + policy.random() / 2)
  if (retryAfterSeconds === undefined) return backOff
  // Who all are told the same second don't all come in the same one.
  const asked = retryAfterSeconds * 1000 + policy.random() * FIRST_WAIT_MS
  return asked > MOST_PATIENCE_MS ? undefined : asked
}

function mayRepeat({ method, isKeyed, status, retryAfterSeconds, mayHaveArrived }: Attempt): boolean {
  const isIdempotent = isKeyed || ['GET', 'HEAD', 'PUT', 'DELETE'].includes(method)
  if (status === undefined) return isIdempotent || !mayHaveArrived
  if (status === 429) return true
  // The same request is still being worked on.
  if (status === 409) return isKeyed && retryAfterSeconds !== undefined
  return isIdempotent && (status === 502 || status === 503 || status === 504)
}

/** The seconds of a Retry-After header, which has them or a date. RFC 9110 §10.2.3. */
export function retryAfterSeconds(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header)
  // Date.parse takes much for a date that is none.
  const at = /^[A-Z][a-z]{2}, .* GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000))
}

/** Waits by the clock of the machine. */
export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
