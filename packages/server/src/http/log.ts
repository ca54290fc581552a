import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'

/** Fields and headers that hold secrets, as they are spelled in requests and answers, in files and here. */
const SECRETS: ReadonlySet<string> = new Set([
  ...['authorization', 'cookie', 'set-cookie', 'x-api-key', 'x-csrf-token', 'x-passcode'],
  ...['api_key', 'apiKey', 'admin_api_key', 'service_api_key', 'csrf_token', 'csrfToken', 'token', 'secret'],
  ...['password', 'admin_password', 'new_password', 'newPassword', 'current_password', 'currentPassword'],
  ...['pin', 'PIN', 'new_pin', 'newPin', 'credential_pin', 'passcode', 'OTP', 'SAD'],
  ...['totp', 'uri', 'recovery_code', 'recoveryCode', 'recovery_codes', 'recoveryCodes'],
  ...['pkcs12', 'pkcs12_password', 'pkcs12Password', 'client_p12_password'],
  ...['private_key', 'privateKey', 'masterKey'],
])

const CENSORED = '[redacted]'

/** Nothing that is logged on purpose is deeper. */
const MOST_DEPTH = 6

/** The program's log: JSON lines, without secrets. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  // What is thrown has become fields by then.
  const serializers = { err: (fields: unknown) => fields }
  const options = { level, formatters: { log: (fields: object) => withoutSecrets(fields) }, serializers, base: null }
  return destination ? pino(options, destination) : pino(options)
}

// By pino's own paths, which know no depth, each line took twenty times as long.
function withoutSecrets(fields: object, depth = 0): Record<string, unknown> {
  const told: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields))
    told[name] = SECRETS.has(name) ? CENSORED : tellable(value, depth + 1)
  return told
}

function tellable(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > MOST_DEPTH) return '[deep]'
  if (Array.isArray(value)) return value.map((one) => tellable(one, depth + 1))
  if (value instanceof Error) return withoutSecrets(stdSerializers.err(value), depth)
  return 'toJSON' in value ? value : withoutSecrets(value, depth)
}
