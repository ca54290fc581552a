import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import { AUTHORITY_PURPOSES, type AuthorityPurpose } from '../domain/authority.ts'
import type { BoundPort } from './bound-port.ts'
import { createConnections, HTTP_LIMITS, type HttpLimits, serverOptions, startLimits } from './connections.ts'

/** What the plain port answers with; DER, but for the root in PEM. */
export type PkiServices = {
  answerOcsp(purpose: AuthorityPurpose, request: Uint8Array): Promise<Kept>
  /** Of all that it issued, or of a part; undefined where there is no such part. */
  revocationList(purpose: AuthorityPurpose, partition: number | undefined): Promise<Kept | undefined>
  /** The certificate of the authority. */
  authorityCertificate(purpose: AuthorityPurpose): Promise<Uint8Array>
  timeStamp(request: Uint8Array): Promise<Uint8Array>
}

/** Bytes, and for how long others may keep them; not at all when `validity` is undefined. */
export type Kept = {
  readonly bytes: Uint8Array
  readonly validity: { readonly thisUpdate: Date; readonly nextUpdate: Date } | undefined
  /** What tells these bytes from others of the same address, where who has them may ask whether they are the newest. */
  readonly tag?: string
}

export type PkiDoorOptions = {
  readonly port: BoundPort
  readonly services: PkiServices
  readonly now: () => Date
  readonly log: FastifyBaseLogger
  readonly limits?: Partial<HttpLimits>
}

export type PkiDoor = {
  readonly port: number
  stop(withinMs?: number): Promise<void>
}

const MOST_BODY = 65_536
/** RFC 5019 §5: a request that GET carries is short. */
const MOST_PATH = 2_048
/** Longer than this nobody keeps an answer, so that a revocation is seen within the hour. */
const MOST_MAX_AGE = 3_600

type Answer = {
  readonly status: number
  readonly type: string
  readonly bytes: Uint8Array
  readonly headers?: Record<string, string>
}

/** The plain port: CRLs, OCSP, certificates of authorities and time stamps, for clients that come without TLS. */
export function openPkiDoor({ port, services, now, log, limits: own }: PkiDoorOptions): PkiDoor {
  const limits = { ...HTTP_LIMITS, requestMs: 20_000, ...own }
  const connections = createConnections()
  const server = createServer({ ...serverOptions(limits), noDelay: true, maxHeaderSize: 8_192 })
  connections.watch(server)
  server.on('request', (request, response) => {
    respond(request, services, now)
      .catch((error: unknown) => {
        // Whoever leaves in the middle of a request is no error of ours, and gets no answer.
        if (request.destroyed && !request.complete) throw error
        log.error({ err: error, path: request.url }, 'unexpected error on the plain port')
        return plain(500, 'An unexpected error')
      })
      .then((answer) => send(request, response, answer))
      .catch(() => void response.destroy())
  })
  startLimits(server, limits)
  port.accept((socket) => void server.emit('connection', socket))
  return {
    port: port.port,
    async stop(withinMs = 5_000) {
      const closed = port.close()
      await connections.drain(withinMs)
      server.close()
      await closed
    },
  }
}

async function respond(request: IncomingMessage, services: PkiServices, now: () => Date): Promise<Answer> {
  const { method = 'GET' } = request
  // A whole URL is as good as its path, RFC 9112 §3.2.2: proxies send it.
  const path = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '').split('?')[0] as string
  if (path.length > MOST_PATH) return plain(414, 'The address is too long')
  const [room = '', rest = ''] = path.slice(1).split(/\/(.*)/s)

  if (room === 'tsa' && /^\/?$/.test(rest)) {
    if (method !== 'POST') return wrongMethod('POST')
    return stamp(request, services)
  }
  if (room === 'ocsp') {
    const [purpose, encoded] = rest.split(/\/(.*)/s)
    if (!isPurpose(purpose)) return plain(404, 'There is no such authority')
    if (method === 'POST' && !encoded) return ocspByPost(request, services, purpose)
    if (isRead(method) && encoded) return ocspByGet(encoded, services, purpose, now())
    return wrongMethod(encoded ? 'GET, HEAD' : 'POST')
  }
  if (room === 'crl' || room === 'ca' || room === 'ca.pem') {
    if (!isRead(method)) return wrongMethod('GET, HEAD')
    if (path === '/ca.pem') return pem(await services.authorityCertificate('root'))
    const [, purpose, part, extension] = /^([a-z-]+)(?:\/([1-9]\d{0,3}))?\.([a-z]+)$/.exec(rest) ?? []
    if (!isPurpose(purpose)) return plain(404, 'There is no such authority')
    if (room === 'crl' && extension === 'crl') {
      const list = await services.revocationList(purpose, part === undefined ? undefined : Number(part))
      if (!list) return plain(404, 'There is no such part of the list')
      return unlessKnown(request, kept('application/pkix-crl', list, now()))
    }
    if (part !== undefined) return plain(404, 'There is nothing at this address')
    if (room === 'ca' && extension === 'cer') {
      const headers = { 'cache-control': `public, max-age=${MOST_MAX_AGE}` }
      return {
        status: 200,
        type: 'application/pkix-cert',
        bytes: await services.authorityCertificate(purpose),
        headers,
      }
    }
    if (room === 'ca' && extension === 'pem') return pem(await services.authorityCertificate(purpose))
  }
  return plain(404, 'There is nothing at this address')
}

