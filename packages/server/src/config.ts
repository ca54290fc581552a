/** The configuration, read once: environment variables, and the flags of `countersign serve`, which win over them. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  asBoolean,
  asDomain,
  asHost,
  asHttpUrl,
  asLogLevel,
  asMailAddress,
  asMasterKey,
  asPkiUrl,
  asPort,
  asPostgresUrl,
  asRate,
  asSize,
  asSmtpUrl,
  asWorkers,
  type LogLevel,
  type Parse,
} from './config-value.ts'
import { nearestName } from './nearest-name.ts'

/** What the operator chose. Ports may be 0, and URLs absent, until the doors are bound. */
export type Config = {
  /** Absolute path. */
  readonly dataFolder: string
  /** `postgres://…`; SQLite in the data folder when undefined. */
  readonly databaseUrl: string | undefined
  readonly domain: string
  readonly host: string
  readonly port: number
  readonly pkiPort: number
  readonly publicUrl: string | undefined
  readonly clientAuthUrl: string | undefined
  readonly pkiUrl: string | undefined
  /** 32 bytes; undefined when it stands in the data folder. */
  readonly masterKey: Uint8Array | undefined
  readonly maxUploadBytes: number
  /** Of one client address; 0 for as many as it likes. */
  readonly verificationsAMinute: number
  /** Of one API key, certificate or address, on routes that are not open; 0 for as many as it likes. */
  readonly requestsAMinute: number
  /** Of one address, with a credential that does not count or none; 0 for as many as it likes. */
  readonly failuresAMinute: number
  /** Whether verifying may fetch from the internet what files name. */
  readonly isVerifiedOnline: boolean
  readonly isC2paStrict: boolean
  readonly workers: number
  /** An outside time-stamp authority; the platform's own when undefined. */
  readonly timeStampUrl: string | undefined
  readonly smtpUrl: string | undefined
  /** The address that mail comes from. */
  readonly mailFrom: string
  readonly logLevel: LogLevel
}

/** One variable of the running contract. */
export type Setting = {
  /** Without `COUNTERSIGN_`. */
  readonly name: string
  /** May also be read from the file that `…_FILE` names. */
  readonly isSecret: boolean
  /** What stands for the value in the help. */
  readonly placeholder: string
  readonly description: string
}

const setting = (name: string, placeholder: string, description: string, isSecret = false): Setting => ({
  name,
  isSecret,
  placeholder,
  description,
})

/** Every variable of the running contract, in the order of its table. */
export const SETTINGS = [
  setting('DATA', 'folder', 'the folder of everything kept (default ./data)'),
  setting('DATABASE_URL', 'url', 'postgres://… for many nodes (default: SQLite in the data folder)', true),
  setting('DOMAIN', 'name', 'the host of API and console (default countersign.localhost)'),
  setting('HOST', 'address', 'the address to listen on (default 127.0.0.1)'),
  setting('PORT', 'number', 'the TLS port; 0 takes a free one and keeps it (default 8443)'),
  setting('PKI_PORT', 'number', 'the plain port of CRL, OCSP and time stamps (default 8080)'),
  setting('PUBLIC_URL', 'url', 'what the world calls the API (default: from domain and port)'),
  setting('CLIENTAUTH_URL', 'url', 'what the world calls the mutual-TLS host (default: from domain and port)'),
  setting('PKI_URL', 'url', 'what certificates call the PKI port (default http://127.0.0.1:<pki port>)'),
  setting(
    'MASTER_KEY',
    'base64',
    '32 bytes that wrap every private key (default: master.key in the data folder)',
    true,
  ),
  setting('MAX_UPLOAD', 'size', 'the largest file to sign or verify (default 20MB)'),
  setting('VERIFY_RATE', 'number', 'files a minute that one address may have verified; 0 for any number (default 60)'),
  setting(
    'REQUEST_RATE',
    'number',
    'requests a minute of one API key, certificate or address; 0 for any number (default 300000)',
  ),
  setting('FAILURE_RATE', 'number', 'failed authentications a minute of one address; 0 for any number (default 600)'),
  setting(
    'VERIFY_ONLINE',
    'true|false',
    'fetch remote manifests, OCSP answers and cloud data to verify (default false)',
  ),
  setting('C2PA_STRICT', 'true|false', 'leave out what the C2PA conformance program forbids (default false)'),
  setting('WORKERS', 'number', 'processes on this machine (default 1)'),
  setting('TSA_URL', 'url', 'an outside RFC 3161 authority (default: the platform itself)'),
  setting('SMTP_URL', 'url', 'where mail is sent (default: written to outbox/ in the data folder)', true),
  setting('MAIL_FROM', 'address', 'the address that mail comes from (default countersign@ and the domain)'),
  setting('LOG_LEVEL', 'level', 'trace, debug, info, warn, error, fatal or silent (default info)'),
] as const satisfies readonly Setting[]

/** The flag of a setting: `PKI_PORT` is `--pki-port`. */
export function flagOf(name: string): string {
  return `--${name.toLowerCase().replaceAll('_', '-')}`
}

