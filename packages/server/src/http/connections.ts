import type { Server as HttpServer, ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'

/** Which connections are open and which requests run on them: what it takes to stop without cutting anybody off. */
export type Connections = {
  /** Follows a server's connections from its first on. */
  watch(server: HttpServer | HttpsServer): void
  /** How many requests have not been answered yet. */
  running(): number
  /** Closes idle connections at once and each other one after its answer; what is open after `withinMs` is cut. */
  drain(withinMs: number): Promise<void>
}

/** Time limits of an HTTP server, in milliseconds. */
export type HttpLimits = {
  /** From the first byte of a request to the end of its headers; also from connecting to the first byte. */
  readonly headersMs: number
  /** From the first byte of a request to its last. */
  readonly requestMs: number
  /** An open connection between two requests. */
  readonly keepAliveMs: number
  /** A connection on which nothing moves at all. */
  readonly idleMs: number
  /** How often the limits are looked after. */
  readonly checkMs: number
}

export const HTTP_LIMITS: HttpLimits = {
  headersMs: 10_000,
  requestMs: 120_000,
  keepAliveMs: 60_000,
  idleMs: 120_000,
  checkMs: 1_000,
}

/** The options of node:http that hold the limits. */
export function serverOptions(limits: HttpLimits): {
  headersTimeout: number
  requestTimeout: number
  keepAliveTimeout: number
  connectionsCheckingInterval: number
} {
  return {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
  }
}

/** Makes a server that never listens itself, being handed its connections, hold its time limits all the same. */
export function startLimits(server: HttpServer | HttpsServer, limits: HttpLimits): void {
  server.timeout = limits.idleMs
  // node:http begins to look after slow clients on this event, and it is the only public way to make it begin.
  server.emit('listening')
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy()
      return
    }
    const status =
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : error.code === 'HPE_HEADER_OVERFLOW'
          ? '431 Request Header Fields Too Large'
          : '400 Bad Request'
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
  })
}

export function createConnections(): Connections {
  const responses = new Map<Socket, Set<ServerResponse>>()
  let draining = false
  let whenEmpty: (() => void) | undefined

  const follow = (socket: Socket): void => {
    if (draining) {
      socket.destroy()
      return
    }
    responses.set(socket, new Set())
    socket.once('close', () => {
      responses.delete(socket)
      if (responses.size === 0) whenEmpty?.()
    })
  }

  return {
    watch(server) {
      server.on('setSecureContext' in server ? 'secureConnection' : 'connection', follow)
      server.on('request', (request, response) => {
        const { socket } = request
        const running = responses.get(socket)
        if (!running) return
        running.add(response)
        if (draining) response.shouldKeepAlive = false
        response.once('close', () => {
          running.delete(response)
          if (draining && running.size === 0) socket.destroySoon()
        })
      })
    },
    running: () => [...responses.values()].reduce((count, running) => count + running.size, 0),
    async drain(withinMs) {
      draining = true
      for (const [socket, running] of responses) {
        if (running.size === 0) socket.destroySoon()
        for (const response of running) response.shouldKeepAlive = false
      }
      if (responses.size === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          for (const socket of responses.keys()) socket.destroy()
          resolve()
        }, withinMs)
        whenEmpty = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
  }
}
