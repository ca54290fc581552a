import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { confirmTotp, disableTotp, enrollTotp, resetTotp } from '../domain/manage-totp.ts'
import { IdParams, refuseUnknownFields } from './account-body.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'
import { CSRF_HEADERS, notSignedInAnswers } from './session-view.ts'
import { proofFields, type SignInRoutesOptions } from './sessions.ts'
import { whereaboutsOf } from './whereabouts.ts'

const PATH = '/account/api/v1/user/me/totp'
const SESSION = { authentication: 'session' } as const
const MANAGE = { permission: 'MANAGE_AM_USER' } as const

/** The second factor of people. */
export function addTotpRoutes(app: FastifyInstance, { world, limits }: Omit<SignInRoutesOptions, 'publicUrl'>): void {
  app.post<{ Body: Static<typeof EnrollBody> }>(
    PATH,
    { config: SESSION, schema: ENROLL_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, EnrollBody)
      limits.attempt(request)
      const proof = { password: request.body.password, network: whereaboutsOf(request).network }
      return reply.status(201).send(await enrollTotp(world, principalOf(request), proof))
    },
  )

  app.post<{ Body: Static<typeof ConfirmBody> }>(
    `${PATH}/confirm`,
    { config: SESSION, schema: CONFIRM_SCHEMA },
    async (request) => {
      refuseUnknownFields(request.body, ConfirmBody)
      limits.attempt(request)
      const proof = { totp: request.body.totp, network: whereaboutsOf(request).network }
      return { recovery_codes: await confirmTotp(world, principalOf(request), proof) }
    },
  )

  app.post<{ Body: Static<typeof DisableBody> }>(
    `${PATH}/disable`,
    { config: SESSION, schema: DISABLE_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, DisableBody)
      limits.attempt(request)
      const { password, totp, recovery_code: recoveryCode } = request.body
      const { network } = whereaboutsOf(request)
      await disableTotp(world, principalOf(request), { password, totp, recoveryCode, network })
      return reply.status(204).send()
    },
  )

  app.delete<{ Params: { readonly id: string } }>(
    '/account/api/v1/user/:id/totp',
    { config: MANAGE, schema: RESET_SCHEMA },
    async (request, reply) => {
      await resetTotp(world, principalOf(request), request.params.id)
      return reply.status(204).send()
    },
  )
}

const EnrollBody = Type.Object({ password: proofFields.password }, { title: 'EnrollTotp' })
const ConfirmBody = Type.Object({ totp: Type.String({ maxLength: 10 }) }, { title: 'ConfirmTotp' })
const DisableBody = Type.Object(proofFields, { title: 'DisableTotp' })

const EnrolledView = Type.Object(
  {
    secret: Type.String({ description: 'Base32: it is told here and never again' }),
    uri: Type.String({ description: 'What authenticator apps read as a QR code' }),
  },
  { title: 'EnrolledTotp' },
)
const RecoveryCodesView = Type.Object(
  {
    recovery_codes: Type.Array(Type.String(), { description: 'Each serves once; they are told here and never again' }),
  },
  { title: 'RecoveryCodes' },
)

const tags = ['Sign-in']
const NONE = { 404: accountAnswer('There is none', 'totp_not_found', 'There is no second factor.') }
const ENABLED = {
  409: accountAnswer('There is one', 'totp_is_enabled', 'There is a second factor already: disable it first.'),
}
const WRONG = {
  ...notSignedInAnswers,
  403: accountAnswer(
    'The password or the code is wrong',
    'wrong_password',
    'The password or the code is wrong, or there were too many attempts: then wait a quarter of an hour.',
  ),
}

const ENROLL_SCHEMA = {
  tags,
  operationId: 'enrollTotp',
  summary: 'Begin with a second factor',
  description: 'For authenticator apps (RFC 6238). It counts once a code of it was confirmed.',
  headers: CSRF_HEADERS,
  body: EnrollBody,
  response: {
    201: jsonAnswer('The secret', EnrolledView, {
      enrolled: {
        summary: 'a secret',
        value: {
          secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
          uri: 'otpauth://totp/Countersign:jane%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Countersign&algorithm=SHA1&digits=6&period=30',
        },
      },
    }),
    ...ENABLED,
    ...WRONG,
  },
}

const CONFIRM_SCHEMA = {
  tags,
  operationId: 'confirmTotp',
  summary: 'Confirm the second factor',
  description: 'By a code of the app. From now on signing in takes one.',
  headers: CSRF_HEADERS,
  body: ConfirmBody,
  response: {
    200: jsonAnswer('The recovery codes', RecoveryCodesView, {
      codes: { summary: 'one of ten', value: { recovery_codes: ['0f3a9-77c1e-b2d40-9a6f2'] } },
    }),
    400: accountAnswer(
      'The code is wrong',
      'invalid_totp',
      'totp: the code is wrong. Is the clock of your device right?',
    ),
    ...NONE,
    ...ENABLED,
    ...WRONG,
  },
}

const DISABLE_SCHEMA = {
  tags,
  operationId: 'disableTotp',
  summary: 'Do without the second factor',
  description: 'It takes the password, and a code or a recovery code.',
  headers: CSRF_HEADERS,
  body: DisableBody,
  response: { 204: { description: 'It is gone' }, ...NONE, ...WRONG },
}

const RESET_SCHEMA = {
  tags,
  operationId: 'resetTotp',
  summary: 'Take away the second factor of a user',
  description: 'Of somebody who has lost the app and the recovery codes. All sessions of the user end.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NONE,
    409: accountAnswer('It is you', 'own_user', 'This is you: somebody else has to do it.'),
    ...declinedAnswers(MANAGE.permission),
  },
}
