/** Nobody gives what they don't have: not to others, and not to themselves by way of another key. */
import { isWithinNetworks } from './allowed-network.ts'
import type { ApiKey } from './api-key.ts'
import { type Principal, permissionsOf } from './authenticate.ts'
import { isManagerOf } from './manager.ts'
import type { Permission } from './permission.ts'
import { Refusal } from './refusal.ts'
import type { User } from './user.ts'

/** Throws a Refusal unless the principal may itself do all of it. */
export function requireToHold(principal: Principal, permissions: readonly Permission[]): void {
  const held = permissionsOf(principal)
  const missing = permissions.find((permission) => !held.includes(permission))
  if (missing === undefined) return
  throw new Refusal(
    'forbidden',
    'access_denied',
    `It takes the permission ${missing}, which you don't have: nobody gives or takes more than their own.`,
  )
}

/** When a key that the principal makes ends at the latest: that by which it is made does not outlive itself in another. */
export function lastEnd({ apiKey, certificateEndsAt }: Principal): Date | undefined {
  return earliest(apiKey?.endsAt, certificateEndsAt)
}

/**
 * The same for certificates. One may be followed by another that lasts longer, since that is how they are renewed; but
 * what began with an API key ends with it.
 */
export function lastCertificateEnd({ apiKey, clientAuthCertificate }: Principal): Date | undefined {
  return earliest(apiKey?.endsAt, clientAuthCertificate?.makerEndsAt)
}

/** Throws a Refusal where what the principal brings about would count for longer than that by which it asks. */
export function requireToEnd(last: Date | undefined, endsAt: Date | undefined, field?: string): void {
  if (!last || (endsAt && endsAt <= last)) return
  const until = `${last.toISOString().slice(0, 19)}Z`
  throw field === undefined
    ? new Refusal(
        'forbidden',
        'access_denied',
        `It would count for longer than your own API key or certificate, which ends on ${until}.`,
      )
    : new Refusal(
        'invalid',
        'invalid_request',
        `${field}: at most ${until}, the end of your own API key or certificate.`,
      )
}

/** Whether the principal may all that its user may, and comes to, from everywhere. */
export function isWhole({ apiKey }: Principal): boolean {
  return !apiKey || (apiKey.scopes === undefined && apiKey.allowedNetworks.length === 0)
}

function earliest(...moments: readonly (Date | undefined)[]): Date | undefined {
  return moments.reduce((first, moment) => (!first || (moment && moment < first) ? moment : first), undefined)
}

/** Throws a Refusal unless the key gives no more than the principal has, or manages, and counts from nowhere else. */
export function requireToGive(
  principal: Principal,
  user: User,
  apiKey: Pick<ApiKey, 'scopes' | 'allowedNetworks'>,
): void {
  if (!isManagerOf(principal, user))
    requireToHold(
      principal,
      user.permissions.filter((permission) => apiKey.scopes?.includes(permission) ?? true),
    )
  const own = principal.apiKey?.allowedNetworks ?? []
  if (own.length === 0) return
  const { allowedNetworks } = apiKey
  if (allowedNetworks.length > 0 && allowedNetworks.every((network) => isWithinNetworks(network, own))) return
  throw new Refusal(
    'forbidden',
    'access_denied',
    `Your API key counts from ${own.join(', ')} only: allowed_networks has to lie within.`,
  )
}
