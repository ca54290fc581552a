import { Refusal } from '../domain/refusal.ts'

const DAY_MS = 86_400_000

/** The beginning of a day, UTC. Throws a Refusal for what is none. */
export function dayOf(field: string, text: string): Date {
  const day = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : Number.NaN)
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return day
  throw new Refusal('invalid', 'invalid_request', `${field}: a day as 2026-11-23.`)
}

/** The end of a day: the beginning of the next one. */
export function endOfDay(field: string, text: string): Date {
  return new Date(dayOf(field, text).getTime() + DAY_MS)
}
