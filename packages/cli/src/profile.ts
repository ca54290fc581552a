/** Which platform the command line talks to, and as whom: by flags, the environment, a profile file or the quickstart. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigError } from '@countersign/server/settings'
import { readProfileFile, readQuickstart } from './profile-file.ts'
import {
  type CertificateFiles,
  FIELDS,
  type Field,
  type Layer,
  type ProfileSources,
  variableOf,
} from './profile-layer.ts'

/** What the command line needs to know before it asks a platform for anything. */
export type Profile = {
  readonly baseUrl: string
  readonly clientauthUrl: string
  /** PEM file of the authorities that the platform's own certificate is to chain to; those of Node without it. */
  readonly ca: string | undefined
  readonly certificate: CertificateFiles | undefined
  readonly apiKey: string | undefined
  /** The quickstart folder, where nothing else names the platform. */
  readonly quickstart: string | undefined
}

/**
 * Reads it. Flags count before the environment, that before the file, and that before the quickstart; what stands below
 * the place that names the host does not count, so that no credential goes to a host that it was not meant for.
 */
export async function readProfile(sources: ProfileSources): Promise<Profile> {
  const counting = countingOf(await layersOf(sources))
  const faults: string[] = []
  const host = counting.at(-1) as Layer
  const baseUrl = urlOf(host, 'base_url', faults)
  const own = counting.find(({ values }) => values.clientauth_url !== undefined)
  const clientauthUrl = own ? urlOf(own, 'clientauth_url', faults) : clientauthOf(baseUrl)
  const credentials = counting.find(({ values }) => CREDENTIAL_FIELDS.some((field) => values[field] !== undefined))
  const certificate = credentials && (await certificateOf(credentials, faults))
  const apiKey = credentials && (await secretOf(credentials, 'api_key', faults))
  if (apiKey !== undefined && host.isFound)
    faults.push(
      `${nameIn(credentials, 'api_key_file')}: nobody said which platform the key is for. Name its URL by ${nameIn(credentials, 'base_url')}, or the quickstart folder by COUNTERSIGN_QUICKSTART`,
    )
  if (faults.length > 0) throw new ConfigError(faults)
  const ca = counting.find(({ values }) => values.ca !== undefined)
  return {
    baseUrl,
    clientauthUrl,
    ca: ca && pathIn(ca, 'ca'),
    certificate,
    apiKey,
    quickstart: host.quickstart,
  }
}

/** Which credential signs, and what opens it. */
export type ProfileCredential = {
  readonly id: string
  readonly pin: string | undefined
  /** Where the PIN was found, for people. */
  readonly pinFrom: string | undefined
}

/**
 * Reads that, by the rules of the platform; undefined where nothing names a credential. A PIN that stands
 * below the credential's name counts unless that place, or one between, names another credential.
 */
export async function readCredential(sources: ProfileSources): Promise<ProfileCredential | undefined> {
  const faults: string[] = []
  const counting = countingOf(await layersOf(sources))
  const named = counting.findIndex(({ values }) => values.credential_id !== undefined)
  const id = counting[named]?.values.credential_id
  const other = counting.findIndex(({ values }, at) => at > named && (values.credential_id ?? id) !== id)
  const known = counting
    .slice(0, other === -1 ? undefined : other)
    .find(({ values }) => (values.credential_pin ?? values.credential_pin_file) !== undefined)
  const pin = known && (await secretOf(known, 'credential_pin', faults))
  const pinFrom = known?.nameOf(known.values.credential_pin === undefined ? 'credential_pin_file' : 'credential_pin')
  if (id === undefined && known)
    faults.push(`${pinFrom}: name the credential, too, by ${known.nameOf('credential_id')}`)
  if (known && !known.isFound && counting.at(-1)?.isFound)
    faults.push(
      `${pinFrom}: nobody said which platform the PIN is for. Name its URL by ${known.nameOf('base_url')}, or the quickstart folder by COUNTERSIGN_QUICKSTART`,
    )
  if (faults.length > 0) throw new ConfigError(faults)
  return id === undefined ? undefined : { id, pin, pinFrom }
}

const NO_PLATFORM =
  'no platform is named: give --base-url with --cert and --key (or --p12, or --api-key-file), or a profile file, or start in the folder whose data/quickstart is to be used'

