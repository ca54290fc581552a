import { CountersignError } from './countersign-error.ts'
import { encodeForm, type FormFields } from './form.ts'
import { delayBeforeRetry, type RetryPolicy, retryAfterSeconds } from './retry.ts'
import { type Transport, type TransportAnswer, TransportError, type TransportRequest } from './transport.ts'

/** What goes for one call beside what it asks. */
export type CallOptions = {
  readonly signal?: AbortSignal
  /**
   * Where the operation takes an Idempotency-Key: the one of a call that may have been made before, by a process that is no
   * more, say. Each call has one of its own unless it is given.
   */
  readonly idempotencyKey?: string
}

/** What a call asks. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  readonly form?: FormFields
  /** Sent with an Idempotency-Key, so that it may be repeated. */
  readonly isKeyed?: boolean
  /** Taken on the mutual-TLS host only. */
  readonly isByCertificate?: boolean
  /** What is wanted of the answer; JSON, as it says what it is, unless it is another. */
  readonly answer?: 'json' | 'text' | 'bytes' | 'file' | 'nothing'
}

/** A file as it was answered. */
export type AnsweredFile = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mediaType: string
  readonly header: (name: string) => string | undefined
}

/** Makes calls of the API. */
export type Caller = {
  call<Answer>(request: ApiRequest, options?: CallOptions): Promise<Answer>
  /** Every item of a list, page after page. */
  each<Item>(request: ApiRequest, options?: CallOptions): AsyncGenerator<Item, void, undefined>
}

/** What a caller needs. */
export type CallerOptions = {
  readonly transport: Transport
  readonly url: URL
  /** The host that takes certificates; undefined without one. */
  readonly clientAuthUrl: URL | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly retry: RetryPolicy
  readonly now: () => Date
}

/** Makes calls over a transport, and repeats what may be repeated. */
export function createCaller(options: CallerOptions): Caller {
  // Who signed in by cookie is told a token, which shows that the page itself asks.
  let csrfToken: string | undefined

  async function exchange(request: ApiRequest, { signal, idempotencyKey }: CallOptions): Promise<TransportAnswer> {
    const { isKeyed = false } = request
    const headers = {
      ...options.headers,
      ...(csrfToken !== undefined && { 'x-csrf-token': csrfToken }),
      ...(isKeyed && { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() }),
    }
    const sent = await encoded(request, { ...options, headers }, signal)
    const isRepeatable = sent.body.every((part) => part instanceof Uint8Array || part.size !== undefined)
    for (let retried = 0; ; retried++) {
      const outcome = await attempt(sent, options)
      if (!(outcome instanceof Failure)) return outcome
      const { error, mayHaveArrived } = outcome
      const { status, retryAfterSeconds } = error
      const delay =
        error.code === 'untrusted_server' || (error.code === 'invalid_answer' && status === undefined)
          ? undefined
          : delayBeforeRetry(
              { method: sent.method, isKeyed, isRepeatable, status, retryAfterSeconds, mayHaveArrived },
              retried,
              options.retry,
            )
      if (delay === undefined) throw error
      await options.retry.wait(delay, signal)
    }
  }

  return {
    async call<Answer>(request: ApiRequest, callOptions: CallOptions = {}): Promise<Answer> {
      const answer = read(await exchange(request, callOptions), request.answer ?? 'json')
      const { csrf_token: token } = (answer ?? {}) as { readonly csrf_token?: unknown }
      if (typeof token === 'string') csrfToken = token
      return answer as Answer
    },

    async *each<Item>(request: ApiRequest, callOptions: CallOptions = {}): AsyncGenerator<Item, void, undefined> {
      let next: ApiRequest | undefined = request
      while (next) {
        const answer: TransportAnswer = await exchange(next, callOptions)
        const page = read(answer, 'json') as readonly Item[] | RecordPage<Item>
        const isBare = Array.isArray(page)
        yield* isBare ? page : (page as RecordPage<Item>).records
        const query = isBare ? nextPage(answer.header('link')) : pageAfter(page as RecordPage<Item>)
        next = query && { ...request, query: isBare ? query : { ...request.query, ...query } }
      }
    },
  }
}

/** Where a list goes on: the query of the address that the header Link names. RFC 8288. */
function nextPage(link: string | undefined): Record<string, string> | undefined {
  const address = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1]
  if (address === undefined) return undefined
  return Object.fromEntries(new URLSearchParams(address.split('?')[1] ?? ''))
}

/** A page of a list that says how many there are. */
type RecordPage<Item> = { readonly offset: number; readonly total: number; readonly records: readonly Item[] }

