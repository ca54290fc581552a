/** Log lines as people read them; machines get the JSON as it is. */
import { paint } from './paint.ts'

const LEVELS: Readonly<Record<number, 'dim' | 'cyan' | 'yellow' | 'red'>> = {
  10: 'dim',
  20: 'dim',
  30: 'cyan',
  40: 'yellow',
  50: 'red',
  60: 'red',
}

/** Where the log goes: stderr, in lines for people on a terminal, in JSON otherwise. */
export function logDestination(stream: NodeJS.WriteStream = process.stderr): { write(line: string): void } {
  if (!stream.isTTY) return { write: (line) => void stream.write(line) }
  const colours = paint(stream)
  return {
    write(line) {
      let entry: Record<string, unknown>
      try {
        entry = JSON.parse(line) as Record<string, unknown>
      } catch {
        stream.write(line)
        return
      }
      const { level, time, msg, ...rest } = entry
      const colour = LEVELS[Number(level)] ?? 'dim'
      const clock = new Date(Number(time)).toTimeString().slice(0, 8)
      const details = Object.entries(rest).map(([name, value]) => `${name}=${detail(value)}`)
      stream.write(`${colours.dim(clock)} ${colours[colour](String(msg ?? ''))} ${colours.dim(details.join(' '))}\n`)
    },
  }
}

function detail(value: unknown): string {
  if (typeof value === 'string') return value
  const { message } = (value ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : JSON.stringify(value)
}
