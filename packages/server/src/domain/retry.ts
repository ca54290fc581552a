const FIRST_MS = 5 * 60_000
const LONGEST_MS = 6 * 3_600_000

/** RFC 5321 §4.5.4.1: a mail server is tried for four or five days. */
const TRIED_MS = 5 * 86_400_000

/** When to try again what is tried now after so many attempts: in five minutes, then each time twice as late, at most six hours. */
export function retryAt(at: Date, attempts: number): Date {
  return new Date(at.getTime() + Math.min(FIRST_MS * 2 ** Math.min(attempts, 16), LONGEST_MS))
}

/** Whether what was begun then is not to be tried again when its next attempt would be. */
export function isGivenUp(createdAt: Date, nextAttemptAt: Date): boolean {
  return nextAttemptAt.getTime() - createdAt.getTime() > TRIED_MS
}
