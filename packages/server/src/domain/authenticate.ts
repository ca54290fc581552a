import { digest } from '@countersign/pki'
import { type Account, isServed } from './account.ts'
import { isInNetworks } from './allowed-network.ts'
import { type ApiKey, type ApiKeyHolder, apiKeyHash } from './api-key.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { ClientAuthCertificate, ClientAuthCertificateHolder } from './client-auth-certificate.ts'
import { knownAuthority } from './known-authorities.ts'
import type { Permission } from './permission.ts'
import { Refusal } from './refusal.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** Who makes a request, and by what it was known. */
export type Principal = {
  readonly user: User
  readonly account: Account
  readonly clientAuthCertificate?: ClientAuthCertificate
  /** When the certificate of mutual TLS ends. */
  readonly certificateEndsAt?: Date
  readonly apiKey?: ApiKey
}

type AuthenticationWorld = Pick<World, 'now'> & {
  readonly store: Pick<World['store'], 'clientAuthCertificates' | 'apiKeys' | 'authorities' | 'auditEvents'>
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

function faultOfUser(user: User, account: Account, at: Date): string | undefined {
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
  const { user, account, ...certificate } = await authenticateCertificate(world, presented)
  const principal = await authenticateApiKey(world, key, address)
  if (principal.user.id !== user.id) {
    const fault = 'the certificate and the API key are of different users'
    await auditFailure(world, fault, 'client_auth_certificate', certificate.clientAuthCertificate?.id, {
      user,
      account,
    })
    throw new Refusal('unauthenticated', 'AUTHORIZATION_ERROR', 'No authentication data provided', {
      cause: new Error(fault),
    })
  }
  return { ...principal, ...certificate }
}

/** All that the principal may do: what its user may, as far as its API key has it. */
export function permissionsOf({ user, apiKey }: Principal): readonly Permission[] {
  const { scopes } = apiKey ?? {}
  return scopes ? user.permissions.filter((permission) => scopes.includes(permission)) : user.permissions
}

/** Why a credential does not count, for the log, and which it is if it is one of the platform's. */
class AuthenticationFault extends Error {
  readonly kind: 'api_key' | 'client_auth_certificate'
  readonly credentialId: string | undefined
  constructor(fault: string, kind: AuthenticationFault['kind'], credentialId: string | undefined) {
    super(fault)
    this.kind = kind
    this.credentialId = credentialId
  }
}

/** Which credential of the platform a failed authentication was about; undefined for what is none. */
export function credentialOfFailure(
  error: unknown,
): { readonly kind: 'api_key' | 'client_auth_certificate'; readonly id: string } | undefined {
  const cause = error instanceof Refusal ? error.cause : undefined
  if (!(cause instanceof AuthenticationFault) || cause.credentialId === undefined) return undefined
  return { kind: cause.kind, id: cause.credentialId }
}

/** Throws a Refusal unless the principal has the permission. */
export function requirePermission(principal: Principal, permission: Permission): void {
  if (permissionsOf(principal).includes(permission)) return
  const who = principal.user.permissions.includes(permission) ? 'API key' : 'user'
  throw new Refusal('forbidden', 'access_denied', `The ${who} needs the permission ${permission}`)
}

/**
 * Failures may fill a disk: of those of strangers together, and of each certificate and key that no longer counts and is
 * used on and on, at most this many a second are written, the rest counted.
 */
const FAILURES_A_SECOND = 10
const MOST_GATES = 1_000

type Gate = { second: number; written: number; passedOver: number }
const gates = new WeakMap<object, Map<string, Gate>>()

/** How many failures were passed over before this one; undefined if this one is passed over itself. */
function passGate(store: object, who: string, at: Date): number | undefined {
  const known = gates.get(store) ?? new Map<string, Gate>()
  gates.set(store, known)
  const second = Math.floor(at.getTime() / 1000)
  const gate = known.get(who) ?? { second, written: 0, passedOver: 0 }
  known.set(who, gate)
  if (known.size > MOST_GATES) known.delete(known.keys().next().value as string)
  if (gate.second !== second) Object.assign(gate, { second, written: 0 })
  if (gate.written >= FAILURES_A_SECOND) {
    gate.passedOver++
    return undefined
  }
  gate.written++
  const { passedOver } = gate
  gate.passedOver = 0
  return passedOver
}

async function auditFailure(
  { store, now }: AuthenticationWorld,
  fault: string,
  resourceType: string,
  resourceId: string | undefined,
  holder: { readonly user: User; readonly account: Account } | undefined,
): Promise<void> {
  const at = now()
  const passedOver = passGate(store, resourceId ?? 'strangers', at)
  if (passedOver === undefined) return
  await store.auditEvents.append({
    id: uuidV7(at),
    at,
    accountId: holder?.account.id,
    actorId: holder?.user.id,
    actorKind: holder ? 'user' : 'anonymous',
    action: 'authentication.fail',
    resourceType,
    resourceId,
    status: 'failed',
    details: { reason: fault, ...(passedOver > 0 ? { passedOverBefore: passedOver } : {}) },
  })
}

/** Takes as long whichever byte differs. */
function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < b.length; index++) difference |= (a[index] ?? 0) ^ (b[index] as number)
  return difference === 0
}
