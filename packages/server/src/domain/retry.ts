const FIRST_MS = 5 * 60_000
const LONGEST_MS = 6 * 3_600_000

/** When to try again what is tried now after so many attempts: in five minutes, then each time twice as late, at most six hours. */
export function retryAt(at: Date, attempts: number): Date {
  return new Date(at.getTime() + Math.min(FIRST_MS * 2 ** Math.min(attempts, 16), LONGEST_MS))
}
