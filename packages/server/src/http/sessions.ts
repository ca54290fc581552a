import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Principal } from '../domain/authenticate.ts'
import { endOtherSessions, endSession, endSessionsOfUser, listSessions } from '../domain/manage-sessions.ts'
import { MOST_PASSWORD } from '../domain/password.ts'
import { Refusal } from '../domain/refusal.ts'
import { csrfTokenOf, type Session } from '../domain/session.ts'
import { type SignedIn, signIn } from '../domain/sign-in.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFields } from './account-body.ts'
import { doorOf } from './authentication.ts'
import { declinedAnswers } from './declined.ts'
import { AccountError, accountAnswer, COMMON_ANSWERS, jsonAnswer } from './openapi.ts'
import { PageQuery, pageOf } from './page.ts'
import type { RequestLimits } from './request-limits.ts'
import { principalOf } from './route.ts'
import { clearSessionCookie, refuseOtherSites, sessionCookiesOf, setSessionCookie } from './session-cookie.ts'
import { CSRF_HEADERS, EXAMPLE_SESSION, notSignedInAnswers, SessionView, sessionView } from './session-view.ts'
import { EXAMPLE_USER, UserView, userView } from './user.ts'
import { whereaboutsOf } from './whereabouts.ts'

type Id = { readonly id: string }

/** What the routes of signing in are built from. */
export type SignInRoutesOptions = {
  readonly world: World
  readonly limits: Pick<RequestLimits, 'attempt'>
  readonly publicUrl: string
}

const PATH = '/account/api/v1/session'
const OWN_PATH = '/account/api/v1/user/me/session'
const SESSION = { authentication: 'session' } as const
const MANAGE = { permission: 'MANAGE_AM_USER' } as const

