/** The header Idempotency-Key: a request that is sent again under its key makes nothing twice. */
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { fingerprintOf, type IdempotentRequest } from '../domain/idempotency.ts'
import { Refusal } from '../domain/refusal.ts'
import { AccountError, jsonAnswer } from './openapi.ts'

/** For the document: the header of a request that may be sent again. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'A UUID, say: the same request under the same key is made once, and answered again for a day. Up to 255 characters without spaces, commas and quotation marks, in quotation marks or without',
    }),
  ),
})

/** A string of RFC 9651 §3.3.3, or what clients write in place of it: the bare key. */
const KEY = /^(["]?)([!#-+\--[\]-~]{1,255})\1$/

/** The key of a request, and what tells it from others; secrets of its body must not be among `parts`. */
export function idempotentRequestOf(
  { headers }: Pick<FastifyRequest, 'headers'>,
  operation: string,
  ...parts: readonly unknown[]
): IdempotentRequest | undefined {
  const header = headers['idempotency-key']
  if (header === undefined) return undefined
  const key = KEY.exec(String(header))?.[2]
  if (key !== undefined) return { key, fingerprint: fingerprintOf(operation, ...parts), wait }
  throw new Refusal(
    'invalid',
    'invalid_request',
    'Idempotency-Key: one of 1 to 255 printable ASCII characters, without spaces, commas, backslashes and quotation marks.',
  )
}

/** For the document: another request under a key that was used. */
export const REUSED_KEY = {
  422: jsonAnswer('The Idempotency-Key was sent with another request', AccountError, {
    idempotency_key_reused: {
      summary: 'another request',
      value: {
        errors: [
          {
            code: 'idempotency_key_reused',
            message: 'This Idempotency-Key was sent with another request: each request has a key of its own.',
          },
        ],
      },
    },
  }),
}
