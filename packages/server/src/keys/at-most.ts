import { Refusal } from '../domain/refusal.ts'

/** Runs work, so many at once; what comes while `mostWaiting` wait already is refused, since too much of `what` goes on. */
export function atMost(most: number, mostWaiting: number, what: string): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0

  return async (work) => {
    if (running < most) running++
    else if (waiting.length < mostWaiting) await new Promise<void>((resolve) => waiting.push(resolve))
    else throw new Refusal('unavailable', 'temporarily_unavailable', `Too many ${what}: try again.`)
    try {
      return await work()
    } finally {
      // The place goes from hand to hand: who comes new doesn't overtake who waits.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
