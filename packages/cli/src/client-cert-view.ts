/** How client authentication certificates are shown to people. */
import { paint } from './paint.ts'
import { plain, plainJson } from './plain-text.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What is known of one, of the platform or of a file. */
export type CertificateLine = {
  readonly name: string
  readonly notAfter: Date
  readonly enabled: boolean
  /** What tells it from others: its id, or nothing. */
  readonly id?: string
  readonly isInUse?: boolean
}

/** The day of a moment, UTC. */
export function day(at: Date): string {
  return at.toISOString().slice(0, 10)
}

/** The minute of a moment, UTC. */
export function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Whole days until a moment, negative after it. */
export function daysUntil(at: Date, now: Date): number {
  return Math.floor((at.getTime() - now.getTime()) / DAY)
}

/** `in 17 days`, `in 5 hours`, `3 days ago`. */
export function distance(at: Date, now: Date): string {
  const span = at.getTime() - now.getTime()
  const length = Math.abs(span)
  const [count, unit] =
    length >= 2 * DAY
      ? [Math.floor(length / DAY), 'day']
      : length >= 2 * HOUR
        ? [Math.floor(length / HOUR), 'hour']
        : [Math.floor(length / MINUTE), 'minute']
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`
  return span < 0 ? `${text} ago` : `in ${text}`
}

/** One line for each, in columns. Those that end within so many days stand out. */
export function certificateLines(
  certificates: readonly CertificateLine[],
  now: Date,
  withinDays: number,
): readonly string[] {
  const { bold, dim, green, yellow, red } = paint(process.stdout)
  const width = Math.max(0, ...certificates.map(({ name }) => plain(name).length))
  return certificates.map(({ name, notAfter, enabled, id, isInUse }) => {
    const isEnded = notAfter < now
    const isEnding = notAfter.getTime() < now.getTime() + withinDays * DAY
    const end = isEnded
      ? `ended ${day(notAfter)}, ${distance(notAfter, now)}`
      : `until ${day(notAfter)}, ${distance(notAfter, now)}`
    const [mark, colour] = !enabled ? ['○', dim] : isEnded ? ['✗', red] : isEnding ? ['!', yellow] : ['✓', green]
    const what = enabled ? end : `disabled, ${end}`
    const columns = [bold(plain(name).padEnd(width)), (isEnding || !enabled ? colour : String)(what)]
    return [`${colour(mark)} ${columns.join('  ')}`, id && dim(id), isInUse && dim('in use here')]
      .filter(Boolean)
      .join('  ')
  })
}

/** Prints lines. */
export function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  print([plainJson(value)])
}
