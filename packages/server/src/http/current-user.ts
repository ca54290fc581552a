import type { FastifyInstance } from 'fastify'
import { permissionsOf } from '../domain/authenticate.ts'
import { declinedAnswers } from './declined.ts'
import { jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'
import { EXAMPLE_USER, UserView, userView } from './user.ts'

/** Who asks: it needs no permission, and so proves a credential before anything depends on it. */
export function addCurrentUserRoute(app: FastifyInstance): void {
  app.get('/account/api/v1/user/me', { schema: SCHEMA }, async (request) => {
    const principal = principalOf(request)
    return userView(principal.user, principal.account, permissionsOf(principal))
  })
}

const SCHEMA = {
  tags: ['Account'],
  operationId: 'getCurrentUser',
  summary: 'Who asks',
  description: 'The user behind the API key or the client certificate, with what it may do.',
  response: {
    200: jsonAnswer('The user', UserView, { service: { summary: 'a service user', value: EXAMPLE_USER } }),
    ...declinedAnswers(),
  },
}
