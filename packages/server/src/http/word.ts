import { Type } from 'typebox'
import { Refusal } from '../domain/refusal.ts'

/** One of some words, in any case. Throws a Refusal that names them for any other. */
export function wordOf<Word extends string>(field: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word.toLowerCase() === text.toLowerCase())
  if (found) return found
  throw new Refusal('invalid', 'invalid_request', `${field}: one of ${words.join(', ')}.`)
}

/** A word of a body or a query, for the document: which they are, its description says. */
export function WordOf(words: readonly string[], description = '') {
  return Type.String({ maxLength: 60, description: `${description}${words.join(', ')}; in any case` })
}

/** Statuses as IoT Trust Manager writes them: in capitals. */
export function StatusView(words: readonly string[], description?: string) {
  return Type.Enum(
    words.map((word) => word.toUpperCase()),
    { type: 'string', ...(description !== undefined && { description }) },
  )
}
