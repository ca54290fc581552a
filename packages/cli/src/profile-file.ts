/** The profile file, and the quickstart folder that stands in for one. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '@countersign/server/settings'
import { FIELDS, type Field, type Layer, type ProfileSources } from './profile-layer.ts'

/** Secrets stand in files of their own. */
const SECRETS: readonly string[] = ['api_key', 'p12_password', 'credential_pin'] satisfies Field[]
const FILE_FIELDS: readonly Field[] = FIELDS.filter((field) => !SECRETS.includes(field))

/** What --profile or COUNTERSIGN_PROFILE names, else what is where profiles are; undefined where there is none. */
export async function readProfileFile({ env, flags, cwd }: ProfileSources): Promise<Layer | undefined> {
  const named = flags.profile ?? (env.COUNTERSIGN_PROFILE?.trim() || undefined)
  const path = named === undefined ? usualPath(env) : resolve(cwd, named)
  const text = await readText(path)
  if (text === undefined) {
    if (named === undefined) return undefined
    throw new ConfigError([`there is no profile file ${path}`])
  }
  return { values: profileValues(text, path), folder: dirname(path), nameOf: (field) => `${field} in ${path}` }
}

/** Where profiles are. */
export function usualPath({ XDG_CONFIG_HOME, HOME }: ProfileSources['env']): string {
  return join(XDG_CONFIG_HOME || join(HOME || homedir(), '.config'), 'countersign', 'profile.json')
}

function profileValues(text: string, path: string): Layer['values'] {
  const content = jsonObject(text)
  if (!content)
    throw new ConfigError([`${path} is no profile: it takes a JSON object, such as { "base_url": "https://…" }`])
  const faults = Object.entries(content).flatMap(([name, value]) => {
    if (SECRETS.includes(name))
      return [`${name} in ${path} is a secret: put it into a file of its own, and name that by ${name}_file`]
    if (!FILE_FIELDS.some((field) => field === name))
      return [`"${name.slice(0, 60)}" in ${path} is nothing that a profile has: ${FILE_FIELDS.join(', ')}`]
    return typeof value === 'string' && value !== '' ? [] : [`${name} in ${path} is to be a text`]
  })
  if (faults.length > 0) throw new ConfigError(faults)
  return content as Layer['values']
}

/** The quickstart that a platform on this machine handed over; undefined where there is none. */
export async function readQuickstart({ env, cwd }: ProfileSources): Promise<Layer | undefined> {
  const { COUNTERSIGN_QUICKSTART: quickstart, COUNTERSIGN_DATA: data } = env
  const folder = resolve(cwd, quickstart?.trim() || join(data?.trim() || 'data', 'quickstart'))
  const isNamed = Boolean(quickstart?.trim() || data?.trim())
  const path = join(folder, 'account.json')
  const account = jsonObject((await readText(path)) ?? '')
  if (!account) {
    if (quickstart?.trim()) throw new ConfigError([`there is no ${path}: is the platform running?`])
    return undefined
  }
  const { base_url, clientauth_url, credential_id, credential_pin } = account
  if (typeof base_url !== 'string' || typeof clientauth_url !== 'string')
    throw new ConfigError([`${path} is to have base_url and clientauth_url`])
  // That of a platform of before has none.
  const credential =
    typeof credential_id === 'string' && typeof credential_pin === 'string' ? { credential_id, credential_pin } : {}
  const ca = join(dirname(folder), 'ca.pem')
  return {
    values: { base_url, clientauth_url, ca, cert: 'cert.pem', key: 'key.pem', ...credential },
    folder,
    nameOf: (field) => `${field} in ${path}`,
    quickstart: folder,
    isFound: !isNamed,
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigError([`${path} can't be read (${code ?? message})`])
  }
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
