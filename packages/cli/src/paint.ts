/** Colours, on a terminal that wants them. */
import type { WriteStream } from 'node:tty'

export type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan', (text: string) => string>>

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], yellow: [33, 39], green: [32, 39], cyan: [36, 39] } as const

/** The colours for a stream; plain text where it is no terminal or NO_COLOR is set. */
export function paint(stream: Pick<WriteStream, 'isTTY'>): Paint {
  const isColoured = stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  return Object.fromEntries(
    Object.entries(CODES).map(([name, [on, off]]) => [
      name,
      (text: string) => (isColoured ? `\u001b[${on}m${text}\u001b[${off}m` : text),
    ]),
  ) as Paint
}