/** Signing in and out, and the sessions of people. */
export function addSessionRoutes(app: FastifyInstance, { world, limits, publicUrl }: SignInRoutesOptions): void {
  app.post<{ Body: Static<typeof SignInBody> }>(
    PATH,
    { config: { authentication: 'open' }, schema: SIGN_IN_SCHEMA },
    async (request, reply) => {
      refuseUnknownFields(request.body, SignInBody)
      refuseOutside(request, publicUrl)
      limits.attempt(request)
      const { email, password, totp, recovery_code: recoveryCode } = request.body
      const cookies = sessionCookiesOf(request)
      const replaces = cookies.length === 1 ? cookies[0] : undefined
      const wish = { email, password, totp, recoveryCode, replaces }
      const signedIn = await signIn(world, wish, whereaboutsOf(request))
      return reply.status(201).send(await answerSignedIn(world, reply, signedIn))
    },
  )

  app.get(PATH, { config: SESSION, schema: GET_SCHEMA }, async (request) => {
    const { user, account, session } = principalOf(request)
    return currentSessionView(world, { user, account, session: session as Session }, tokenOf(request))
  })

  app.delete(PATH, { config: SESSION, schema: SIGN_OUT_SCHEMA }, async (request, reply) => {
    const principal = principalOf(request)
    await endSession(world, principal, (principal.session as Session).id)
    clearSessionCookie(reply)
    return reply.status(204).send()
  })

  app.get(OWN_PATH, { config: SESSION, schema: LIST_SCHEMA }, async (request, reply) => {
    const principal = principalOf(request)
    return pageOf(request, reply, await listSessions(world, principal)).map((session) =>
      sessionView(session, principal),
    )
  })

  app.delete(OWN_PATH, { config: SESSION, schema: END_OTHERS_SCHEMA }, async (request, reply) => {
    await endOtherSessions(world, principalOf(request))
    return reply.status(204).send()
  })

  app.delete<{ Params: Id }>(`${OWN_PATH}/:id`, { config: SESSION, schema: END_SCHEMA }, async (request, reply) => {
    await endSession(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })

  app.delete<{ Params: Id }>(
    '/account/api/v1/user/:id/session',
    { config: MANAGE, schema: END_OF_USER_SCHEMA },
    async (request, reply) => {
      await endSessionsOfUser(world, principalOf(request), request.params.id)
      return reply.status(204).send()
    },
  )
}

/** Throws a Refusal for signing in on the mutual-TLS host, where no cookie counts, and from a page of another site. */
export function refuseOutside(request: FastifyRequest, publicUrl: string): void {
  if (doorOf(request) !== 'api')
    throw new Refusal('forbidden', 'access_denied', 'People sign in on the API host, not on the mutual-TLS host.')
  refuseOtherSites(request, publicUrl)
}

/** Sets the cookie of a new session, and tells all but its token. */
export async function answerSignedIn(
  world: World,
  reply: FastifyReply,
  signedIn: SignedIn,
): Promise<Static<typeof CurrentSessionView>> {
  setSessionCookie(reply, signedIn.token)
  return currentSessionView(world, signedIn, signedIn.token)
}

function tokenOf(request: FastifyRequest): string {
  return sessionCookiesOf(request)[0] as string
}

async function currentSessionView(
  { store }: World,
  signedIn: Omit<SignedIn, 'token'>,
  token: string,
): Promise<Static<typeof CurrentSessionView>> {
  const { user, account, session } = signedIn
  const isTotpEnabled = (await store.totps.find(user.id))?.confirmedAt !== undefined
  return {
    ...sessionView(session, { session } as Principal),
    user: userView(user, account, user.permissions),
    csrf_token: csrfTokenOf(token),
    password_change_advised: user.passwordChangedAt === undefined,
    totp_enabled: isTotpEnabled,
    recovery_codes_left: isTotpEnabled ? await store.totps.countRecoveryCodes(user.id) : 0,
  }
}

/** The fields by which people prove who they are. */
export const proofFields = {
  password: Type.String({ minLength: 1, maxLength: MOST_PASSWORD }),
  totp: Type.Optional(Type.String({ maxLength: 10, description: 'The code of the authenticator app: six digits' })),
  recovery_code: Type.Optional(Type.String({ maxLength: 60, description: 'In place of a code; each serves once' })),
}

const SignInBody = Type.Object(
  { email: Type.String({ minLength: 1, maxLength: 254 }), ...proofFields },
  { title: 'SignIn' },
)

/** What who is signed in is told. */
export const CurrentSessionView = Type.Object(
  {
    ...SessionView.properties,
    user: UserView,
    csrf_token: Type.String({ description: 'To be sent as x-csrf-token with all that changes something' }),
    password_change_advised: Type.Boolean({ description: 'The platform made the password, and it stands in a file' }),
    totp_enabled: Type.Boolean(),
    recovery_codes_left: Type.Integer(),
  },
  { title: 'CurrentSession' },
)

/** An example for the document. */
export const EXAMPLE_CURRENT_SESSION: Static<typeof CurrentSessionView> = {
  ...EXAMPLE_SESSION,
  user: { ...EXAMPLE_USER, user_type: 'standard', friendly_name: 'Jane Doe' },
  csrf_token: '6b0c…',
  password_change_advised: false,
  totp_enabled: true,
  recovery_codes_left: 10,
}

const tags = ['Sign-in']
const current = jsonAnswer('Who is signed in, and until when', CurrentSessionView, {
  session: { summary: 'a session', value: EXAMPLE_CURRENT_SESSION },
})
const NOT_FOUND = { 404: accountAnswer('There is none', 'session_not_found', 'There is no such session.') }

/** What an open route of signing in may answer, beside its own. */
export const OPEN_ANSWERS = {
  ...COMMON_ANSWERS,
  503: accountAnswer(
    'More passwords are being tried than the machine judges at once',
    'temporarily_unavailable',
    'Too many passwords and PINs are being tried: try again.',
  ),
  403: accountAnswer('A page of another site', 'foreign_origin', 'The request comes from a page of another site.'),
  429: accountAnswer(
    'Too many attempts from the address; Retry-After says when to come again',
    'request_limit_exceeded',
    'There were too many attempts to sign in from your address. Try again in 12 seconds.',
  ),
}

const SIGN_IN_SCHEMA = {
  tags,
  operationId: 'signIn',
  summary: 'Sign in',
  description:
    'For people. The cookie __Host-countersign is set. A session ends after 12 hours, or an hour without use. Five wrong attempts in a row lock the user for a minute, each further one for twice as long, a quarter of an hour at most.',
  body: SignInBody,
  response: {
    201: current,
    400: accountAnswer('Something is wrong in the body', 'invalid_request', 'email: is missing'),
    401: jsonAnswer('Not signed in', AccountError, {
      invalid_credentials: {
        summary: 'Whatever is wrong',
        value: {
          errors: [
            {
              code: 'invalid_credentials',
              message:
                'The e-mail address, the password or the code is wrong, or there were too many attempts: then wait a quarter of an hour.',
            },
          ],
        },
      },
      totp_required: {
        summary: 'The password is right, a code is needed',
        value: {
          errors: [{ code: 'totp_required', message: 'Send the code of your authenticator app along, as totp.' }],
        },
      },
    }),
    ...OPEN_ANSWERS,
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getSession',
  summary: 'Who is signed in',
  description: 'With the CSRF token again, for a page that was loaded anew.',
  response: { 200: current, ...notSignedInAnswers },
}

const SIGN_OUT_SCHEMA = {
  tags,
  operationId: 'signOut',
  summary: 'Sign out',
  headers: CSRF_HEADERS,
  response: { 204: { description: 'The session has ended' }, ...NOT_FOUND, ...notSignedInAnswers },
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listSessions',
  summary: 'List your sessions',
  querystring: Type.Object(PageQuery),
  response: {
    200: jsonAnswer('The sessions that count, oldest first', Type.Array(SessionView), {
      sessions: { summary: 'one session', value: [EXAMPLE_SESSION] },
    }),
    ...notSignedInAnswers,
  },
}

const END_OTHERS_SCHEMA = {
  tags,
  operationId: 'endOtherSessions',
  summary: 'End all of your sessions but this one',
  headers: CSRF_HEADERS,
  response: { 204: { description: 'They have ended' }, ...notSignedInAnswers },
}

const END_SCHEMA = {
  tags,
  operationId: 'endSession',
  summary: 'End one of your sessions',
  headers: CSRF_HEADERS,
  params: IdParams,
  response: { 204: { description: 'It has ended' }, ...NOT_FOUND, ...notSignedInAnswers },
}

const END_OF_USER_SCHEMA = {
  tags,
  operationId: 'endSessionsOfUser',
  summary: 'End all sessions of a user',
  params: IdParams,
  response: {
    204: { description: 'They have ended' },
    404: accountAnswer('There is none', 'user_not_found', 'There is no such user.'),
    ...declinedAnswers(MANAGE.permission),
  },
}