/** The configuration is wrong; `faults` names everything that is, and what would be right. */
export class ConfigError extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** Where settings come from. Flags are keyed as `pki-port`, without the dashes; an empty value counts as none. */
export type ConfigSources = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly flags?: Readonly<Record<string, string | undefined>>
}

/**
 * A sentence for each variable that begins as ours do and is none: most likely misspelt. They are worth a warning and
 * not a refusal, since others set such names too: Kubernetes does for a service called `countersign`.
 */
export function unknownVariables(env: ConfigSources['env']): string[] {
  const known = SETTINGS.flatMap(({ name, isSecret }) => [
    `COUNTERSIGN_${name}`,
    ...(isSecret ? [`COUNTERSIGN_${name}_FILE`] : []),
  ])
  return Object.entries(env)
    .filter(([name, text]) => name.startsWith('COUNTERSIGN_') && text?.trim() && !known.includes(name))
    .map(([name]) => {
      const meant = nearestName(name, known)
      return `${name.slice(0, 60)} is no setting${meant ? `: is ${meant} meant?` : ' (countersign serve --help lists all)'}`
    })
}

/** Reads every setting, or throws one ConfigError with every fault. */
export function readConfig({ env, flags = {} }: ConfigSources): Config {
  const faults: string[] = []

  function read<T>(name: string, parse: Parse<T>): T | undefined {
    const found = textOf(name, env, flags, faults)
    if (found === undefined) return undefined
    try {
      return parse(found.text)
    } catch (error) {
      faults.push(`${found.source} ${(error as Error).message}`)
      return undefined
    }
  }

  const domain = read('DOMAIN', asDomain) ?? 'countersign.localhost'
  const config: Config = {
    dataFolder: resolve(read('DATA', (text) => text) ?? './data'),
    databaseUrl: read('DATABASE_URL', asPostgresUrl),
    domain,
    host: read('HOST', asHost) ?? '127.0.0.1',
    port: read('PORT', asPort) ?? 8443,
    pkiPort: read('PKI_PORT', asPort) ?? 8080,
    publicUrl: read('PUBLIC_URL', asHttpUrl),
    clientAuthUrl: read('CLIENTAUTH_URL', asHttpUrl),
    pkiUrl: read('PKI_URL', asPkiUrl),
    masterKey: read('MASTER_KEY', asMasterKey),
    maxUploadBytes: read('MAX_UPLOAD', asSize) ?? 20 * 1024 * 1024,
    verificationsAMinute: read('VERIFY_RATE', asRate) ?? 60,
    requestsAMinute: read('REQUEST_RATE', asRate) ?? 300_000,
    failuresAMinute: read('FAILURE_RATE', asRate) ?? 600,
    isVerifiedOnline: read('VERIFY_ONLINE', asBoolean) ?? false,
    isC2paStrict: read('C2PA_STRICT', asBoolean) ?? false,
    workers: read('WORKERS', asWorkers) ?? 1,
    timeStampUrl: read('TSA_URL', asHttpUrl),
    smtpUrl: read('SMTP_URL', asSmtpUrl),
    mailFrom: read('MAIL_FROM', asMailAddress) ?? `countersign@${domain}`,
    logLevel: read('LOG_LEVEL', asLogLevel) ?? 'info',
  }
  if (config.port !== 0 && config.port === config.pkiPort)
    faults.push(`COUNTERSIGN_PORT and COUNTERSIGN_PKI_PORT are both ${config.port}: they need a port each`)
  if (faults.length > 0) throw new ConfigError(faults)
  return config
}

/** The text of a setting and the name of what gave it; a file's last line break is not part of a secret. */
function textOf(
  name: string,
  env: ConfigSources['env'],
  flags: NonNullable<ConfigSources['flags']>,
  faults: string[],
): { text: string; source: string } | undefined {
  const isSecret = SETTINGS.some((candidate) => candidate.name === name && candidate.isSecret)
  const variable = `COUNTERSIGN_${name}`
  const flag = flagOf(name)
  const given = [
    { text: flags[flag.slice(2)], source: flag, isFile: false },
    ...(isSecret ? [{ text: flags[`${flag.slice(2)}-file`], source: `${flag}-file`, isFile: true }] : []),
    { text: env[variable], source: variable, isFile: false },
    ...(isSecret ? [{ text: env[`${variable}_FILE`], source: `${variable}_FILE`, isFile: true }] : []),
  ].filter((candidate) => candidate.text !== undefined && candidate.text.trim() !== '')
  const first = given[0]
  if (!first) return undefined
  const rivals = given.filter((candidate) => candidate.source.startsWith('--') === first.source.startsWith('--'))
  if (rivals.length > 1) {
    faults.push(`${rivals.map(({ source }) => source).join(' and ')} are both set: leave one`)
    return undefined
  }
  if (isSecret && first.source === flag) {
    faults.push(`${flag} would show a secret to whoever lists processes: use ${flag}-file or ${variable}`)
    return undefined
  }
  if (!first.isFile) return { text: (first.text as string).trim(), source: first.source }
  try {
    return { text: readFileSync(first.text as string, 'utf8').trim(), source: first.source }
  } catch (error) {
    faults.push(`${first.source} names ${first.text}, which can't be read (${(error as NodeJS.ErrnoException).code})`)
    return undefined
  }
}
