import { Readable } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type Reason, Refusal } from '../domain/refusal.ts'

/**
 * How a route's errors look: with the body of the account and device APIs, with the one that C2PA and CSC share, where
 * each has words of its own for what is not the client's fault, or as the sentence alone, as EST has it (RFC 8951 §5).
 */
export type ErrorStyle = 'account' | 'c2pa' | 'csc' | 'text'

/** A status and a body, whatever went wrong. */
export type Problem = { readonly status: number; readonly body: object }

const STATUS: Readonly<Record<Reason, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unprocessable: 422,
  too_large: 413,
  too_slow: 408,
  rate_limited: 429,
  unavailable: 503,
  upstream: 502,
  timeout: 504,
}

/** The errors of the image signing API that are ours or an upstream's: status, error and sentence as it documents them. */
export const C2PA_ERRORS = {
  server: [
    500,
    'server_error',
    'An unexpected condition occurred on the server. Please try again later or contact support if the issue persists.',
  ],
  upstream: [
    500,
    'Upstream service error',
    'The server received an invalid response from an upstream dependency. Please retry the request after some time.',
  ],
  unavailable: [
    500,
    'temporarily_unavailable',
    'The service is temporarily unavailable due to maintenance or high load. Please try again after some time.',
  ],
  timeout: [
    504,
    'request_timeout',
    'The server did not receive a timely response from an upstream service. Please retry your request later.',
  ],
} as const

/** The errors of the CSC API that are ours or an upstream's. CSC §10. */
export const CSC_ERRORS = {
  server: C2PA_ERRORS.server,
  upstream: [502, 'server_error', C2PA_ERRORS.upstream[2]],
  unavailable: [503, 'temporarily_unavailable', C2PA_ERRORS.unavailable[2]],
  timeout: [504, 'server_error', C2PA_ERRORS.timeout[2]],
} as const

/** The code of a request that comes too often. */
export const REQUEST_LIMIT = 'request_limit_exceeded'

/** The body of every failed authentication on the mutual-TLS host. */
export const AUTHORIZATION_ERROR = 'AUTHORIZATION_ERROR'

/** Turns what was thrown into what the client gets. Only refusals and Fastify's own errors speak; all else is a bare 500. */
export function problemOf(error: unknown, style: ErrorStyle): Problem {
  const refusal = refusalOf(error)
  if (!refusal)
    return hasAccountBody(style) ? account(500, 'server_error', 'An unexpected error') : c2pa(C2PA_ERRORS.server)
  const { reason, code, message } = refusal
  // Authentication has one body, whatever the API behind it.
  if (reason === 'unauthenticated') return account(code === AUTHORIZATION_ERROR ? 403 : 401, code, message)
  if (hasAccountBody(style)) return account(STATUS[reason], code, message)
  if (reason === 'upstream' || reason === 'unavailable' || reason === 'timeout')
    return c2pa((style === 'csc' ? CSC_ERRORS : C2PA_ERRORS)[reason])
  if (reason === 'rate_limited') return c2pa([STATUS[reason], REQUEST_LIMIT, message])
  return c2pa([STATUS[reason], reason === 'forbidden' ? 'access_denied' : 'invalid_request', message])
}

/** Errors of Fastify and its plug-ins that a client caused, in our own words. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  const { code, statusCode, message, validation } = (error ?? {}) as Partial<FastifyError>
  if (typeof code !== 'string' || !code.startsWith('FST_') || !statusCode || statusCode < 400 || statusCode >= 500) {
    return undefined
  }
  if (statusCode === 413) return new Refusal('too_large', 'invalid_request', 'The request is too large.')
  if (validation) return new Refusal('invalid', 'invalid_request', faultOf(validation, String(message)))
  const text = statusCode === 400 ? String(message) : 'The request is malformed.'
  return new Refusal('invalid', 'invalid_request', text)
}

/**
 * What is wrong with what was sent, as our own sentences have it: `limit: must be >= 1`. Where one of several schemas would
 * do, each says why it does not: the one that looked deepest is the one that was meant.
 */
