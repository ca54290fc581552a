import { Refusal } from '../domain/refusal.ts'

/** What a column keeps, and all that a statement may be given. */
export type StoredValue = null | number | bigint | string | Uint8Array

/**
 * Throws on a parameter that a database would take for something else: node:sqlite reads a first object as named
 * parameters and shifts the rest, and stores NaN as NULL; pg writes objects as JSON. PostgreSQL keeps no NUL in a text.
 */
export function assertStoredValue(value: unknown): asserts value is StoredValue {
  if (value === null || typeof value === 'bigint' || value instanceof Uint8Array) return
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return
    throw new TypeError('a number that the store cannot keep')
  }
  if (typeof value !== 'string') throw new TypeError(`the store keeps no ${typeof value}`)
  if (value.includes('\0')) throw new Refusal('invalid', 'invalid_text', 'A text must not contain the character NUL.')
}
