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
/** Nor has it more members, all in all: each takes its time, and what is thrown may have anything on it. */
const MOST_MEMBERS = 1000

/** The program's log: JSON lines, without secrets. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  // What is thrown has become fields by then.
  const serializers = { err: (fields: unknown) => fields }
  const options = { level, formatters: { log: (fields: object) => withoutSecrets(fields) }, serializers, base: null }
  return destination ? pino(options, destination) : pino(options)
}

type Room = { left: number }

// By pino's own paths, which know no depth, each line took twenty times as long.
function withoutSecrets(fields: object, depth = 0, room: Room = { left: MOST_MEMBERS }): Record<string, unknown> {
  const told: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (room.left-- <= 0) break
    told[name] = SECRETS.has(name) ? CENSORED : tellable(value, depth + 1, room)
  }
  return told
}

function tellable(value: unknown, depth: number, room: Room): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth > MOST_DEPTH) return '[deep]'
  if (Array.isArray(value)) {
    const told = value.slice(0, Math.max(room.left, 0))
    room.left -= told.length
    return told.map((one) => tellable(one, depth + 1, room))
  }
  if (value instanceof Error) return withoutSecrets(stdSerializers.err(value), depth, room)
  return 'toJSON' in value ? value : withoutSecrets(value, depth, room)
}
