/** Why there is no answer, besides the codes that the platform itself gives. */
export type ClientErrorCode =
  | 'invalid_option'
  | 'client_certificate_required'
  | 'connection_failed'
  | 'untrusted_server'
  | 'timed_out'
  | 'invalid_answer'

/** What a call fails with, but for the caller's own: an abort, or a file that can't be read. */
export class CountersignError extends Error {
  /** Of the answer; undefined when there was none. */
  readonly status: number | undefined
  /** The platform's code of the error, or the client's. */
  readonly code: string
  /** By which the platform's log knows the request. */
  readonly requestId: string | undefined
  /** When the platform said to come again. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ClientErrorCode | (string & {}), message: string, answer: AnswerFacts = {}) {
    super(message, answer.cause === undefined ? undefined : { cause: answer.cause })
    this.name = 'CountersignError'
    this.code = code
    this.status = answer.status
    this.requestId = answer.requestId
    this.retryAfterSeconds = answer.retryAfterSeconds
  }
}

/** What is known of the answer that was an error. */
export type AnswerFacts = {
  readonly status?: number
  readonly requestId?: string | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly cause?: unknown
}
