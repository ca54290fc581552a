/** Why the platform declines a request. http/problem.ts alone turns reasons into statuses. */
export type Reason =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'unprocessable'
  | 'too_large'
  | 'too_slow'
  | 'rate_limited'
  | 'unavailable'
  | 'upstream'
  | 'timeout'

/** A request that the platform declines; anything else that is thrown is our fault. The message is for the client. */
export class Refusal extends Error {
  readonly reason: Reason
  readonly code: string
  /** When to try again; of what is refused for coming too often. */
  readonly retryAfterSeconds: number | undefined
  constructor(
    reason: Reason,
    code: string,
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, options)
    this.name = 'Refusal'
    this.reason = reason
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}
