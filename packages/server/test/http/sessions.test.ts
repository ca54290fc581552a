import { randomBytes, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { AuditEvent } from '../../src/domain/audit-event.ts'
import { ADMINISTRATOR_ROLES } from '../../src/domain/role.ts'
import { newSession } from '../../src/domain/session.ts'
import { beginAttempt } from '../../src/domain/sign-in-attempts.ts'
import { eventsOf } from '../store/events-of.ts'
import { account } from '../store/noun.ts'
import {
  addPerson,
  type Browser,
  browserOf,
  cookieOf,
  PASSWORD,
  post,
  SESSION_PATH,
  signedInPerson,
} from './test-person.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const ME = '/account/api/v1/user/me'
const USERS = '/account/api/v1/user'
const MINUTE = 60_000

let platform: TestPlatform
let time = 0

before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0' }, () => new Date(Date.now() + time))
})
after(() => platform.stop())

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
const signIn = (body: object, headers: Record<string, string> = {}) => post(platform, SESSION_PATH, body, { headers })
const works = async (browser: Browser) => (await browser.ask(ME)).status
async function events(action: string): Promise<readonly AuditEvent[]> {
  const { auditEvents } = platform.world.store
  const known = await eventsOf(auditEvents, platform.account.account_id, 10_000)
  const unsealed = await auditEvents.listUnsealed(10_000)
  const all = new Map([...known, ...unsealed].map((event) => [event.id, event]))
  return [...all.values()].filter((event) => event.action === action)
}

test('the first administrator signs in by account.json, is advised to change the password, and may what the key may', async (t: TestContext) => {
  const { admin_email: email, admin_password: password, admin_api_key: key } = platform.account
  const answer = await signIn({ email: email.toUpperCase(), password })
  t.assert.equal(answer.status, 201)
  t.assert.match(
    String([answer.headers['set-cookie']].flat()[0]),
    /^__Host-countersign=[0-9a-f]{64}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  )
  const session = json<Browser['session']>(answer)
  t.assert.deepEqual([session.user.email, session.password_change_advised, session.totp_enabled], [email, true, false])
  const cookie = cookieOf(answer)
  t.assert.ok(!answer.body.includes(cookie.split('=')[1]!), 'the token is in the body')
  for (const path of [ME, USERS, '/account/api/v1/account', '/account/api/v1/audit-log']) {
    const bySession = await platform.ask(path, { door: 'api', headers: { cookie } })
    const byKey = await platform.ask(path, { door: 'api', headers: { 'x-api-key': key } })
    t.assert.equal(bySession.status, 200, path)
    if (path !== '/account/api/v1/audit-log') t.assert.deepEqual(json(bySession), json(byKey), path)
  }
  const again = json<Browser['session']>(await platform.ask(SESSION_PATH, { door: 'api', headers: { cookie } }))
  t.assert.equal(again.csrf_token, session.csrf_token)
  t.assert.equal((await events('session.create')).length, 1)
})

test('whatever is wrong is one and the same answer', async (t: TestContext) => {
  const person = await addPerson(platform)
  const { email } = person
  const disabled = await addPerson(platform, [], { status: 'disabled' })
  const ended = await addPerson(platform, [], { endsAt: new Date(platform.world.now().getTime() - 1000) })
  const invited = await addPerson(platform, [], { passwordHash: undefined })
  const service = (await platform.world.store.users.find(platform.account.service_user_id))!
  const answers: Answer[] = []
  for (const body of [
    { email, password: `${PASSWORD}x` },
    { email: `x${email}`, password: PASSWORD },
    { email: disabled.email, password: PASSWORD },
    { email: ended.email, password: PASSWORD },
    { email: invited.email, password: PASSWORD },
    { email: service.email, password: PASSWORD },
  ])
    answers.push(await signIn(body))
  for (const answer of answers) {
    t.assert.deepEqual(refusal(answer), [401, 'invalid_credentials'])
    t.assert.equal(answer.body.toString(), answers[0]!.body.toString())
    t.assert.equal(answer.headers['set-cookie'], undefined)
  }
  const reasons = (await events('authentication.fail')).map(({ details }) => details.reason)
  for (const reason of [/password is wrong/, /no such user/, /user is disabled/, /user has ended/])
    t.assert.ok(
      reasons.some((one) => reason.test(String(one))),
      `${reason}`,
    )
  t.assert.equal((await signIn({ email, password: PASSWORD })).status, 201)
})

