import { digest } from '@countersign/pki'
import { type Account, isServed } from './account.ts'
import { isInNetworks } from './allowed-network.ts'
import { type ApiKey, type ApiKeyHolder, apiKeyHash } from './api-key.ts'
import { AuthenticationFault, auditFailure } from './authentication-failure.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { ClientAuthCertificate, ClientAuthCertificateHolder } from './client-auth-certificate.ts'
import { equalInConstantTime } from './constant-time.ts'
import { knownAuthority } from './known-authorities.ts'
import type { Permission } from './permission.ts'
import { Refusal } from './refusal.ts'
import { idleEnd, isToBeNoted, type Session, type SessionHolder, sessionHash } from './session.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** Who makes a request, and by what it was known. */
export type Principal = {
  readonly user: User
  readonly account: Account
  readonly clientAuthCertificate?: ClientAuthCertificate
  /** When the certificate of mutual TLS ends. */
  readonly certificateEndsAt?: Date
  readonly apiKey?: ApiKey
  /** Of a person who signed in. */
  readonly session?: Session
}

type AuthenticationWorld = Pick<World, 'now'> & {
  readonly store: Pick<
    World['store'],
    'clientAuthCertificates' | 'apiKeys' | 'sessions' | 'authorities' | 'auditEvents'
  >
}

/** What mutual TLS found out about the client. */
export type PresentedCertificate = {
  /** DER; undefined when the client sent none. */
  readonly certificate: Uint8Array | undefined
  /** Whether the TLS library could build a path from it. */
  readonly authorized: boolean
}

/**
 * The user behind a client certificate, judged anew on each request, since connections and sessions outlive a
 * revocation. The refusal says the same whatever was wrong; why stands in its cause, for the log, and in the audit.
 */
export async function authenticateCertificate(
  world: AuthenticationWorld,
  { certificate, authorized }: PresentedCertificate,
): Promise<Principal> {
  if (!certificate) throw await certificateRefusal(world, 'no certificate was presented')
  const holder = await world.store.clientAuthCertificates.findByFingerprint(digest('sha256', certificate))
  if (!holder) throw await certificateRefusal(world, 'the certificate is none of this platform')
  const fault = (await faultOfCertificate(world, holder.certificate, authorized)) ?? faultOfHolder(holder, world.now())
  if (fault) throw await certificateRefusal(world, fault, holder)
  const { user, account, clientAuthCertificate } = holder
  return { user, account, clientAuthCertificate, certificateEndsAt: holder.certificate.notAfter }
}

async function faultOfCertificate(
  world: AuthenticationWorld,
  certificate: IssuedCertificate,
  authorized: boolean,
): Promise<string | undefined> {
  const at = world.now()
  if (certificate.status === 'revoked') return 'the certificate is revoked'
  if (certificate.status !== 'issued' || certificate.profile !== 'client-auth')
    return 'the certificate is none for clients'
  const authority = await knownAuthority(world, certificate.authorityId)
  if (authority?.purpose !== 'client-auth') return 'the issuer of the certificate is none for clients'
  if (at < certificate.notBefore) return 'the certificate is not valid yet'
  if (at > certificate.notAfter) return 'the certificate has expired'
  return authorized ? undefined : 'TLS found no path from the certificate to its authority'
}

function faultOfHolder(
  { clientAuthCertificate, user, account }: ClientAuthCertificateHolder,
  at: Date,
): string | undefined {
  if (!clientAuthCertificate.enabled) return 'the certificate is disabled'
  return faultOfUser(user, account, at)
}

/** Why a user may act no longer, or not yet; undefined for one who may. */
export function faultOfUser(user: User, account: Account, at: Date): string | undefined {
  if (user.status !== 'active') return 'the user is disabled'
  if (user.endsAt && at > user.endsAt) return 'the user has ended'
  return isServed(account, at) ? undefined : 'the account is not active'
}

async function certificateRefusal(
  world: AuthenticationWorld,
  fault: string,
  holder?: ClientAuthCertificateHolder,
): Promise<Refusal> {
  await auditFailure(world, fault, 'client_auth_certificate', holder?.clientAuthCertificate.id, holder)
  return new Refusal('unauthenticated', 'AUTHORIZATION_ERROR', 'No authentication data provided', {
    cause: new AuthenticationFault(fault, 'client_auth_certificate', holder?.clientAuthCertificate.id),
  })
}

/** The form of an API key: 26 hexadecimal digits, `_`, and 64 more. */
const API_KEY = /^[0-9a-f]{26}_[0-9a-f]{64}$/

