/** Node's side: files by their path, and HTTPS with a client certificate over connections that are kept. */
import { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request as secureRequest } from 'node:https'
import { Readable as NodeReadable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { CountersignError } from '../countersign-error.ts'
import {
  type BodyPart,
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportOptions,
  type TransportRequest,
} from '../transport.ts'

export { startFileThreads } from './file-thread.ts'
export { fileAt, openAsset, writeFile } from './files.ts'

/** What is asked for beyond it waits: a folder of files is not a flood of handshakes. */
const MOST_CONNECTIONS = 32

/** HTTPS, with the certificate of the caller where the server asks for one. */
export function createTransport(options: TransportOptions): Transport {
  const milliseconds = options.timeoutSeconds * 1000
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MOST_CONNECTIONS,
    secureContext: secureContext(options),
    lookup: lookupLocal,
    timeout: milliseconds,
  })
  return {
    send: (request) => send(request, agent, milliseconds),
    close: () => agent.destroy(),
  }
}

/** Read once and here: what is wrong with a file is said before anything is asked. */
function secureContext({ certificate, ca }: TransportOptions): SecureContext {
  const trust: SecureContextOptions = ca === undefined ? {} : { ca: textOrBuffer(ca) }
  // A context passes over what it can't read.
  orInvalid('ca: it is no certificate in PEM', () => ca !== undefined && new X509Certificate(ca))
  if (!certificate) return createSecureContext(trust)
  if ('pkcs12' in certificate) {
    const { pkcs12, password } = certificate
    const identity = { pfx: Buffer.from(pkcs12), passphrase: password }
    const fault = 'certificate: the password does not open the PKCS#12 file'
    return orInvalid(fault, () => createSecureContext({ ...trust, ...identity }))
  }
  const { cert, key, passphrase } = certificate
  const identity = {
    cert: textOrBuffer(cert),
    key: textOrBuffer(key),
    ...(passphrase !== undefined && { passphrase }),
  }
  const fault = 'certificate: cert and key are no pair in PEM'
  return orInvalid(fault, () => createSecureContext({ ...trust, ...identity }))
}

function orInvalid<Value>(fault: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    throw new CountersignError('invalid_option', `${fault} (${(cause as Error).message}).`, { cause })
  }
}

const textOrBuffer = (value: string | Uint8Array): string | Buffer =>
  typeof value === 'string' ? value : Buffer.from(value)

/** Names under .localhost are this machine, whatever the resolver knows of them. RFC 6761 §6.3. */
const lookupLocal: NonNullable<RequestOptions['lookup']> = (name, options, answer) => {
  if (!/(?:^|\.)localhost\.?$/i.test(name)) return lookup(name, options, answer)
  if (options.all) {
    return answer(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ])
  }
  return answer(null, '127.0.0.1', 4)
}

function send(request: TransportRequest, agent: Agent, milliseconds: number): Promise<TransportAnswer> {
  return new Promise((resolve, reject) => {
    const { method, url, headers, body, signal } = request
    const outgoing = secureRequest(url, { method, headers, agent, ...(signal && { signal }) })
    let isSilent = false
    let isAnswered = false
    const fail = (cause: unknown): void => {
      if (signal?.aborted) reject(signal.reason)
      else reject(isSilent ? silence(url, milliseconds) : failure(url, cause))
    }
    outgoing.setTimeout(milliseconds, () => {
      isSilent = true
      outgoing.destroy()
    })
    outgoing.on('response', (incoming) => {
      // What is refused early is answered before all of it was sent; that it can't be sent any more is no news then.
      isAnswered = true
      answerOf(incoming, request).then(resolve, fail)
    })
    outgoing.on('error', (cause) => {
      if (!isAnswered) fail(cause)
    })
    const [only] = body
    // What is at hand needs no stream of its own.
    if (body.length <= 1 && !(only && 'stream' in only)) outgoing.end(only)
    else
      pipeline(NodeReadable.from(pieces(body), { objectMode: false }), outgoing).catch((cause) => {
        if (!isAnswered) fail(cause)
      })
  })
}

function silence(url: URL, milliseconds: number): TransportError {
  return new TransportError('timed_out', `${url.host} said nothing for ${milliseconds / 1000} seconds.`, true)
}

/** The caller's file could not be read: what the caller hears is why. */
class Unreadable extends Error {}

async function* pieces(body: readonly BodyPart[]): AsyncGenerator<Uint8Array> {
  for (const part of body) {
    if (part instanceof Uint8Array) {
      yield part
      continue
    }
    try {
      yield* part.stream()
    } catch (cause) {
      throw new Unreadable('the file', { cause })
    }
  }
}

async function answerOf(
  incoming: IncomingMessage,
  { url, mostAnswerBytes = Number.POSITIVE_INFINITY }: TransportRequest,
): Promise<TransportAnswer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming) {
    chunks.push(chunk)
    length += chunk.length
    // Leaving the loop ends the connection.
    if (length > mostAnswerBytes)
      throw new TransportError('invalid_answer', `The answer of ${url.host} has no end.`, true)
  }
  const { headers } = incoming
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: Buffer.concat(chunks),
  }
}

/** Errors of a connection that was never made. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])
/** OpenSSL's and Node's names for a server certificate that does not count. */
const UNTRUSTED =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_ALTNAME|INVALID_CA|PATH_LENGTH|HOSTNAME_MISMATCH)/

function failure(url: URL, cause: unknown): unknown {
  if (cause instanceof TransportError) return cause
  if (cause instanceof Unreadable) return cause.cause
  const { code = '', message } = cause as NodeJS.ErrnoException
  if (UNTRUSTED.test(code)) {
    return new TransportError(
      'untrusted_server',
      `The certificate of ${url.host} does not count (${code}); ca takes the root that it should chain to.`,
      false,
      cause,
    )
  }
  const why = message || code
  return new TransportError('connection_failed', `No answer from ${url.host}: ${why}.`, !NOT_CONNECTED.has(code), cause)
}
