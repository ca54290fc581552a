import { constants, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { BoundPort } from './bound-port.ts'
import { type ClientHello, ClientHelloError, type ClientHelloReader, createClientHelloReader } from './client-hello.ts'
import { createConnections, HTTP_LIMITS, type HttpLimits, serverOptions, startLimits } from './connections.ts'

/** Which of the two TLS servers took a connection: it decides how requests on it authenticate. */
export type Door = 'api' | 'clientauth'

/** What the platform shows of itself, and whose client certificates it asks for. PEM. */
export type TlsIdentity = {
  readonly privateKey: string
  /** Leaf first, then the authorities below the root. */
  readonly chain: string
  /** The root and the authorities for clients and devices: their names are sent to clients, so that they can choose. */
  readonly clientAuthorities: readonly string[]
}

export type TlsDoorOptions = {
  readonly port: BoundPort
  /** The host name that makes a client's connection a mutual-TLS one. */
  readonly clientauthHost: string
  readonly identity: TlsIdentity
  readonly handle: (door: Door, request: IncomingMessage, response: ServerResponse) => void
  readonly limits?: Partial<HttpLimits & { readonly helloMs: number; readonly handshakeMs: number }>
  /** Connections that may be open without having finished their handshake. */
  readonly maxPending?: number
}

export type TlsDoor = {
  readonly port: number
  /** Shows another certificate from the next handshake on. */
  setIdentity(identity: TlsIdentity): void
  /** Stops accepting, lets running requests finish for at most `withinMs`, then cuts what is left. */
  stop(withinMs?: number): Promise<void>
}

// TLS 1.2 with forward secrecy and authenticated encryption only; TLS 1.3 has nothing else.
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

// A fatal unexpected_message alert: TLS clients that begin wrongly are told so. RFC 8446 §6.2.
const ALERT = Buffer.from([21, 3, 1, 0, 2, 2, 10])
const PLAIN_HTTP =
  'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 43\r\n\r\nThis port speaks TLS: use https:// instead.'

/**
 * One port, two TLS servers. The client's hello says which host it wants, and the whole connection goes to that host's
 * server: only the mutual-TLS one asks for a certificate, and sessions of one can't be resumed on the other.
 */
export function openTlsDoor(options: TlsDoorOptions): TlsDoor {
  const { port, handle, maxPending = 2_000 } = options
  const limits = { ...HTTP_LIMITS, helloMs: 5_000, handshakeMs: 10_000, ...options.limits }
  const clientauthHost = options.clientauthHost.toLowerCase()
  const connections = createConnections()
  const pending = new Map<string, Pending>()

  const contexts: Record<Door, object> = { api: sessionContext('api'), clientauth: sessionContext('clientauth') }
  const servers: Record<Door, Server> = { api: open('api'), clientauth: open('clientauth') }

  function open(door: Door): Server {
    const server = createServer({
      ...secureContext(door, options.identity, contexts[door]),
      ALPNProtocols: ['http/1.1'],
      requestCert: door === 'clientauth',
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeMs,
      ...serverOptions(limits),
      noDelay: true,
    })
    connections.watch(server)
    server.on('request', (request, response) => handle(door, request, response))
    server.on('secureConnection', (socket) => {
      const peer = peerOf(socket)
      clearTimeout(pending.get(peer)?.timer)
      pending.delete(peer)
    })
    server.on('tlsClientError', (_error, socket) => void socket.destroy())
    startLimits(server, limits)
    return server
  }

  port.accept((socket) => {
    // The one that waits longest makes room: a client that means it is done in less time than it takes to fill the rest.
    if (pending.size >= maxPending) giveUpOldest(pending)
    const peer = peerOf(socket)
    // One clock each for hello and handshake that no activity resets: bytes that drip in don't buy time.
    const wait: Pending = { socket, timer: setTimeout(() => socket.destroy(), limits.helloMs) }
    pending.set(peer, wait)
    socket.once('close', () => {
      clearTimeout(wait.timer)
      if (pending.get(peer) === wait) pending.delete(peer)
    })
    socket.on('error', () => void socket.destroy())

    const reader = createClientHelloReader()
    const read = (chunk: Buffer): void => {
      const hello = tryPush(reader, chunk)
      if (hello === undefined) return
      socket.off('data', read)
      if (hello instanceof ClientHelloError) {
        refuse(socket, reader.received())
        return
      }
      socket.pause()
      clearTimeout(wait.timer)
      wait.timer = setTimeout(() => socket.destroy(), limits.handshakeMs)
      socket.unshift(reader.received())
      servers[hello.serverName === clientauthHost ? 'clientauth' : 'api'].emit('connection', socket)
    }
    socket.on('data', read)
  })

  return {
    port: port.port,
    setIdentity(identity) {
      for (const door of ['api', 'clientauth'] as const) {
        servers[door].setSecureContext(secureContext(door, identity, contexts[door]))
      }
    },
    async stop(withinMs = 10_000) {
      const closed = port.close()
      for (const { socket } of pending.values()) socket.destroy()
      await connections.drain(withinMs)
      for (const server of Object.values(servers)) server.close()
      await closed
    },
  }
}

/** A connection before the end of its handshake. */
type Pending = { readonly socket: Socket; timer: NodeJS.Timeout }

function giveUpOldest(pending: Map<string, Pending>): void {
  for (const [peer, { socket }] of pending) {
    pending.delete(peer)
    socket.destroy()
    return
  }
}

/** The TLS socket and the TCP socket below it agree on this, and no two open connections to one port share it. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

function tryPush(reader: ClientHelloReader, chunk: Buffer): ClientHello | ClientHelloError | undefined {
  try {
    return reader.push(chunk)
  } catch (error) {
    if (error instanceof ClientHelloError) return error
    throw error
  }
}

function sessionContext(door: Door): object {
  return { sessionIdContext: `countersign-${door}`, ticketKeys: randomBytes(48) }
}

function secureContext(door: Door, identity: TlsIdentity, session: object): object {
  return {
    key: identity.privateKey,
    cert: identity.chain,
    ...(door === 'clientauth' ? { ca: [...identity.clientAuthorities] } : {}),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    // A connection is what its first handshake made it.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...session,
  }
}

function refuse(socket: Socket, received: Buffer): void {
  const isHttp = /^[A-Z]{3,7} \S/.test(received.toString('latin1', 0, 16))
  socket.resume()
  socket.end(isHttp ? PLAIN_HTTP : ALERT)
  // Half a second for what is written to arrive, and for the client to close: then it is over either way.
  setTimeout(() => socket.destroy(), 500).unref()
}
