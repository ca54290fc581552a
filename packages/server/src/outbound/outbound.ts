/** Fetching what a stranger named: only from the public internet, and never more or longer than was meant. */
import { Resolver } from 'node:dns/promises'
import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { OutboundError } from './outbound-error.ts'
import { isPublicAddress } from './public-address.ts'

/** One thing to be fetched. */
export type OutboundRequest = {
  readonly url: string
  /** Sent by POST; without it, it is a GET. */
  readonly body?: { readonly mediaType: string; readonly bytes: Uint8Array }
  readonly headers?: Readonly<Record<string, string>>
  /** Any answer of success will do, and what it says is left unread; without it, the answer is one of status 200. */
  readonly isAnswerIgnored?: boolean
  /** The media types that the answer may have; any when undefined. */
  readonly accept?: readonly string[]
  /** The largest answer, in bytes. */
  readonly mostBytes: number
  /** From the look-up of the name to the last byte. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export type OutboundAnswer = {
  readonly status: number
  readonly bytes: Uint8Array
  readonly mediaType: string | undefined
}

/** Fetches, or rejects with an OutboundError. */
export type Outbound = (request: OutboundRequest) => Promise<OutboundAnswer>

export type OutboundOptions = {
  /** URLs of our own, such as that of our OCSP responder, which may have any address and port: no more than are meant, since files choose. */
  readonly isOwn?: (url: URL) => boolean
  /** Gives the addresses of a name. The machine's own DNS servers are asked unless said; never its file of hosts. */
  readonly resolve?: (name: string, signal: AbortSignal) => Promise<readonly string[]>
  /** PEM of authorities for TLS, instead of those that Node knows. */
  readonly tlsAuthorities?: readonly string[]
}

/** Where the web and responders are: no mail server or database is spoken to. */
const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }
const LONGEST_URL = 2048
const MOST_HEADER_BYTES = 8192
const CONNECT_MS = 5000

/** The way out. What it refuses, it refuses before it connects. */
export function createOutbound({ isOwn: isOurs, resolve = resolveName, tlsAuthorities }: OutboundOptions): Outbound {
  return async (request) => {
    const time = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal ? AbortSignal.any([time, request.signal]) : time
    try {
      const url = checkedUrl(request.url)
      const isOwn = isOurs?.(url) === true
      if (!isOwn) checkPort(url)
      const addresses = await addressesOf(url, resolve, signal)
      const stranger = isOwn ? undefined : addresses.find((address) => !isPublicAddress(address))
      // One private address among public ones is refused with them: the next connection would go to it.
      if (stranger !== undefined)
        throw new OutboundError('address', `${url.hostname} is at ${stranger}, no public address`)
      const response = await answerOf(url, addresses, request, { signal, tlsAuthorities })
      return await contentOf(response, request)
    } catch (error) {
      if (error instanceof OutboundError) throw error
      if (signal.aborted) throw new OutboundError('time', `${hostOf(request.url)} took too long`, { cause: error })
      throw new OutboundError('connection', `${hostOf(request.url)}: ${(error as Error).message}`, { cause: error })
    }
  }
}

/** What a URL may be, whoever it leads to. URL itself has turned every notation of an IPv4 address into the usual one. */
function checkedUrl(text: string): URL {
  const url = text.length <= LONGEST_URL ? URL.parse(text) : null
  if (!url || !(url.protocol in PORTS)) throw new OutboundError('url', 'this is no URL of http or https')
  if (url.username !== '' || url.password !== '') throw new OutboundError('url', 'a URL with a user name or password')
  if (url.hostname === '' || url.hostname.endsWith('.'))
    throw new OutboundError('url', 'a host name that ends in a dot')
  return url
}

function checkPort(url: URL): void {
  // URL leaves out the port that is the scheme's own.
  if (url.port !== '' && !Object.values(PORTS).includes(Number(url.port)))
    throw new OutboundError('port', `port ${url.port} is not asked`)
}

