import type { Permission } from '../domain/permission.ts'
import { AccountError, accountAnswer, COMMON_ANSWERS, jsonAnswer } from './openapi.ts'

const NOT_AUTHENTICATED = {
  AUTHORIZATION_ERROR: {
    summary: 'No authentication data provided',
    value: { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] },
  },
}

/** For the document: the answers to who is not known, or may not what a route of the account API needs. */
export function declinedAnswers(permission?: Permission): Readonly<Record<number, object>> {
  return {
    401: accountAnswer(
      'On the API host: no API key, or a wrong one',
      'invalid_api_key',
      'The API key is missing or not valid: send it as x-api-key',
    ),
    403: jsonAnswer('The user may not, or on the mutual-TLS host there is no certificate that counts', AccountError, {
      ...(permission && {
        access_denied: {
          summary: 'The user may not',
          value: { errors: [{ code: 'access_denied', message: `The user needs the permission ${permission}` }] },
        },
      }),
      ...NOT_AUTHENTICATED,
    }),
    ...COMMON_ANSWERS,
  }
}
