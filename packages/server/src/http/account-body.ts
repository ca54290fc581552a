import { type TObject, type TProperties, Type } from 'typebox'
import { Refusal } from '../domain/refusal.ts'
import { AccountError, accountAnswer, COMMON_ANSWERS, jsonAnswer } from './openapi.ts'

/**
 * Throws a Refusal where a body has a field that the route does not take: a limit that is misspelt must not be passed
 * over.
 */
export function refuseUnknownFields(body: object, { properties }: TObject<TProperties>): void {
  const unknown = Object.keys(body).find((field) => !(field in properties))
  if (unknown === undefined) return
  const known = Object.keys(properties).join(', ')
  throw new Refusal(
    'invalid',
    'invalid_request',
    `There is no field ${JSON.stringify(unknown.slice(0, 60))} here; there are ${known}.`,
  )
}

/** The body and the answer of every enable route. */
export const EnableBody = Type.Object({ enabled: Type.Boolean() }, { title: 'Enable' })

/** The path of one object. */
export const IdParams = Type.Object({ id: Type.String() })

/** What each route of Account Manager may answer where the caller may not. */
export function declined(permission: string): object {
  return {
    401: accountAnswer(
      'On the API host: no API key, or a wrong one',
      'invalid_api_key',
      'The API key is missing or not valid: send it as x-api-key',
    ),
    403: jsonAnswer('The user may not, or on the mutual-TLS host there is no certificate that counts', AccountError, {
      access_denied: {
        summary: 'The user may not',
        value: { errors: [{ code: 'access_denied', message: `The user needs the permission ${permission}` }] },
      },
      AUTHORIZATION_ERROR: {
        summary: 'No authentication data provided',
        value: { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] },
      },
    }),
    ...COMMON_ANSWERS,
  }
}
