import { Refusal } from './refusal.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/

/** An end in ISO 8601: a day, which ends with its last second (UTC), or a moment. It lies ahead. */
export function endDate(field: string, text: string, now: Date): Date {
  const end = momentOf(text, 'T23:59:59Z')
  if (!end) {
    throw new Refusal(
      'invalid',
      'invalid_request',
      `${field}: write it as 2027-12-31 or 2027-12-31T23:59:59Z, and null for no end.`,
    )
  }
  if (end <= now) throw new Refusal('invalid', 'invalid_request', `${field}: ${end.toISOString()} has passed.`)
  return end
}

/** A beginning in ISO 8601: a day, with its first second (UTC), or a moment. */
export function startDate(field: string, text: string): Date {
  const start = momentOf(text, 'T00:00:00Z')
  if (start) return start
  throw new Refusal(
    'invalid',
    'invalid_request',
    `${field}: write it as 2027-01-01 or 2027-01-01T00:00:00Z, and null for none.`,
  )
}

function momentOf(text: string, timeOfDay: string): Date | undefined {
  const moment = new Date(DAY.test(text) ? `${text}${timeOfDay}` : MOMENT.test(text) ? text : Number.NaN)
  // 30 February becomes a day in March.
  const day = text.slice(0, 10)
  const isReal =
    !Number.isNaN(moment.getTime()) &&
    new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) &&
    // In UTC it may be in a year before 0 or after 9999, which have other digits.
    /^\d{4}-/.test(moment.toISOString())
  return isReal ? moment : undefined
}
