/** Failing in front of people: sentences, not stack traces. */
import { ConfigError, Refusal, StartError } from '@countersign/server/settings'
import { paint } from './paint.ts'
import { harmless, plain } from './plain-text.ts'

/** What was given on the command line can't be used; the message says why. */
export class InputError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'InputError'
  }
}

const WHY: { readonly [code in string]?: string } = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder: name the files in it',
  EACCES: 'you have no right to',
}

/** A file that can't be read, by what the file system said. */
export function unreadable(file: string, cause: NodeJS.ErrnoException): InputError {
  const { code, message } = cause
  const why = code === undefined || code === 'unreadable_asset' ? message : (WHY[code] ?? code)
  return new InputError(`${plain(file)} can't be read: ${why}`, { cause })
}

/** A command could not do what it was asked for; the message says why. */
export class Failure extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Failure'
  }
}

/** Says on stderr what went wrong and what to do; the stack only for what nobody foresaw, and only when asked for. */
export function explain(error: unknown): void {
  const { red, dim } = paint(process.stderr)
  const lines: string[] = []
  if (error instanceof ConfigError) {
    lines.push(
      red(
        error.faults.length === 1
          ? 'The configuration is wrong:'
          : `The configuration has ${error.faults.length} faults:`,
      ),
    )
    for (const fault of error.faults) lines.push(`  ${fault}`)
  } else if (isForeseen(error)) lines.push(red(messageOf(error)))
  else {
    lines.push(red(`Something unforeseen went wrong: ${messageOf(error)}`))
    if (process.env.COUNTERSIGN_LOG_LEVEL === 'debug' && error instanceof Error) lines.push(dim(error.stack ?? ''))
    else lines.push(dim('COUNTERSIGN_LOG_LEVEL=debug shows where.'))
  }
  process.stderr.write(`${lines.join('\n')}\n`)
}

function isForeseen(error: unknown): boolean {
  return (
    error instanceof StartError ||
    error instanceof InputError ||
    error instanceof Failure ||
    error instanceof Refusal ||
    (error instanceof Error && error.name === 'KeyError')
  )
}

/** Line by line: what others wrote, such as the name in a certificate, is quoted in it. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n').map(harmless).join('\n')
}