test('what is no sign-in is refused before anything is judged', async (t: TestContext) => {
  for (const body of [
    {},
    { email: 'a@example.com' },
    { email: 'a@example.com', password: '' },
    { email: 'a@example.com', password: null },
    { email: ['a@example.com'], password: PASSWORD },
    { email: 'a@example.com', password: 'x'.repeat(257) },
    { email: `${'a'.repeat(255)}@example.com`, password: PASSWORD },
    { email: 'a@example.com', password: PASSWORD, remember: true },
    { email: 'a@example.com', password: PASSWORD, totp: 123456 },
  ])
    t.assert.equal((await signIn(body)).status, 400, JSON.stringify(body))
  const form = Buffer.from('email=a%40example.com&password=x')
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
    const headers = { 'content-type': type, 'content-length': form.length }
    t.assert.ok(
      [400, 415].includes((await platform.ask(SESSION_PATH, { door: 'api', headers, body: form })).status),
      type,
    )
  }
  t.assert.equal((await signIn({ email: 'a\u0000@example.com', password: PASSWORD })).status, 400)
})

test('a session ends by signing out, on the very next request', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  t.assert.equal(await works(browser), 200)
  const answer = await browser.ask(SESSION_PATH, { method: 'DELETE' })
  t.assert.equal(answer.status, 204)
  t.assert.match(String([answer.headers['set-cookie']].flat()[0]), /^__Host-countersign=; .*Max-Age=0$/)
  t.assert.deepEqual(refusal(await browser.ask(ME)), [401, 'invalid_session'])
  t.assert.equal((await events('session.end')).length, 1)
})

test('a session ends after an hour without use, and after twelve with it', async (t: TestContext) => {
  const idle = await signedInPerson(platform)
  const used = await signedInPerson(platform)
  time += 59 * MINUTE
  t.assert.equal(await works(used), 200)
  t.assert.equal(await works(idle), 200)
  for (let minutes = 0; minutes < 11 * 60 - 10; minutes += 50) {
    time += 50 * MINUTE
    t.assert.equal(await works(used), 200)
  }
  t.assert.deepEqual(refusal(await idle.ask(ME)), [401, 'invalid_session'])
  time += 20 * MINUTE
  t.assert.deepEqual(refusal(await used.ask(ME)), [401, 'invalid_session'])
})

test('a user who is disabled, has ended or is deleted is signed out, and stays so', async (t: TestContext) => {
  const admin = await signedInPerson(platform, ADMINISTRATOR_ROLES)
  const browser = await signedInPerson(platform)
  const { id, email } = browser.session.user
  const other = await browserOf(platform, { email, password: PASSWORD })
  const path = `${USERS}/${id}`
  t.assert.equal((await admin.ask(`${path}/enable`, { method: 'PUT', body: { enabled: false } })).status, 200)
  t.assert.equal(await works(browser), 401)
  t.assert.equal((await admin.ask(`${path}/enable`, { method: 'PUT', body: { enabled: true } })).status, 200)
  t.assert.equal(await works(browser), 401)
  t.assert.equal(await works(other), 401, 'one that was not used meanwhile came to life again')

  const ending = await browserOf(platform, { email, password: PASSWORD })
  const end_date = new Date(platform.world.now().getTime() + MINUTE).toISOString()
  t.assert.equal((await admin.ask(path, { method: 'PUT', body: { end_date } })).status, 200)
  t.assert.equal(await works(ending), 200)
  time += 2 * MINUTE
  t.assert.equal(await works(ending), 401)
  await admin.ask(path, { method: 'PUT', body: { end_date: null } })
  t.assert.equal(await works(ending), 401)

  const last = await browserOf(platform, { email, password: PASSWORD })
  t.assert.equal((await admin.ask(path, { method: 'DELETE' })).status, 204)
  t.assert.equal(await works(last), 401)
  t.assert.deepEqual(await platform.world.store.sessions.list(id), [])
})

