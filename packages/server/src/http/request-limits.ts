import type { FastifyRequest } from 'fastify'
import type { Principal } from '../domain/authenticate.ts'
import { type CredentialKind, credentialOfFailure } from '../domain/authentication-failure.ts'
import { Refusal } from '../domain/refusal.ts'
import type { Caller } from './authentication.ts'
import type { Metrics } from './metrics.ts'
import { createRateLimiter, type RateLimiter, visitorOf } from './rate-limit.ts'

/** What the routes that are not open take of one address and of one API key or certificate; 0 for any number. */
export type RequestRates = {
  readonly requestsAMinute: number
  readonly failuresAMinute: number
}

/** Keeps the limits of the routes that are not open. Each process counts by itself. */
export type RequestLimits = {
  /**
   * Who makes a request, by the function that finds out. Of an address that failed too often, what fails is refused as
   * too much; a credential that counts is let in from there as from anywhere, so that nobody locks others out.
   */
  admit<Known extends Principal | Caller | undefined>(
    request: FastifyRequest,
    authenticate: () => Promise<Known>,
  ): Promise<Known>
  /** Counts a try of a secret on an open route, before it is judged and whatever comes of it, as a failure of its address. */
  attempt(request: FastifyRequest): void
  /** Counts how a request that was to be admitted ended. */
  settle(request: FastifyRequest, status: number): void
}

/** A credential, or what there is of one. */
type Credential = { readonly kind: CredentialKind; readonly id: string }

export function createRequestLimits(rates: RequestRates, metrics: Pick<Metrics, 'countCredentialUse'>): RequestLimits {
  const { requestsAMinute, failuresAMinute } = rates
  const addresses = limiter(requestsAMinute, 'There were too many requests from your address.')
  const credentials = limiter(requestsAMinute, 'There were too many requests with your API key or certificate.')
  const failures = limiter(
    failuresAMinute,
    'There were too many requests from your address with a credential that does not count, or none.',
  )
  const attempts = limiter(failuresAMinute, 'There were too many attempts to sign in from your address.')
  const used = new WeakMap<FastifyRequest, Credential>()

  return {
    async admit<Known extends Principal | Caller | undefined>(
      request: FastifyRequest,
      authenticate: () => Promise<Known>,
    ) {
      const address = visitorOf(request.ip)
      addresses?.enter(address)
      let known: Known
      try {
        known = (await authenticate()) as Known
      } catch (error) {
        const credential = credentialOfFailure(error)
        if (credential) used.set(request, credential)
        if (error instanceof Refusal && error.reason === 'unauthenticated') failures?.enter(address)
        throw error
      }
      const credential = known && credentialOf(known)
      if (credential) {
        used.set(request, credential)
        credentials?.enter(credential.id)
      }
      return known
    },
    attempt(request) {
      attempts?.enter(visitorOf(request.ip))
    },
    settle(request, status) {
      const credential = used.get(request)
      // Who came too often has not been judged; people see what they may not, and are no client that nobody told of its key.
      if (credential && credential.kind !== 'session' && status !== 429)
        metrics.countCredentialUse(credential, status === 401 || status === 403)
    },
  }
}

function limiter(aMinute: number, excess: string): RateLimiter | undefined {
  return aMinute === 0 ? undefined : createRateLimiter({ aMinute, excess })
}

function credentialOf(known: Principal | Caller): Credential | undefined {
  if ('principal' in known) return credentialOf(known.principal)
  if ('device' in known) return { kind: 'device_certificate', id: known.device.certificate.id }
  if ('rights' in known) {
    const [right] = known.rights.map((holder) => holder.right)
    return right && { kind: right.proof.kind, id: right.id }
  }
  const { apiKey, clientAuthCertificate, session } = known
  if (session) return { kind: 'session', id: session.id }
  if (apiKey) return { kind: 'api_key', id: apiKey.id }
  return clientAuthCertificate && { kind: 'client_auth_certificate', id: clientAuthCertificate.id }
}
