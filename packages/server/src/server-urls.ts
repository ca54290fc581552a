/** What the world calls the three doors, and what the TLS certificate is for. */
import { isIP } from 'node:net'
import type { Config } from './config.ts'
import type { TlsNames } from './domain/service-identity.ts'
import type { Ports } from './kept-ports.ts'

/** Base URLs, without a slash at their ends. */
export type ServerUrls = {
  readonly publicUrl: string
  readonly clientAuthUrl: string
  readonly pkiUrl: string
}

/** The host of mutual TLS. */
export function clientAuthHost({ domain }: Pick<Config, 'domain'>): string {
  return `clientauth.${domain}`
}

/** Those that were configured, and for the others what follows from domain and ports. */
export function serverUrls(config: Config, { port, pkiPort }: Ports): ServerUrls {
  const tls = port === 443 ? '' : `:${port}`
  return {
    publicUrl: config.publicUrl ?? `https://${config.domain}${tls}`,
    clientAuthUrl: config.clientAuthUrl ?? `https://${clientAuthHost(config)}${tls}`,
    pkiUrl: config.pkiUrl ?? `http://127.0.0.1${pkiPort === 80 ? '' : `:${pkiPort}`}`,
  }
}

/** Both hosts, those of configured URLs, and this machine's own names where nobody else can reach it. */
export function tlsNames(config: Config): TlsNames {
  const hosts = [config.publicUrl, config.clientAuthUrl].flatMap((url) => (url ? [new URL(url).hostname] : []))
  const isLocal = isLoopback(config.host) || /(^|\.)localhost$/.test(config.domain)
  const names = [
    config.domain,
    clientAuthHost(config),
    ...hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1')),
    ...(isIP(config.host) !== 0 && !isUnspecified(config.host) ? [config.host] : []),
    ...(isLocal ? ['localhost', '127.0.0.1', '::1'] : []),
  ]
  const unique = [...new Set(names)]
  return {
    dnsNames: unique.filter((name) => isIP(name) === 0),
    addresses: unique.filter((name) => isIP(name) !== 0).map(addressBytes),
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host)
}

/** As in a certificate's iPAddress: 4 or 16 bytes. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number))
  // URL writes an IPv6 address in one canonical form: hexadecimal groups, with at most one run of zeros left out.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const groups = (text: string | undefined): number[] =>
    text ? text.split(':').map((group) => Number.parseInt(group, 16)) : []
  const [first, last] = [groups(head), groups(tail)]
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