async function addressesOf(
  url: URL,
  resolve: NonNullable<OutboundOptions['resolve']>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0) return [host]
  const addresses = await untilAborted(resolve(host, signal), signal)
  if (addresses.length === 0 || addresses.some((address) => isIP(address) === 0))
    throw new OutboundError('name', `${host} has no address`)
  return addresses
}

/** By DNS alone: what the machine's file of hosts names is nobody's business. Sockets of its own wait for it, no thread of Node's few. */
async function resolveName(name: string, signal: AbortSignal): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  signal.addEventListener('abort', () => resolver.cancel())
  const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  return [four, six].flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []))
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
    if (signal.aborted) reject(signal.reason)
    promise.then(resolve, reject)
  })
}

/** The response to a request over a connection of its own, to one of the addresses that were looked at and to no other. */
function answerOf(
  url: URL,
  addresses: readonly string[],
  { body, accept, headers }: OutboundRequest,
  { signal, tlsAuthorities }: { signal: AbortSignal; tlsAuthorities: OutboundOptions['tlsAuthorities'] },
): Promise<IncomingMessage> {
  const options: RequestOptions & { ca?: string[]; rejectUnauthorized: true } = {
    method: body ? 'POST' : 'GET',
    agent: false,
    lookup: lookupAmong(addresses),
    signal,
    maxHeaderSize: MOST_HEADER_BYTES,
    rejectUnauthorized: true,
    ...(tlsAuthorities ? { ca: [...tlsAuthorities] } : {}),
    headers: {
      'user-agent': 'countersign',
      accept: accept?.join(', ') ?? '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
      ...headers,
      ...(body ? { 'content-type': body.mediaType, 'content-length': body.bytes.length } : {}),
    },
  }
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? requestTls : requestPlain)(url, options, resolve)
    outgoing.on('error', reject)
    const slow = setTimeout(() => outgoing.destroy(new OutboundError('time', 'no connection in time')), CONNECT_MS)
    outgoing.on('socket', (socket) =>
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(slow)),
    )
    outgoing.on('close', () => {
      clearTimeout(slow)
      // No error is told of a protocol that nobody asked to switch to.
      reject(new OutboundError('connection', 'it gave no answer'))
    })
    outgoing.end(body?.bytes)
  })
}

/** Node's own question for a name, answered with what is known already: asked anew, a name may have moved. */
function lookupAmong(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_name, { all }, callback) => {
    const [first] = entries
    if (all) callback(null, entries)
    else if (first) callback(null, first.address, first.family)
  }
}

/** The content of an answer; a redirect is none, since what it leads to was not looked at. */
async function contentOf(
  response: IncomingMessage,
  { accept, mostBytes, isAnswerIgnored = false }: OutboundRequest,
): Promise<OutboundAnswer> {
  try {
    const { statusCode = 0, headers } = response
    if (isAnswerIgnored && statusCode >= 200 && statusCode < 300)
      return { status: statusCode, bytes: new Uint8Array(0), mediaType: undefined }
    if (statusCode !== 200)
      throw new OutboundError('status', `it answered with status ${statusCode}`, { status: statusCode })
    if ((headers['content-encoding'] ?? 'identity') !== 'identity')
      throw new OutboundError('encoding', `it answered in the encoding ${headers['content-encoding']}`)
    const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
    if (accept && !(mediaType !== undefined && accept.includes(mediaType)))
      throw new OutboundError('type', `it answered with ${mediaType ?? 'no media type'}`)
    if (Number(headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes)
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      length += chunk.length
      if (length > mostBytes) throw tooLarge(mostBytes)
      chunks.push(chunk)
    }
    return { status: statusCode, bytes: new Uint8Array(Buffer.concat(chunks)), mediaType }
  } finally {
    response.destroy()
  }
}

function tooLarge(mostBytes: number): OutboundError {
  return new OutboundError('size', `it answered with more than ${mostBytes} bytes`)
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'a URL'
}
