import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'

/** How many of a list an answer has unless the request says otherwise, and at most. */
const USUAL_LIMIT = 100
const MOST_LIMIT = 1_000

/** The part of a list that a request asks for: the lists of Account Manager are bare arrays, and headers tell of the rest. */
export const PageQuery = {
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0, description: 'How many to leave out' })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_LIMIT, default: USUAL_LIMIT, description: 'How many at most' }),
  ),
}

/** Cuts out what was asked for, and tells how many there are (`x-total-count`) and where the next are (`link`, RFC 8288). */
export function pageOf<Item>(request: FastifyRequest, reply: FastifyReply, items: readonly Item[]): readonly Item[] {
  const { offset = 0, limit = USUAL_LIMIT } = request.query as { offset?: number; limit?: number }
  reply.header('x-total-count', items.length)
  if (offset + limit < items.length) {
    const [path, query] = request.url.split('?')
    const next = new URLSearchParams(query)
    next.set('offset', String(offset + limit))
    next.set('limit', String(limit))
    reply.header('link', `<${path}?${next}>; rel="next"`)
  }
  return items.slice(offset, offset + limit)
}
