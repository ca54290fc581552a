/** The lists of IoT Trust Manager: a page of records, and how many there are in all. */
import { type TSchema, Type } from 'typebox'

const USUAL_LIMIT = 20
const MOST_LIMIT = 1_000
/** What lies further back is found by a filter. */
const MOST_OFFSET = 1_000_000

/** The part of a list that a query asks for. */
export const RecordQuery = {
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: MOST_OFFSET, default: 0, description: 'How many to leave out' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_LIMIT, default: USUAL_LIMIT, description: 'How many at most' }),
  ),
}

type Part = { readonly offset: number; readonly limit: number }

/** The part, with what is usual for what the query leaves out. */
export function partOf({ offset = 0, limit = USUAL_LIMIT }: { offset?: number; limit?: number }): Part {
  return { offset, limit }
}

/** A page in an answer. */
export function RecordPage<Schema extends TSchema>(record: Schema, title: string) {
  return Type.Object(
    {
      limit: Type.Integer(),
      offset: Type.Integer(),
      total: Type.Integer({ description: 'How many there are in all' }),
      records: Type.Array(record),
    },
    { title },
  )
}

/** A filter that is compared whole. */
export function RecordFilter(description = 'The whole of it, letter by letter') {
  return Type.Optional(Type.String({ maxLength: 255, description }))
}

/** What an object is called where another one names it. */
export const NamedView = Type.Object({ id: Type.String(), name: Type.String() }, { title: 'NamedObject' })
