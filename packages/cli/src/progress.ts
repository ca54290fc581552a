/** How far a long work is. */
import type { WriteStream } from 'node:tty'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'

const LONG_MS = 1_000
const EACH_MS = 200
const ERASE = '\r\u001b[K'

export type Progress = { advance(amount: number): void; end(): void }

/** A line on a terminal once it takes long, and nothing anywhere else; `end` takes it away. */
export function progress(what: string, total: number, stream: WriteStream = process.stderr): Progress {
  const { dim } = paint(stream)
  const begunAt = performance.now()
  let shownAt = begunAt + LONG_MS - EACH_MS
  let done = 0
  let isShown = false
  return {
    advance(amount) {
      done += amount
      const now = performance.now()
      if (!stream.isTTY || now - shownAt < EACH_MS) return
      shownAt = now
      isShown = true
      // Some bytes are read more than once: it is not done before it is done.
      stream.write(`${ERASE}${dim(`${plain(what)}  ${Math.min(99, Math.floor((100 * done) / total))} %`)}`)
    },
    end() {
      if (isShown) stream.write(ERASE)
    },
  }
}
