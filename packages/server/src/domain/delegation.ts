/** Nobody gives what they don't have: not to others, and not to themselves by way of another key. */
import { isWithinNetworks } from './allowed-network.ts'
import type { ApiKey } from './api-key.ts'
import { type Principal, permissionsOf } from './authenticate.ts'
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

/** Throws a Refusal unless the key gives no more than the principal has, and counts from nowhere else. */
export function requireToGive(
  principal: Principal,
  user: User,
  apiKey: Pick<ApiKey, 'scopes' | 'allowedNetworks'>,
): void {
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