/** RFC 3161 §3.4: whatever was asked, the answer is a TimeStampResp; its status says whether there is a token in it. */
async function stamp(request: IncomingMessage, services: PkiServices): Promise<Answer> {
  if (!isOfType(request, 'application/timestamp-query')) return plain(415, 'Send application/timestamp-query')
  const body = await readBody(request)
  if (!body) return plain(413, 'The request is too large')
  return { status: 200, type: 'application/timestamp-reply', bytes: await services.timeStamp(body), headers: NO_STORE }
}

async function ocspByPost(request: IncomingMessage, services: PkiServices, purpose: AuthorityPurpose): Promise<Answer> {
  if (!isOfType(request, 'application/ocsp-request')) return plain(415, 'Send application/ocsp-request')
  const body = await readBody(request)
  if (!body) return plain(413, 'The request is too large')
  const { bytes } = await services.answerOcsp(purpose, body)
  return { status: 200, type: OCSP, bytes, headers: NO_STORE }
}

const OCSP = 'application/ocsp-response'
const NO_STORE = { 'cache-control': 'no-store' }

/** RFC 6960 A.1: the request in base64, percent-encoded; many clients leave it as it is, slashes and all. */
async function ocspByGet(
  encoded: string,
  services: PkiServices,
  purpose: AuthorityPurpose,
  now: Date,
): Promise<Answer> {
  const text = decodePath(encoded)?.replaceAll(' ', '+')
  const request = text && /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
  return kept(OCSP, await services.answerOcsp(purpose, new Uint8Array(request)), now)
}

function decodePath(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** With the cache headers of RFC 5019 §6.2. */
function kept(type: string, { bytes, validity, tag }: Kept, now: Date): Answer {
  if (!validity) return { status: 200, type, bytes, headers: NO_STORE }
  const { thisUpdate, nextUpdate } = validity
  const left = Math.max(0, Math.floor((nextUpdate.getTime() - now.getTime()) / 1000))
  const maxAge = Math.min(left, MOST_MAX_AGE)
  const headers = {
    'cache-control': `public, max-age=${maxAge}, no-transform, must-revalidate`,
    'last-modified': thisUpdate.toUTCString(),
    expires: new Date(now.getTime() + maxAge * 1000).toUTCString(),
    ...(tag !== undefined && { etag: `"${tag}"` }),
  }
  return { status: 200, type, bytes, headers }
}

/** Who has these bytes is told so, RFC 9110 §13: a tag says it better than a date. */
function unlessKnown({ headers }: IncomingMessage, answer: Answer): Answer {
  const { etag, 'last-modified': modified = '' } = answer.headers ?? {}
  const tags = headers['if-none-match']
  const since = Date.parse(headers['if-modified-since'] ?? '')
  const isKnown =
    tags === undefined
      ? since >= Date.parse(modified)
      : tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
  return isKnown ? { ...answer, status: 304, bytes: new Uint8Array() } : answer
}

function pem(der: Uint8Array): Answer {
  const base64 = Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')
  const text = `-----BEGIN CERTIFICATE-----\n${base64}-----END CERTIFICATE-----\n`
  return {
    status: 200,
    type: 'application/x-pem-file',
    bytes: Buffer.from(text),
    headers: { 'cache-control': `public, max-age=${MOST_MAX_AGE}` },
  }
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    type: 'text/plain; charset=utf-8',
    bytes: Buffer.from(`${text}\n`),
    headers: { ...NO_STORE, ...headers },
  }
}

function wrongMethod(allow: string): Answer {
  return plain(405, `This address takes ${allow}`, { allow })
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function isPurpose(text: string | undefined): text is AuthorityPurpose {
  return AUTHORITY_PURPOSES.includes(text as AuthorityPurpose)
}

function isOfType(request: IncomingMessage, type: string): boolean {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === type
}

/** The body in one piece; undefined when it is longer than any request may be. */
function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MOST_BODY) {
        request.removeAllListeners('data').resume()
        resolve(undefined)
      } else chunks.push(chunk)
    })
    request.on('end', () => {
      const only = chunks[0]
      resolve(
        chunks.length === 1 && only
          ? new Uint8Array(only.buffer, only.byteOffset, only.length)
          : new Uint8Array(Buffer.concat(chunks)),
      )
    })
    request.on('error', reject)
  })
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, bytes, headers }: Answer): void {
  response.writeHead(status, {
    ...(status === 304 ? {} : { 'content-type': type, 'content-length': bytes.length }),
    'x-content-type-options': 'nosniff',
    ...headers,
    // What was refused unread is not read on: the connection ends with the answer.
    ...(status >= 400 ? { connection: 'close' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
