/** Networks in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3), by which a key is held to where it belongs. */
import ipaddr from 'ipaddr.js'
import { Refusal } from './refusal.ts'

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/** The network as it is kept: its own first address, in lower case and short form. A single address is a network of one. */
export function networkText(text: string): string {
  const network = parse(text)
  if (!network) {
    throw new Refusal(
      'invalid',
      'invalid_request',
      `allowed_networks: ${JSON.stringify(text.slice(0, 60))} is no network: write it as 192.0.2.0/24 or 2001:db8::/32.`,
    )
  }
  const [address, length] = network
  return `${firstAddress(address, length)}/${length}`
}

/** Whether an address, as the socket gives it, is in one of the networks. */
export function isInNetworks(address: string | undefined, networks: readonly string[]): boolean {
  const client = parse((address ?? '').replace(/%.*$/, ''))
  return client !== undefined && networks.some((network) => contains(parse(network), client))
}

/** Whether a network lies within one of others. */
export function isWithinNetworks(network: string, others: readonly string[]): boolean {
  const inner = parse(network)
  return inner !== undefined && others.some((other) => contains(parse(other), inner))
}

function parse(text: string): Network | undefined {
  const [address = '', length, ...more] = text.split('/')
  if (more.length > 0 || (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length))) return undefined
  // The library reads octal and short forms of IPv4, too.
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return withLength(ipaddr.IPv4.parse(address), length, 32)
  if (address.includes('%') || !ipaddr.IPv6.isValid(address)) return undefined
  const six = ipaddr.IPv6.parse(address)
  if (!six.isIPv4MappedAddress()) return withLength(six, length, 128)
  // A socket that takes both kinds writes IPv4 so: one network has one form here.
  const mapped = withLength(six, length, 128)
  return mapped && mapped[1] >= 96 ? [six.toIPv4Address(), mapped[1] - 96] : undefined
}

function withLength(address: Network[0], length: string | undefined, most: number): Network | undefined {
  const bits = length === undefined ? most : Number(length)
  return bits <= most ? [address, bits] : undefined
}

function contains(outer: Network | undefined, [address, length]: Network): boolean {
  if (!outer || outer[0].kind() !== address.kind() || length < outer[1]) return false
  return address.match(outer[0] as never, outer[1])
}

function firstAddress(address: Network[0], length: number): string {
  const bytes = address.toByteArray().map((byte, index) => {
    const bits = Math.min(8, Math.max(0, length - index * 8))
    return byte & (0xff << (8 - bits)) & 0xff
  })
  return ipaddr.fromByteArray(bytes).toString()
}