/** The user behind an API key that comes from an address. */
export async function authenticateApiKey(
  world: AuthenticationWorld,
  key: string | undefined,
  address?: string,
): Promise<Principal> {
  if (key === undefined || key === '') throw await apiKeyRefusal(world, 'no API key was presented')
  if (!API_KEY.test(key)) throw await apiKeyRefusal(world, 'what was presented has not the form of an API key')
  const hash = apiKeyHash(key)
  const holder = await world.store.apiKeys.findByHash(hash)
  if (!holder) throw await apiKeyRefusal(world, 'the API key is none of this platform')
  const fault = faultOfApiKey(holder, hash, { at: world.now(), address })
  if (fault) throw await apiKeyRefusal(world, fault, holder)
  const { apiKey, user, account } = holder
  return { user, account, apiKey }
}

function faultOfApiKey(
  { apiKey, user, account }: ApiKeyHolder,
  hash: Uint8Array,
  { at, address }: { readonly at: Date; readonly address: string | undefined },
): string | undefined {
  const { previous } = apiKey
  if (!equalInConstantTime(apiKey.hash, hash)) {
    if (!previous || !equalInConstantTime(previous.hash, hash)) return 'the API key is none of this platform'
    if (at >= previous.endsAt) return 'the API key was rotated'
  }
  if (!apiKey.enabled) return 'the API key is disabled'
  if (apiKey.endsAt && at > apiKey.endsAt) return 'the API key has ended'
  if (apiKey.allowedNetworks.length > 0 && !isInNetworks(address, apiKey.allowedNetworks))
    return 'the API key does not count from this address'
  return faultOfUser(user, account, at)
}

async function apiKeyRefusal(world: AuthenticationWorld, fault: string, holder?: ApiKeyHolder): Promise<Refusal> {
  await auditFailure(world, fault, 'api_key', holder?.apiKey.id, holder)
  return new Refusal(
    'unauthenticated',
    'invalid_api_key',
    'The API key is missing or not valid: send it as x-api-key',
    {
      cause: new AuthenticationFault(fault, 'api_key', holder?.apiKey.id),
    },
  )
}

/** The user behind a client certificate and an API key that came along with it: one and the same, held to what the key may. */
export async function authenticateBoth(
  world: AuthenticationWorld,
  presented: PresentedCertificate,
  key: string,
  address?: string,
): Promise<Principal> {
  const { user, account: _, ...certificate } = await authenticateCertificate(world, presented)
  const principal = await authenticateApiKey(world, key, address)
  if (principal.user.id !== user.id) {
    const fault = 'the certificate and the API key are of different users'
    await auditFailure(world, fault, 'client_auth_certificate', certificate.clientAuthCertificate?.id, { user })
    throw new Refusal('unauthenticated', 'AUTHORIZATION_ERROR', 'No authentication data provided', {
      cause: new Error(fault),
    })
  }
  return { ...principal, ...certificate }
}

/** The form of a session's token. */
const SESSION_TOKEN = /^[0-9a-f]{64}$/

/** The person behind the token of a session. A session whose user has ended ends with it. */
export async function authenticateSession(world: AuthenticationWorld, token: string): Promise<Principal> {
  if (!SESSION_TOKEN.test(token)) throw await sessionRefusal(world, 'what was presented has not the form of a session')
  const holder = await world.store.sessions.findByHash(sessionHash(token))
  if (!holder) throw await sessionRefusal(world, 'the session is none of this platform, or was ended')
  const at = world.now()
  const { session, user, account } = holder
  const fault = at >= idleEnd(session) ? 'the session has ended' : faultOfUser(user, account, at)
  if (fault) {
    await world.store.sessions.remove(session.id)
    throw await sessionRefusal(world, fault, holder)
  }
  if (isToBeNoted(session, at)) await world.store.sessions.touch(session.id, at)
  return { user, account, session }
}

async function sessionRefusal(world: AuthenticationWorld, fault: string, holder?: SessionHolder): Promise<Refusal> {
  await auditFailure(world, fault, 'session', holder?.session.id, holder)
  return new Refusal('unauthenticated', 'invalid_session', 'You are not signed in, or no longer: sign in again.', {
    cause: new AuthenticationFault(fault, 'session', holder?.session.id),
  })
}

/** All that the principal may do: what its user may, as far as its API key has it. */
export function permissionsOf({ user, apiKey }: Principal): readonly Permission[] {
  const { scopes } = apiKey ?? {}
  return scopes ? user.permissions.filter((permission) => scopes.includes(permission)) : user.permissions
}

/** Throws a Refusal unless the principal has the permission. */
export function requirePermission(principal: Principal, permission: Permission): void {
  if (permissionsOf(principal).includes(permission)) return
  const who = principal.user.permissions.includes(permission) ? 'API key' : 'user'
  throw new Refusal('forbidden', 'access_denied', `The ${who} needs the permission ${permission}`)
}
