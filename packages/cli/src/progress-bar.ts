/** How far many files are, on a terminal. */
import type { WriteStream } from 'node:tty'
import { paint } from './paint.ts'

const EACH_MS = 100
/** Before that a guess at the rest is worth nothing. */
const GUESS_AFTER_MS = 2_000
const ERASE = '\r\u001b[K'
const WIDEST = 30

/** A bar that lines are printed above of. */
export type ProgressBar = {
  /** One more is done. */
  advance(): void
  /** Takes the bar away for what `print` writes. */
  above(print: () => void): void
  end(): void
}

/** A bar on a terminal, and nothing anywhere else. */
export function progressBar(total: number, stream: WriteStream = process.stderr): ProgressBar {
  const { dim, green } = paint(stream)
  const begunAt = performance.now()
  let shownAt = begunAt
  let done = 0
  let isShown = false

  function show(): void {
    const elapsed = performance.now() - begunAt
    const width = Math.max(10, Math.min(WIDEST, (stream.columns ?? 80) - 45))
    const full = Math.floor((width * done) / total)
    const left = ((total - done) * elapsed) / Math.max(1, done)
    const rest = elapsed < GUESS_AFTER_MS || done === 0 || left < 1000 ? '' : `  ${duration(left)} left`
    const bar = `${green('━'.repeat(full))}${dim('━'.repeat(width - full))}`
    stream.write(`${ERASE}${bar}  ${count(done)} of ${count(total)}${dim(rest)}`)
    isShown = true
  }

  function erase(): void {
    if (isShown) stream.write(ERASE)
    isShown = false
  }

  return {
    advance() {
      done++
      if (!stream.isTTY || total < 2 || performance.now() - shownAt < EACH_MS) return
      shownAt = performance.now()
      show()
    },
    above(print) {
      const wasShown = isShown
      erase()
      print()
      if (wasShown) show()
    },
    end: erase,
  }
}

/** `1,000`. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** `3 s`, `2 min 5 s`, `1 h 4 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
