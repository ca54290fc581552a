import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { MOST_PASSWORD } from '../domain/password.ts'
import { Refusal } from '../domain/refusal.ts'
import { changePassword, requestPasswordReset, setPasswordByToken } from '../domain/set-password.ts'
import { refuseUnknownFields } from './account-body.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'
import { CSRF_HEADERS, notSignedInAnswers } from './session-view.ts'
import {
  answerSignedIn,
  CurrentSessionView,
  EXAMPLE_CURRENT_SESSION,
  OPEN_ANSWERS,
  refuseOutside,
  type SignInRoutesOptions,
} from './sessions.ts'
import { whereaboutsOf } from './whereabouts.ts'

const PATH = '/account/api/v1/password'

/** Passwords: changed by who knows them, set by a token that came by mail. */
export function addPasswordRoutes(app: FastifyInstance, { world, limits, publicUrl }: SignInRoutesOptions): void {
  app.put<{ Body: Static<typeof ChangeBody> }>(
    '/account/api/v1/user/me/password',
    { config: { authentication: 'session' }, schema: CHANGE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, ChangeBody)
      const { current_password: current, new_password: next } = request.body
      limits.attempt(request)
      const signedIn = await changePassword(world, principalOf(request), { current, next }, whereaboutsOf(request))
      return answerSignedIn(world, reply, signedIn)
    },
  )

  app.post<{ Body: Static<typeof SetBody> }>(
    PATH,
    { config: { authentication: 'open' }, schema: SET_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, SetBody)
      refuseOutside(request, publicUrl)
      limits.attempt(request)
      await setPasswordByToken(world, request.body, whereaboutsOf(request))
      return reply.status(204).send()
    },
  )

  app.post<{ Body: Static<typeof ResetBody> }>(
    `${PATH}/reset`,
    { config: { authentication: 'open' }, schema: RESET_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, ResetBody)
      refuseOutside(request, publicUrl)
      limits.attempt(request)
      // Not waited for: how long it takes would tell whether there is such an address.
      requestPasswordReset(world, request.body.email, publicUrl).catch((error: unknown) => {
        // Nobody's fault but the asker's: strangers don't ring the alarm.
        if (!(error instanceof Refusal)) request.log.error({ err: error }, 'a password reset was not sent')
      })
      return reply.status(202).send({})
    },
  )
}

const NewPassword = Type.String({ maxLength: MOST_PASSWORD, description: `12 to ${MOST_PASSWORD} characters, any` })

const ChangeBody = Type.Object(
  { current_password: Type.String({ minLength: 1, maxLength: MOST_PASSWORD }), new_password: NewPassword },
  { title: 'ChangePassword' },
)
const SetBody = Type.Object(
  { token: Type.String({ maxLength: 200, description: 'From the mail' }), password: NewPassword },
  { title: 'SetPassword' },
)
const ResetBody = Type.Object({ email: Type.String({ minLength: 1, maxLength: 254 }) }, { title: 'ResetPassword' })

const tags = ['Sign-in']
const INVALID_PASSWORD = ['invalid_password', 'password: 12 to 256 characters, any that you like.'] as const

const CHANGE_SCHEMA = {
  tags,
  operationId: 'changePassword',
  summary: 'Change your password',
  description: 'All of your sessions end with it; a new one takes the place of this one, with another cookie.',
  headers: CSRF_HEADERS,
  body: ChangeBody,
  response: {
    200: jsonAnswer('The new session', CurrentSessionView, {
      session: { summary: 'a session', value: EXAMPLE_CURRENT_SESSION },
    }),
    400: accountAnswer('The new one is not fit', ...INVALID_PASSWORD),
    ...notSignedInAnswers,
    403: accountAnswer(
      'The current one is wrong',
      'wrong_password',
      'The password or the code is wrong, or there were too many attempts: then wait a quarter of an hour.',
    ),
  },
}

const SET_SCHEMA = {
  tags,
  operationId: 'setPassword',
  summary: 'Set a password by the token of a mail',
  description: 'The token serves once. All sessions of the person end; a second factor stays.',
  body: SetBody,
  response: {
    204: { description: 'It is set' },
    400: accountAnswer(
      'The token does not count, or the password is not fit (invalid_password)',
      'invalid_token',
      'token: it is not one that came by mail, was used, or has ended. Ask for another one.',
    ),
    ...OPEN_ANSWERS,
  },
}

const RESET_SCHEMA = {
  tags,
  operationId: 'resetPassword',
  summary: 'Ask for a mail by which to set another password',
  description:
    'The answer is the same whether there is such a person or not. The token in the mail serves for an hour; within five minutes no second mail goes out.',
  body: ResetBody,
  response: {
    202: jsonAnswer('If there is such a person, a mail goes out', Type.Object({}), {
      asked: { summary: 'always', value: {} },
    }),
    ...OPEN_ANSWERS,
  },
}