test('people see their own sessions, end one or all others, and no one else does', async (t: TestContext) => {
  const first = await signedInPerson(platform)
  const { email } = first.session.user
  const second = await browserOf(platform, { email, password: PASSWORD })
  const third = await browserOf(platform, { email, password: PASSWORD })
  const stranger = await signedInPerson(platform, ADMINISTRATOR_ROLES)
  const list = json<{ id: string; current: boolean }[]>(await second.ask(`${ME}/session`))
  t.assert.deepEqual(
    list.map(({ id, current }) => [id, current]),
    [first, second, third].map(({ session }) => [session.id, session.id === second.session.id]),
  )
  for (const id of [first.session.id, randomUUID()])
    t.assert.deepEqual(refusal(await stranger.ask(`${ME}/session/${id}`, { method: 'DELETE' })), [
      404,
      'session_not_found',
    ])
  t.assert.equal((await second.ask(`${ME}/session/${first.session.id}`, { method: 'DELETE' })).status, 204)
  t.assert.deepEqual([await works(first), await works(third)], [401, 200])
  t.assert.equal((await second.ask(`${ME}/session`, { method: 'DELETE' })).status, 204)
  t.assert.deepEqual([await works(second), await works(third), await works(stranger)], [200, 401, 200])
})

test('an administrator ends all sessions of a user of the account, and of no other', async (t: TestContext) => {
  const admin = await signedInPerson(platform, ADMINISTRATOR_ROLES)
  const browser = await signedInPerson(platform)
  const { id } = browser.session.user
  const foreign = account()
  await platform.world.store.accounts.add(foreign)
  const there = await addPerson(platform, ADMINISTRATOR_ROLES, { accountId: foreign.id })
  const spy = await browserOf(platform, { email: there.email, password: PASSWORD })
  for (const path of ['session', 'totp'])
    t.assert.deepEqual(refusal(await spy.ask(`${USERS}/${id}/${path}`, { method: 'DELETE' })), [404, 'user_not_found'])
  t.assert.deepEqual(refusal(await spy.ask(`${USERS}/${id}`)), [404, 'user_not_found'])
  t.assert.equal(await works(browser), 200)
  const manager = await signedInPerson(platform, ['AM_USER_MANAGER'])
  const path = `${USERS}/${admin.session.user.id}/session`
  t.assert.deepEqual(refusal(await manager.ask(path, { method: 'DELETE' })), [403, 'access_denied'])
  t.assert.equal((await admin.ask(`${USERS}/${id}/session`, { method: 'DELETE' })).status, 204)
  t.assert.equal(await works(browser), 401)
  t.assert.equal(await works(admin), 200)
})

test('what changes something takes the CSRF token and a page of ours', async (t: TestContext) => {
  const browser = await signedInPerson(platform, ADMINISTRATOR_ROLES)
  const other = await signedInPerson(platform)
  const own = `https://countersign.localhost:${platform.port}`
  const make = (headers: Record<string, string>) =>
    browser.ask('/account/api/v1/api-key', { method: 'POST', body: { name: 'Mine' }, headers })
  const before = await platform.world.store.apiKeys.list(browser.session.user.id)
  for (const [headers, code] of [
    [{ 'x-csrf-token': '' }, 'invalid_csrf_token'],
    [{ 'x-csrf-token': '0'.repeat(64) }, 'invalid_csrf_token'],
    [{ 'x-csrf-token': `${browser.session.csrf_token}0` }, 'invalid_csrf_token'],
    [{ 'x-csrf-token': other.session.csrf_token }, 'invalid_csrf_token'],
    [{ origin: 'https://evil.example' }, 'foreign_origin'],
    [{ origin: 'null' }, 'foreign_origin'],
    [{ origin: `http://countersign.localhost:${platform.port}` }, 'foreign_origin'],
    [{ origin: 'https://countersign.localhost:1' }, 'foreign_origin'],
    [{ origin: `https://clientauth.countersign.localhost:${platform.port}` }, 'foreign_origin'],
    [{ 'sec-fetch-site': 'cross-site' }, 'foreign_origin'],
    [{ 'sec-fetch-site': 'same-site' }, 'foreign_origin'],
    [{ origin: own, 'sec-fetch-site': 'cross-site' }, 'foreign_origin'],
  ] as const)
    t.assert.deepEqual(refusal(await make(headers)), [403, code], JSON.stringify(headers))
  t.assert.deepEqual(await platform.world.store.apiKeys.list(browser.session.user.id), before)
  t.assert.equal((await make({ origin: own, 'sec-fetch-site': 'same-origin' })).status, 201)
  t.assert.equal((await make({})).status, 201)
  const person = await addPerson(platform)
  const body = { email: person.email, password: PASSWORD }
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
    t.assert.deepEqual(refusal(await signIn(body, headers)), [403, 'foreign_origin'], 'sign-in by another site')
})

