/** People in the tests: made past the API, and signed in through it. */
import { randomUUID } from 'node:crypto'
import { permissionsOfRoles, type RoleName } from '../../src/domain/role.ts'
import type { User } from '../../src/domain/user.ts'
import { user } from '../store/noun.ts'
import type { Answer, AskOptions, TestPlatform } from './test-platform.ts'

export const PASSWORD = 'vier Kraniche ziehen nordwärts'

/** What a session is told of itself. */
export type CurrentSession = {
  id: string
  csrf_token: string
  end_date: string
  idle_end_date: string
  user: { id: string; email: string }
  password_change_advised: boolean
  totp_enabled: boolean
  recovery_codes_left: number
}

/** A browser that is signed in. */
export type Browser = {
  readonly session: CurrentSession
  readonly cookie: string
  /** With the cookie and the CSRF token, unless headers say otherwise; a body goes as JSON. */
  ask(path: string, options?: Omit<AskOptions, 'body'> & { body?: unknown }): Promise<Answer>
}

export async function addPerson(
  { world, account }: Pick<TestPlatform, 'world' | 'account'>,
  roles: readonly RoleName[] = [],
  changes: Partial<User> = {},
): Promise<User> {
  const passwordHash = await world.passwords.hash(PASSWORD)
  const person = user(account.account_id, {
    kind: 'standard',
    email: `${randomUUID()}@example.com`,
    roles,
    permissions: permissionsOfRoles(roles),
    passwordHash,
    ...changes,
  })
  await world.store.users.add(person)
  return person
}

export function post(platform: TestPlatform, path: string, body: unknown, options: AskOptions = {}): Promise<Answer> {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length, ...options.headers }
  return platform.ask(path, { door: 'api', method: 'POST', ...options, headers, body: bytes })
}

export const SESSION_PATH = '/account/api/v1/session'

/** The cookie that an answer sets, as it is sent back. */
export function cookieOf({ headers }: Answer): string {
  return [headers['set-cookie']].flat()[0]?.split(';')[0] ?? ''
}

/** Signs in, which has to work, and goes on as that browser. */
export async function browserOf(platform: TestPlatform, credentials: object): Promise<Browser> {
  const answer = await post(platform, SESSION_PATH, credentials)
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return browserAfter(platform, answer)
}

/** The browser that got this answer to signing in. */
export function browserAfter(platform: TestPlatform, answer: Answer): Browser {
  const cookie = cookieOf(answer)
  const session = JSON.parse(answer.body.toString()) as CurrentSession
  return {
    session,
    cookie,
    ask(path, { body, headers, ...options } = {}) {
      const own = { cookie, 'x-csrf-token': session.csrf_token, ...headers }
      if (body !== undefined) return post(platform, path, body, { ...options, headers: own })
      return platform.ask(path, { door: 'api', ...options, headers: own })
    },
  }
}

export async function signedInPerson(platform: TestPlatform, roles: readonly RoleName[] = []): Promise<Browser> {
  const { email } = await addPerson(platform, roles)
  return browserOf(platform, { email, password: PASSWORD })
}