/** Where such a list goes on. */
function pageAfter({ offset, total, records }: RecordPage<unknown>): Record<string, string> | undefined {
  const next = offset + records.length
  return records.length > 0 && next < total ? { offset: String(next) } : undefined
}

/** A part of a path. What would lead to another path is refused. */
export function segment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new CountersignError('invalid_option', `${JSON.stringify(value)} is no id.`)
  }
  return encodeURIComponent(value)
}

async function encoded(
  { method, path, query = {}, body, form, answer, isByCertificate }: ApiRequest,
  { url: apiUrl, clientAuthUrl, headers }: CallerOptions,
  signal: AbortSignal | undefined,
): Promise<TransportRequest> {
  if (isByCertificate && !clientAuthUrl) {
    throw new CountersignError(
      'client_certificate_required',
      'This takes a client authentication certificate; give one to connect.',
    )
  }
  const base = clientAuthUrl ?? apiUrl
  const url = new URL(base.pathname.replace(/\/$/, '') + path, base)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value))
  const accept = {
    accept: answer === 'file' ? FILES : answer === 'text' || answer === 'bytes' ? '*/*' : 'application/json',
  }
  if (form) {
    const { contentType, body } = await encodeForm(form)
    return {
      method,
      url,
      headers: { ...headers, ...accept, ...lengthOf(body), 'content-type': contentType },
      body,
      signal,
    }
  }
  const limit = answer === undefined || answer === 'json' || answer === 'nothing' ? { mostAnswerBytes: MOST_JSON } : {}
  if (body === undefined) return { method, url, headers: { ...headers, ...accept }, body: [], signal, ...limit }
  const bytes = [new TextEncoder().encode(JSON.stringify(body))]
  const all = { ...headers, ...accept, ...lengthOf(bytes), 'content-type': 'application/json' }
  return { method, url, headers: all, body: bytes, signal, ...limit }
}

/** Of an answer that holds no file: a page of the longest list has less. */
const MOST_JSON = 64 * 1024 * 1024

const FILES = 'image/*, video/*, audio/*, application/octet-stream'

function lengthOf(body: TransportRequest['body']): Record<string, string> {
  let length = 0
  for (const part of body) {
    const size = part instanceof Uint8Array ? part.length : part.size
    if (size === undefined) return {}
    length += size
  }
  return { 'content-length': String(length) }
}

/** What came of sending, when it was no success. */
class Failure {
  readonly error: CountersignError
  readonly mayHaveArrived: boolean

  constructor(error: CountersignError, mayHaveArrived: boolean) {
    this.error = error
    this.mayHaveArrived = mayHaveArrived
  }
}

async function attempt(request: TransportRequest, options: CallerOptions): Promise<TransportAnswer | Failure> {
  try {
    const answer = await options.transport.send(request)
    if (answer.status >= 200 && answer.status < 300) return answer
    return new Failure(errorOf(answer, options.now()), true)
  } catch (cause) {
    if (!(cause instanceof TransportError)) throw cause
    return new Failure(new CountersignError(cause.code, cause.message, { cause }), cause.mayHaveArrived)
  }
}

/** The error of an answer, in whichever of the two bodies. */
function errorOf(answer: TransportAnswer, now: Date): CountersignError {
  const facts = {
    status: answer.status,
    requestId: answer.header('x-request-id'),
    retryAfterSeconds: retryAfterSeconds(answer.header('retry-after'), now),
  }
  const {
    errors,
    error,
    error_description: description,
  } = (jsonOf(answer) ?? {}) as {
    readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[]
    readonly error?: unknown
    readonly error_description?: unknown
  }
  const first = Array.isArray(errors) ? errors[0] : undefined
  const code = first?.code ?? error
  const message = first?.message ?? description
  if (typeof code !== 'string') {
    return new CountersignError('invalid_answer', `The platform answered ${answer.status} and did not say why.`, facts)
  }
  return new CountersignError(code, typeof message === 'string' ? message : code, facts)
}

function jsonOf({ body }: TransportAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

function read(answer: TransportAnswer, wanted: NonNullable<ApiRequest['answer']>): unknown {
  if (wanted === 'nothing') return undefined
  if (wanted === 'bytes') return answer.body
  if (wanted === 'text') return new TextDecoder().decode(answer.body)
  const mediaType = answer.header('content-type') ?? ''
  if (wanted === 'file') return { bytes: answer.body, mediaType, header: answer.header } satisfies AnsweredFile
  const value = jsonOf(answer)
  if (value !== undefined) return value
  const { status } = answer
  const requestId = answer.header('x-request-id')
  throw new CountersignError('invalid_answer', `The answer is ${mediaType || 'nothing'}, not JSON.`, {
    status,
    requestId,
  })
}
