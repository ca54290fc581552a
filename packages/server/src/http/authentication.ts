import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import {
  authenticateApiKey,
  authenticateBoth,
  authenticateCertificate,
  authenticateSession,
  type PresentedCertificate,
  type Principal,
} from '../domain/authenticate.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { AUTHORIZATION_ERROR } from './problem.ts'
import { requireCsrfToken, sessionCookiesOf } from './session-cookie.ts'
import type { Door } from './tls-door.ts'

/**
 * How a route wants its caller to be known: not at all, by what the door asks for, by a client certificate only, by a
 * session only, or by what it looks at itself, at either door.
 */
export type Authentication = 'open' | 'door' | 'certificate' | 'session' | 'own'

const doors = new WeakMap<IncomingMessage, Door>()

/** Notes which server took the connection; nothing that a client says can change it. */
export function noteDoor(request: IncomingMessage, door: Door): void {
  doors.set(request, door)
}

/** The server that took the connection. */
export function doorOf(request: FastifyRequest): Door {
  return doors.get(request.raw) ?? 'api'
}

const presented = new WeakMap<Socket, PresentedCertificate>()

/** What TLS found out, asked once for each connection: renegotiation does not exist here. */
export function presentedCertificate(socket: Socket): PresentedCertificate {
  const known = presented.get(socket)
  if (known) return known
  const secure = socket as TLSSocket
  const raw = secure.getPeerX509Certificate?.()?.raw
  const found = { certificate: raw && new Uint8Array(raw), authorized: secure.authorized === true }
  presented.set(socket, found)
  return found
}

/**
 * Who makes the request; undefined on open routes of the API host. On the mutual-TLS host every route, open or not,
 * there or not, wants a certificate, and it is judged on each request: connections and sessions outlive a revocation.
 * A cookie counts on the API host alone.
 */
export async function authenticate(
  world: Pick<World, 'now' | 'store'>,
  request: FastifyRequest,
  wanted: Authentication,
  publicUrl: string,
): Promise<Principal | undefined> {
  const key = request.headers['x-api-key']
  if (doorOf(request) === 'clientauth') {
    const certificate = presentedCertificate(request.raw.socket)
    if (key === undefined) return authenticateCertificate(world, certificate)
    return authenticateBoth(world, certificate, String(key), request.ip)
  }
  if (wanted === 'open') return undefined
  if (wanted === 'certificate') {
    throw new Refusal('unauthenticated', AUTHORIZATION_ERROR, 'No authentication data provided', {
      cause: new Error('the route needs mutual TLS and was asked for on the API host'),
    })
  }
  const cookies = sessionCookiesOf(request)
  if (cookies.length === 0 && (wanted !== 'session' || key !== undefined))
    return authenticateApiKey(world, Array.isArray(key) ? undefined : key, request.ip)
  // Who asks must not depend on which of the two is looked at first.
  if (key !== undefined)
    throw new Refusal('invalid', 'invalid_request', 'Send the cookie of a session or an x-api-key, not both.')
  const token = cookies.length === 1 ? (cookies[0] as string) : ''
  const principal = await authenticateSession(world, token)
  requireCsrfToken(request, token, publicUrl)
  return principal
}
