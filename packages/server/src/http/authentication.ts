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
  permissionsOf,
} from '../domain/authenticate.ts'
import {
  authenticateDeviceCertificate,
  type DeviceCertificateHolder,
  deviceRefusal,
  isDeviceCertificate,
  rightsOfCertificate,
} from '../domain/authenticate-device.ts'
import { authenticatePasscode } from '../domain/authenticate-right.ts'
import type { EnrollmentRightHolder } from '../domain/enrollment-right.ts'
import type { Permission } from '../domain/permission.ts'
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

/** Who makes a request: a user, or who is none and may do a little. */
export type Caller =
  | { readonly principal: Principal }
  /** What may be enrolled under, by a passcode or by an authentication certificate; at least one. */
  | { readonly rights: readonly EnrollmentRightHolder[] }
  | { readonly device: DeviceCertificateHolder }

/** Who may ask for a route that is for users: by what they show. */
export type OtherCaller = 'passcode' | 'authentication_certificate' | 'device_certificate'

/** How a route wants its caller to be known, and who else may ask for it than users with its permission. */
export type Wanted = {
  readonly authentication: Authentication
  readonly permission?: Permission | undefined
  readonly alsoFor: readonly OtherCaller[]
}

/**
 * Who makes the request; undefined on open routes of the API host. On the mutual-TLS host every route, open or not,
 * there or not, wants a certificate, and it is judged on each request: connections and sessions outlive a revocation.
 * A cookie counts on the API host alone, a passcode on both, alone, where the route is for it.
 */
export async function authenticate(
  world: Pick<World, 'now' | 'store' | 'keys'>,
  request: FastifyRequest,
  wanted: Wanted,
  publicUrl: string,
): Promise<Caller | undefined> {
  const key = request.headers['x-api-key']
  const passcode = request.headers['x-passcode']
  const isMutualTls = doorOf(request) === 'clientauth'
  if (!isMutualTls && wanted.authentication === 'open') return undefined
  const certificate = isMutualTls ? presentedCertificate(request.raw.socket) : undefined
  const cookies = isMutualTls ? [] : sessionCookiesOf(request)
  if (passcode !== undefined) {
    // Who asks must not depend on which of them is looked at first.
    if (key !== undefined || cookies.length > 0 || certificate?.certificate)
      throw new Refusal('invalid', 'invalid_request', `Send an x-passcode or another credential, not both.`)
    if (wanted.alsoFor.includes('passcode'))
      return { rights: [await authenticatePasscode(world, String(passcode), request.ip, comingBack(request))] }
  }
  if (certificate) return authenticateMutualTls(world, request, wanted, certificate)
  if (wanted.authentication === 'certificate') {
    throw new Refusal('unauthenticated', AUTHORIZATION_ERROR, 'No authentication data provided', {
      cause: new Error('the route needs mutual TLS and was asked for on the API host'),
    })
  }
  if (cookies.length === 0 && (wanted.authentication !== 'session' || key !== undefined))
    return { principal: await authenticateApiKey(world, Array.isArray(key) ? undefined : key, request.ip) }
  // The same.
  if (key !== undefined)
    throw new Refusal('invalid', 'invalid_request', 'Send the cookie of a session or an x-api-key, not both.')
  const token = cookies.length === 1 ? (cookies[0] as string) : ''
  const principal = await authenticateSession(world, token)
  requireCsrfToken(request, token, publicUrl)
  return { principal }
}

async function authenticateMutualTls(
  world: Pick<World, 'now' | 'store'>,
  request: FastifyRequest,
  { permission, alsoFor }: Wanted,
  presented: PresentedCertificate,
): Promise<Caller> {
  const key = request.headers['x-api-key']
  if (key !== undefined) return { principal: await authenticateBoth(world, presented, String(key), request.ip) }
  if (alsoFor.length > 0 && (await isOfDevice(world, presented)))
    return deviceCaller(world, request, alsoFor, presented)
  const principal = await authenticateCertificate(world, presented)
  if (permission && alsoFor.includes('authentication_certificate') && !permissionsOf(principal).includes(permission)) {
    const { certificateId = '' } = principal.clientAuthCertificate ?? {}
    const rights = await rightsOfCertificate(world, certificateId, request.ip, comingBack(request))
    if (rights.length > 0) return { rights }
  }
  return { principal }
}

async function deviceCaller(
  world: Pick<World, 'now' | 'store'>,
  request: FastifyRequest,
  alsoFor: readonly OtherCaller[],
  presented: PresentedCertificate,
): Promise<Caller> {
  const device = await authenticateDeviceCertificate(world, presented)
  if (alsoFor.includes('device_certificate')) return { device }
  const rights = await rightsOfCertificate(world, device.certificate.id, request.ip, comingBack(request))
  if (alsoFor.includes('authentication_certificate') && rights.length > 0) return { rights }
  throw await deviceRefusal(world, 'the certificate is none to enroll by', device.certificate)
}

/** What is used up still says who looks at what came of its use, or asks again under the same Idempotency-Key. */
function comingBack({ method, headers }: FastifyRequest): { readonly mayBeUsedUp: boolean } {
  return { mayBeUsedUp: method === 'GET' || headers['idempotency-key'] !== undefined }
}

/** What the log has of a caller that is no user: by what it was known. */
export function notedCaller(caller: Caller | undefined): Readonly<Record<string, string | undefined>> {
  if (!caller || 'principal' in caller) return {}
  if ('device' in caller) return { device_certificate: caller.device.certificate.id }
  const [holder] = caller.rights
  return holder ? { [`${holder.right.proof.kind}_id`]: holder.right.id } : {}
}

const ofDevices = new WeakMap<PresentedCertificate, boolean>()

/** Asked once for each connection: what a certificate was issued for does not change. */
async function isOfDevice(world: Pick<World, 'now' | 'store'>, presented: PresentedCertificate): Promise<boolean> {
  const { certificate } = presented
  if (!certificate) return false
  const known = ofDevices.get(presented) ?? (await isDeviceCertificate(world, certificate))
  ofDevices.set(presented, known)
  return known
}
