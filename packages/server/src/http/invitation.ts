import type { FastifyInstance } from 'fastify'
import { inviteAgain } from '../domain/invite-person.ts'
import type { World } from '../domain/world.ts'
import { IdParams } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const MANAGE = { permission: 'MANAGE_AM_USER' } as const

/** Sending an invitation again. */
export function addInvitationRoute(app: FastifyInstance, world: World, publicUrl: string): void {
  app.post<{ Params: { readonly id: string } }>(
    '/account/api/v1/user/:id/invitation',
    { config: MANAGE, schema: SCHEMA },
    async (request, reply) => {
      await inviteAgain(world, principalOf(request), request.params.id, publicUrl)
      return reply.status(202).send({})
    },
  )
}

const SCHEMA = {
  tags: ['Account'],
  operationId: 'inviteUser',
  summary: 'Send the invitation of a person again',
  description: 'With another token, which serves for seven days; the one before serves no more.',
  params: IdParams,
  response: {
    202: jsonAnswer('The mail goes out', {}, { sent: { summary: 'always', value: {} } }),
    404: accountAnswer('There is none', 'user_not_found', 'There is no such user.'),
    409: accountAnswer(
      'No invitation is waiting',
      'user_not_invited',
      'Only a person is invited who is enabled and has no password yet. One who forgot it asks for a new one.',
    ),
    ...declinedAnswers(MANAGE.permission),
  },
}
