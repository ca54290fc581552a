/** How each kind of setting is read. Each throws an Error whose message completes a sentence that begins with the setting's name. */
import { isIP } from 'node:net'

export type Parse<T> = (text: string) => T

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** A DNS name; short enough for `clientauth.` before it. */
export const asDomain: Parse<string> = (text) => {
  const domain = text.toLowerCase()
  if (isIP(domain) !== 0 || domain.length > 240 || !domain.split('.').every((label) => LABEL.test(label)))
    throw new Error(`is ${quoted(text)}: it has to be a DNS name, as trust.example.com`)
  return domain
}

/** What a socket can listen on. */
export const asHost: Parse<string> = (text) => {
  const host = text.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isIP(host) === 0 && !host.split('.').every((label) => LABEL.test(label)))
    throw new Error(`is ${quoted(text)}: it has to be an address or a host name, as 0.0.0.0`)
  return host
}

export const asPort: Parse<number> = (text) => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (port < 0 || port > 65535) throw new Error(`is ${quoted(text)}: it has to be a number from 0 to 65535`)
  return port
}

export const asWorkers: Parse<number> = (text) => {
  const workers = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (workers < 1 || workers > 256) throw new Error(`is ${quoted(text)}: it has to be a number from 1 to 256`)
  return workers
}

export const asRate: Parse<number> = (text) => {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`is ${quoted(text)}: it has to be a number from 0 to 999999`)
  return Number(text)
}

export const asBoolean: Parse<boolean> = (text) => {
  if (/^(true|yes|on|1)$/i.test(text)) return true
  if (/^(false|no|off|0)$/i.test(text)) return false
  throw new Error(`is ${quoted(text)}: it has to be true or false`)
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** Bytes: `20MB`, `20 MiB`, `512k`, `20971520`; a kilobyte has 1024. */
export const asSize: Parse<number> = (text) => {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)\s*(?:([kmg])i?)?b?$/i.exec(text)
  const bytes = match ? Math.floor(Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] as number)) : 0
  if (bytes < 1 || bytes > 2 ** 31 - 1)
    throw new Error(`is ${quoted(text)}: it has to be a size below 2GB, as 20MB, 512kB or 20971520`)
  return bytes
}

export const asLogLevel: Parse<LogLevel> = (text) => {
  const level = LOG_LEVELS.find((candidate) => candidate === text.toLowerCase())
  if (!level) throw new Error(`is ${quoted(text)}: it has to be one of ${LOG_LEVELS.join(', ')}`)
  return level
}

/** A base URL, without a slash at its end. */
export const asHttpUrl: Parse<string> = (text) => baseUrl(text, ['https:', 'http:'], 'https://trust.example.com')

/** Plain HTTP: who fetches a CRL over HTTPS would need the CRL of that server's certificate first (RFC 5280 §8). */
export const asPkiUrl: Parse<string> = (text) => baseUrl(text, ['http:'], 'http://pki.example.com')

export const asPostgresUrl: Parse<string> = (text) =>
  secretUrl(text, ['postgres:', 'postgresql:'], 'postgres://user@host/database')

export const asSmtpUrl: Parse<string> = (text) => secretUrl(text, ['smtp:', 'smtps:'], 'smtps://user:password@host')

/** One address, without a name: RFC 5321 §4.1.2, of which mail servers take the form with dots alone. */
export const asMailAddress: Parse<string> = (text) => {
  const [, domain = ''] = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@([^@]+)$/.exec(text) ?? []
  if (
    domain.length > 253 ||
    !domain
      .toLowerCase()
      .split('.')
      .every((label) => LABEL.test(label))
  )
    throw new Error(`is ${quoted(text)}: it has to be a mail address, as countersign@example.com`)
  return text
}

/** 32 bytes in base64, with or without padding. */
export const asMasterKey: Parse<Uint8Array> = (text) => {
  const bytes = Buffer.from(text, 'base64')
  const canonical = (value: string) => value.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  // Buffer passes over what is not base64: only a text that comes back as it went in was.
  if (bytes.length !== 32 || canonical(bytes.toString('base64')) !== canonical(text))
    throw new Error('has to be 32 bytes in base64 (openssl rand -base64 32 makes some)')
  return new Uint8Array(bytes)
}

function baseUrl(text: string, protocols: readonly string[], example: string): string {
  const url = parsedUrl(text, protocols)
  if (url?.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '')
    throw new Error(`is ${quoted(text)}: it has to be a URL without query or user, as ${example}`)
  return url.href.replace(/\/+$/, '')
}

/** Its text stays out of the message: it may hold a password. */
function secretUrl(text: string, protocols: readonly string[], example: string): string {
  if (!parsedUrl(text, protocols)) throw new Error(`has to be a URL as ${example}`)
  return text
}

function parsedUrl(text: string, protocols: readonly string[]): URL | undefined {
  const url = URL.parse(text)
  return url && url.hostname !== '' && protocols.includes(url.protocol) ? url : undefined
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
