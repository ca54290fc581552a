/** The cookie of a session, and that a request with it comes from our own pages. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { equalInConstantTime } from '../domain/constant-time.ts'
import { Refusal } from '../domain/refusal.ts'
import { csrfTokenOf } from '../domain/session.ts'

/** The prefix holds browsers to Secure, to this very host and to all of its paths (RFC 6265bis §4.1.3.2). */
export const SESSION_COOKIE = '__Host-countersign'

const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict'

/** Every cookie of the name that came: more than one is nobody's. */
export function sessionCookiesOf({ headers }: FastifyRequest): readonly string[] {
  return (headers.cookie ?? '').split(';').flatMap((pair) => {
    const [name, ...value] = pair.trim().split('=')
    return name === SESSION_COOKIE ? [value.join('=')] : []
  })
}

/** Has the browser keep the token until it is closed, out of reach of scripts. */
export function setSessionCookie(reply: FastifyReply, token: string): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=${token}; ${ATTRIBUTES}`)
}

/** Has the browser forget the token. */
export function clearSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${SESSION_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`)
}

/**
 * Throws a Refusal for a request that a browser says another site has begun. What says nothing is no browser, or an
 * old one, and is held by SameSite and by the token.
 */
export function refuseOtherSites({ headers }: FastifyRequest, publicUrl: string): void {
  const { origin, host, 'sec-fetch-site': site } = headers
  const isOwn = origin === undefined || origin === new URL(publicUrl).origin || origin === `https://${host}`
  if (isOwn && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw new Refusal('forbidden', 'foreign_origin', 'The request comes from a page of another site.')
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Throws a Refusal for a request that changes something unless a page of ours made it, which knows the CSRF token. */
export function requireCsrfToken(request: FastifyRequest, token: string, publicUrl: string): void {
  if (SAFE.has(request.method)) return
  refuseOtherSites(request, publicUrl)
  const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''))
  if (equalInConstantTime(given, Buffer.from(csrfTokenOf(token)))) return
  throw new Refusal(
    'forbidden',
    'invalid_csrf_token',
    'Send the csrf_token of your session along, as the header x-csrf-token.',
  )
}
