/** Which addresses are on the public internet. */
import ipaddr from 'ipaddr.js'

/** Global unicast, all that is assigned of it. RFC 4291 §2.4. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address, as text without brackets, is a public one: not this machine, not its network, no other's private network, and none
 * that stands for an IPv4 address in another notation (mapped, 6to4, Teredo, NAT64), since that one may be anything.
 */
export function isPublicAddress(address: string): boolean {
  // The library reads octal and short forms of IPv4, which no resolver gives.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address).range() === 'unicast'
  if (!ipaddr.IPv6.isValid(address)) return false
  const six = ipaddr.IPv6.parse(address)
  return six.range() === 'unicast' && six.match(GLOBAL_UNICAST)
}
