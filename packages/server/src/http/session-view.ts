import { type Static, Type } from 'typebox'
import type { Principal } from '../domain/authenticate.ts'
import { idleEnd, type Session } from '../domain/session.ts'
import { AccountError, accountAnswer, COMMON_ANSWERS, jsonAnswer } from './openapi.ts'
import { secondText } from './timestamp.ts'

/** A session as its person sees it: never its token. */
export const SessionView = Type.Object(
  {
    id: Type.String(),
    current: Type.Boolean({ description: 'Whether it is the one that asks' }),
    created_at: Type.String({ format: 'date-time' }),
    last_used_at: Type.String({ format: 'date-time', description: 'To the minute' }),
    idle_end_date: Type.String({ format: 'date-time', description: 'When it ends unless it is used' }),
    end_date: Type.String({ format: 'date-time', description: 'When it ends however much it is used' }),
    address: Type.String({ description: 'From where the person signed in' }),
    user_agent: Type.String(),
  },
  { title: 'Session' },
)

export function sessionView(
  session: Session,
  { session: asking }: Pick<Principal, 'session'>,
): Static<typeof SessionView> {
  return {
    id: session.id,
    current: session.id === asking?.id,
    created_at: secondText(session.createdAt),
    last_used_at: secondText(session.lastUsedAt),
    idle_end_date: secondText(idleEnd(session)),
    end_date: secondText(session.endsAt),
    address: session.address,
    user_agent: session.userAgent,
  }
}

/** An example for the document. */
export const EXAMPLE_SESSION: Static<typeof SessionView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f12',
  current: true,
  created_at: '2026-11-23T08:00:00Z',
  last_used_at: '2026-11-23T08:55:00Z',
  idle_end_date: '2026-11-23T09:55:00Z',
  end_date: '2026-11-23T20:00:00Z',
  address: '192.0.2.7',
  user_agent: 'Mozilla/5.0',
}

/** The header of what changes something. */
export const CSRF_HEADERS = Type.Object({
  'x-csrf-token': Type.Optional(Type.String({ description: 'The csrf_token of the session' })),
})

/** For the document: the answers to who is not signed in, of routes that take a session. */
export const notSignedInAnswers = {
  401: accountAnswer('Not signed in', 'invalid_session', 'You are not signed in, or no longer: sign in again.'),
  403: jsonAnswer('Known by something else than a session, or the request is not from a page of ours', AccountError, {
    access_denied: {
      summary: 'An API key or a certificate',
      value: { errors: [{ code: 'access_denied', message: 'Sign in for this: it takes a session.' }] },
    },
    invalid_csrf_token: {
      summary: 'No CSRF token, or a wrong one',
      value: {
        errors: [
          {
            code: 'invalid_csrf_token',
            message: 'Send the csrf_token of your session along, as the header x-csrf-token.',
          },
        ],
      },
    },
  }),
  ...COMMON_ANSWERS,
}
