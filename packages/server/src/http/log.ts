import { type DestinationStream, type Logger, pino } from 'pino'

/** Where secrets may turn up in what is logged; they are left out wherever an object with such a field is logged. */
const SECRETS = ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'pin', 'PIN', 'password', 'apiKey', 'privateKey']

/** The program's log: JSON lines, without secrets. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const paths = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`])
  const options = { level, redact: { paths, censor: '[redacted]' }, base: null }
  return destination ? pino(options, destination) : pino(options)
}
