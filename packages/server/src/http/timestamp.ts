/** A moment as the account API writes it: to the second, in UTC. */
export function secondText(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`
}

/** The day of a moment, in UTC. */
export function dayText(at: Date): string {
  return at.toISOString().slice(0, 10)
}