function faultOf(validation: NonNullable<FastifyError['validation']>, sentence: string): string {
  const faults = validation.filter(({ keyword }) => keyword !== 'anyOf')
  const depthOf = ({ instancePath }: { readonly instancePath: string }): number => instancePath.split('/').length
  const deepest = Math.max(...faults.map(depthOf))
  const [first] = faults.filter((fault) => depthOf(fault) === deepest)
  if (!first) return sentence
  const { keyword, instancePath, message, params } = first
  if (keyword === 'required') return `${fieldOf(`${instancePath}/${params.missingProperty}`)}: is missing`
  if (instancePath === '') return keyword === 'type' ? 'The body is to be a JSON object.' : sentence
  const alternatives = faults.filter((fault) => fault.keyword === keyword && fault.instancePath === instancePath)
  const types = alternatives.flatMap((fault) => fault.params.type as string | readonly string[])
  return `${fieldOf(instancePath)}: ${keyword === 'type' ? `must be ${types.join(' or ')}` : message}`
}

/** `/attributes/0/value` as `attributes[0].value` */
function fieldOf(path: string): string {
  return path
    .slice(1)
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
}

function hasAccountBody(style: ErrorStyle): style is 'account' | 'text' {
  return style === 'account' || style === 'text'
}

function account(status: number, code: string, message: string): Problem {
  return { status, body: { errors: [{ code, message }] } }
}

function c2pa([status, error, description]: readonly [number, string, string]): Problem {
  return { status, body: { error, error_description: description } }
}

/** What the routes of each style take. */
export const WRONG_MEDIA_TYPE: { readonly [style in ErrorStyle]: string } = {
  c2pa: 'The body is to be a form, multipart/form-data.',
  csc: 'The body is to be JSON, application/json.',
  account: 'The body is to be JSON, application/json.',
  text: 'The body is to be a certification request in base64, application/pkcs10.',
}

/** A status that is the protocol's and not a rule's: no such route, another method, another media type, another host. */
export function protocolProblem(
  status: 404 | 405 | 415 | 421,
  code: string,
  message: string,
  style: ErrorStyle,
): Problem {
  return hasAccountBody(style) ? account(status, code, message) : c2pa([status, 'invalid_request', message])
}

/** Logs what went wrong as loud as it deserves, and answers. */
export async function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<void> {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE' && reply.raw.destroyed) {
    request.log.info('the client left before all of its answer was sent')
    return
  }
  const style = request.routeOptions.config.errors ?? 'account'
  const isMediaType = (error as Partial<FastifyError> | undefined)?.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
  const problem = isMediaType
    ? protocolProblem(415, 'unsupported_media_type', WRONG_MEDIA_TYPE[style], style)
    : problemOf(error, style)
  if (problem.status === 500 && !(error instanceof Refusal)) request.log.error({ err: error }, 'unexpected error')
  else request.log.info({ problem: problem.body, reason: causeOf(error) }, 'declined')
  if (error instanceof Refusal && error.retryAfterSeconds !== undefined)
    reply.header('retry-after', error.retryAfterSeconds)
  if (style === 'text') return sendText(reply, problem)
  await reply.status(problem.status).type('application/json').send(problem.body)
}

/** The sentence; whoever was not known is told how to be. */
async function sendText(reply: FastifyReply, { status, body }: Problem): Promise<void> {
  const [{ message } = { message: '' }] = (body as { readonly errors: readonly { readonly message: string }[] }).errors
  if (status === 401) reply.header('www-authenticate', 'Basic realm="Enrollment", charset="UTF-8"')
  // The client of Bouncy Castle leaves unread what asks for a password, and gives up where it was told how long that is.
  const text = status === 401 ? Readable.from([`${message}\n`]) : `${message}\n`
  await reply.status(status).type('text/plain; charset=utf-8').send(text)
}

function causeOf(error: unknown): string | undefined {
  const cause = (error as Error).cause
  return cause instanceof Error ? cause.message : undefined
}