test('a cookie that nobody was given counts for nothing, and none is taken over from the browser', async (t: TestContext) => {
  const chosen = randomBytes(32).toString('hex')
  const { email } = await addPerson(platform)
  const answer = await signIn({ email, password: PASSWORD }, { cookie: `__Host-countersign=${chosen}` })
  t.assert.equal(answer.status, 201)
  t.assert.ok(!cookieOf(answer).includes(chosen), 'the session was fixed by who chose the cookie')
  const token = cookieOf(answer).split('=')[1]!
  const flipped = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`
  for (const cookie of [
    `__Host-countersign=${chosen}`,
    `__Host-countersign=${flipped}`,
    `__Host-countersign=${token.slice(1)}`,
    `__Host-countersign=${token.toUpperCase()}`,
    `__Host-countersign="${token}"`,
    '__Host-countersign=',
    '__Host-countersign',
    `__Host-countersign=${token}; __Host-countersign=${chosen}`,
    `__Host-countersign=${chosen}; __Host-countersign=${token}`,
  ])
    t.assert.deepEqual(
      refusal(await platform.ask(ME, { door: 'api', headers: { cookie } })),
      [401, 'invalid_session'],
      cookie,
    )
  for (const cookie of [`countersign=${token}`, `__host-countersign=${token}`, `x__Host-countersign=${token}`])
    t.assert.deepEqual(refusal(await platform.ask(ME, { door: 'api', headers: { cookie } })), [401, 'invalid_api_key'])
  const among = `theme=dark; __Host-countersign=${token};other=1`
  t.assert.equal((await platform.ask(ME, { door: 'api', headers: { cookie: among } })).status, 200)
})

test('signing in anew in the same browser ends the session before', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email } = await addPerson(platform)
  const answer = await signIn({ email, password: PASSWORD }, { cookie: browser.cookie })
  t.assert.equal(answer.status, 201)
  t.assert.equal(await works(browser), 401)
})

test('a cookie and an API key together are refused, and neither is judged', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  for (const key of [platform.account.admin_api_key, 'wrong', ''])
    t.assert.deepEqual(refusal(await browser.ask(ME, { headers: { 'x-api-key': key } })), [400, 'invalid_request'])
  t.assert.equal(await works(browser), 200)
})

test('on the mutual-TLS host a cookie counts for nothing, and nobody signs in', async (t: TestContext) => {
  const browser = await signedInPerson(platform, ADMINISTRATOR_ROLES)
  const headers = { cookie: browser.cookie, 'x-csrf-token': browser.session.csrf_token }
  const none = await platform.ask(ME, { cert: '', key: '', agent: false, headers })
  t.assert.deepEqual(refusal(none), [403, 'AUTHORIZATION_ERROR'])
  const me = json<{ id: string }>(await platform.ask(ME, { headers }))
  t.assert.equal(me.id, platform.account.service_user_id)
  t.assert.deepEqual(refusal(await platform.ask(SESSION_PATH, { headers })), [403, 'access_denied'])
  const { email } = browser.session.user
  const answer = await post(platform, SESSION_PATH, { email, password: PASSWORD }, { door: 'clientauth' })
  t.assert.deepEqual(refusal(answer), [403, 'access_denied'])
})

test('an API key is no session', async (t: TestContext) => {
  for (const [method, path] of [
    ['GET', SESSION_PATH],
    ['DELETE', SESSION_PATH],
    ['GET', `${ME}/session`],
    ['POST', `${ME}/totp`],
    ['PUT', `${ME}/password`],
  ] as const) {
    const headers = { 'x-api-key': platform.account.admin_api_key }
    t.assert.deepEqual(
      refusal(await platform.ask(path, { door: 'api', method, headers })),
      [403, 'access_denied'],
      path,
    )
  }
})

test('wrong attempts lock a user, longer and longer, and nobody for good', async (t: TestContext) => {
  const { email, id } = await addPerson(platform)
  const wrong = () => signIn({ email, password: 'wrong wrong wrong' })
  const right = async () => (await signIn({ email, password: PASSWORD })).status
  for (let count = 0; count < 5; count++) await wrong()
  t.assert.equal(await right(), 401, 'the sixth attempt was judged')
  time += MINUTE + 1000
  await wrong()
  time += MINUTE + 1000
  t.assert.equal(await right(), 401, 'it was not locked for longer')
  time += MINUTE
  for (let count = 0; count < 8; count++) {
    await wrong()
    time += 15 * MINUTE + 1000
  }
  t.assert.equal(await right(), 201, 'a quarter of an hour is the longest')
  const locks = (await events('user.lock')).filter(({ resourceId }) => resourceId === id)
  t.assert.equal(locks.length, 10)
  t.assert.equal(await right(), 201)
})

test('attempts that come at once are counted one by one', async (t: TestContext) => {
  const { email, id } = await addPerson(platform)
  await Promise.all(Array.from({ length: 12 }, () => signIn({ email, password: 'wrong wrong wrong' })))
  const reasons = (await events('authentication.fail'))
    .filter(({ resourceId }) => resourceId === id)
    .map(({ details }) => details.reason)
  t.assert.equal(reasons.filter((reason) => reason === 'the password is wrong').length, 5)
})

test('a network from which the person signed in is not locked by strangers elsewhere', async (t: TestContext) => {
  const person = await addPerson(platform)
  const { world } = platform
  await browserOf(platform, { email: person.email, password: PASSWORD })
  for (let count = 0; count < 20; count++) await beginAttempt(world, person.id, `198.51.100.${count}`)
  t.assert.equal((await beginAttempt(world, person.id, '198.51.100.200')).isLocked, true)
  t.assert.equal((await signIn({ email: person.email, password: PASSWORD })).status, 201)
})

test('so many attempts of an address a minute, whatever comes of them', async (t: TestContext) => {
  const own = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '3' })
  t.after(() => own.stop())
  const { admin_email: email, admin_password: password } = own.account
  const statuses: number[] = []
  for (const body of [
    { email, password },
    { email: 'a@example.com', password: 'x' },
    { email, password },
    { email, password },
  ])
    statuses.push((await post(own, SESSION_PATH, body)).status)
  t.assert.deepEqual(statuses, [201, 401, 201, 429])
  const reset = await post(own, '/account/api/v1/password/reset', { email })
  t.assert.equal(reset.status, 429)
  t.assert.ok(Number(reset.headers['retry-after']) >= 1)
})

test('of a user the fifty newest sessions count', async (t: TestContext) => {
  const { email, id } = await addPerson(platform)
  const { sessions } = platform.world.store
  const first = await browserOf(platform, { email, password: PASSWORD })
  for (let count = 0; count < 49; count++) {
    const at = new Date(platform.world.now().getTime() + 1 + count)
    await sessions.add(newSession(at, { userId: id, address: '', userAgent: '' }).session)
  }
  t.assert.equal(await works(first), 200)
  await browserOf(platform, { email, password: PASSWORD })
  t.assert.equal(await works(first), 401)
  t.assert.equal((await sessions.list(id)).length, 50)
  const ended = (await events('session.end')).filter(({ resourceId }) => resourceId === first.session.id)
  t.assert.deepEqual(
    ended.map(({ details }) => details),
    [{ reason: 'too many' }],
  )
})

test('no token and no password is in the database, the log or an answer', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  await works(browser)
  const token = browser.cookie.split('=')[1]!
  const { folder, account: quickstart } = platform
  const secrets = [token, browser.session.csrf_token, PASSWORD, quickstart.admin_password]
  for (const name of (await readdir(folder)).filter((file) => file.startsWith('countersign.db'))) {
    const bytes = await readFile(join(folder, name))
    for (const secret of secrets) t.assert.ok(!bytes.includes(secret), name)
  }
  for (const secret of secrets) t.assert.ok(!platform.log.join('').includes(secret))
})