const CREDENTIAL_FIELDS: readonly Field[] = ['cert', 'key', 'p12', 'api_key', 'api_key_file']

/** The layers down to that which names the host. */
function countingOf(layers: readonly Layer[]): readonly Layer[] {
  const named = layers.findIndex(({ values }) => values.base_url !== undefined)
  if (named === -1) throw new ConfigError([NO_PLATFORM])
  return layers.slice(0, named + 1)
}

/** From what counts most to what counts least. */
async function layersOf(sources: ProfileSources): Promise<Layer[]> {
  const { env, flags, cwd } = sources
  const fromFlags: Layer = {
    values: valuesBy((field) => flags[flagOf(field).slice(2)]),
    folder: cwd,
    nameOf: flagOf,
  }
  const fromEnvironment: Layer = {
    values: valuesBy((field) => env[variableOf(field)]),
    folder: cwd,
    nameOf: variableOf,
  }
  const file = await readProfileFile(sources)
  const quickstart = await readQuickstart(sources)
  // Who names a file by hand means that file, whatever the environment says.
  const below = flags.profile === undefined ? [fromEnvironment] : []
  return [fromFlags, ...below, ...(file ? [file] : []), ...(quickstart ? [quickstart] : [])]
}

function valuesBy(find: (field: Field) => string | undefined): Layer['values'] {
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const text = find(field)?.trim()
      return text ? [[field, text]] : []
    }),
  )
}

const flagOf = (field: Field): string => `--${field.replaceAll('_', '-')}`

function nameIn(layer: Layer | undefined, field: Field): string {
  return layer ? layer.nameOf(field) : flagOf(field)
}

function pathIn({ values, folder }: Layer, field: Field): string {
  return resolve(folder, values[field] ?? '')
}

function urlOf(layer: Layer, field: Field, faults: string[]): string {
  const text = layer.values[field] ?? ''
  const url = URL.parse(text)
  const isBare = url?.protocol === 'https:' && /^\/*$/.test(url.pathname) && url.search + url.hash + url.username === ''
  if (!isBare)
    faults.push(
      `${layer.nameOf(field)} is "${text.replace(/\/\/.*@/, '//…@').slice(0, 100)}": it takes a URL as https://countersign.example`,
    )
  return url?.origin ?? text
}

function clientauthOf(baseUrl: string): string {
  const url = URL.parse(baseUrl)
  return url ? `https://clientauth.${url.host}` : baseUrl
}

async function certificateOf(layer: Layer, faults: string[]): Promise<CertificateFiles | undefined> {
  const { values, nameOf } = layer
  if (values.p12 !== undefined && (values.cert ?? values.key) !== undefined) {
    faults.push(`${nameOf('p12')} and ${nameOf('cert')} are two certificates: name one`)
    return undefined
  }
  if (values.p12 !== undefined) {
    const password = await secretOf(layer, 'p12_password', faults)
    if (password === undefined) {
      faults.push(`${nameOf('p12')} has a password: name a file that holds it by ${nameOf('p12_password_file')}`)
      return undefined
    }
    return { kind: 'pkcs12', file: pathIn(layer, 'p12'), password }
  }
  if (values.cert !== undefined)
    return { kind: 'pem', cert: pathIn(layer, 'cert'), key: pathIn(layer, values.key === undefined ? 'cert' : 'key') }
  if (values.key !== undefined)
    faults.push(`${nameOf('key')} is the key of a certificate: name that by ${nameOf('cert')}`)
  return undefined
}

async function secretOf(
  layer: Layer,
  field: 'api_key' | 'p12_password' | 'credential_pin',
  faults: string[],
): Promise<string | undefined> {
  const inFile = `${field}_file` as const
  const given = layer.values[field]
  if (layer.values[inFile] === undefined) return given
  if (given !== undefined) faults.push(`${layer.nameOf(field)} and ${layer.nameOf(inFile)} are two: give one`)
  const path = pathIn(layer, inFile)
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    faults.push(`${layer.nameOf(inFile)}: ${path} can't be read (${cause.code ?? cause.message})`)
    return 'none'
  })
  // An editor ends the file with a line break; a password may end with anything else.
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '' || /[\r\n]/.test(secret)) faults.push(`${layer.nameOf(inFile)}: ${path} is to hold one line`)
  return secret
}
