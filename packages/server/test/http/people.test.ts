/** People from their invitation on: passwords, second factors, and who helps them when they have lost either. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { utf8Text } from '@countersign/codec'
import type { AuditEvent } from '../../src/domain/audit-event.ts'
import type { MailContent } from '../../src/domain/mail.ts'
import { ADMINISTRATOR_ROLES } from '../../src/domain/role.ts'
import { hotp, totpStep } from '../../src/domain/totp.ts'
import { eventsOf } from '../store/events-of.ts'
import {
  addPerson,
  type Browser,
  browserAfter,
  browserOf,
  PASSWORD,
  post,
  SESSION_PATH,
  signedInPerson,
} from './test-person.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const USERS = '/account/api/v1/user'
const ME = `${USERS}/me`
const TOKENS = '/account/api/v1/password'
const NEXT = 'sechs Störche auf dem Dach'
const MINUTE = 60_000

let platform: TestPlatform
let admin: Browser
let time = 0
const told: string[] = []

before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0' }, () => new Date(Date.now() + time))
  admin = await signedInPerson(platform, ADMINISTRATOR_ROLES)
})
after(() => platform.stop())

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
const signIn = (body: object) => post(platform, SESSION_PATH, body)
const works = async (browser: Browser) => (await browser.ask(ME)).status
const setPassword = (token: string, password: string) => post(platform, TOKENS, { token, password })

async function events(action: string): Promise<readonly AuditEvent[]> {
  const all = await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 10_000)
  return all.filter((event) => event.action === action)
}

/** Mails to an address that wait or were written to the outbox. */
async function mailsTo(email: string): Promise<string[]> {
  const { world, folder } = platform
  const waiting = (await world.store.mails.listDue(new Date(8.64e15), 1_000))
    .map(({ id, wrapped }) => JSON.parse(utf8Text(world.keys.unwrapSecret(id, wrapped))) as MailContent)
    .filter(({ to }) => to === email)
    .map(({ subject, text }) => `${subject}\n${text}`)
  const outbox = join(folder, 'outbox')
  // What is being written has another name, and waits as well.
  const files = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml'))
  const written = await Promise.all(files.map((name) => readFile(join(outbox, name), 'utf8')))
  return [...written.filter((text) => text.includes(`To: ${email}`)), ...waiting]
}

/** The tokens that were sent to an address, once there are so many. */
async function tokensTo(email: string, count = 1): Promise<string[]> {
  for (let tries = 0; tries < 500; tries++) {
    const tokens = (await mailsTo(email)).flatMap((text) => /^[0-9a-f]{64}\r?$/m.exec(text)?.[0].trim() ?? [])
    told.push(...tokens)
    if (tokens.length >= count) return tokens
    await delay(10)
  }
  throw new Error(`there are no ${count} mails to ${email}`)
}

let people = 0
async function invite(body: object = {}): Promise<{ id: string; email: string }> {
  const wanted = {
    user_type: 'standard',
    friendly_name: 'Jo',
    roles: ['CTM_SIGNER'],
    email: `jo${people++}@example.com`,
  }
  const answer = await admin.ask(USERS, { method: 'POST', body: { ...wanted, ...body } })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return json(answer)
}

/** Enrols and confirms a second factor, and gives what makes codes, each time another step. */
async function enrol(browser: Browser) {
  const answer = await browser.ask(`${ME}/totp`, { method: 'POST', body: { password: PASSWORD } })
  const { secret, uri } = json<{ secret: string; uri: string }>(answer)
  told.push(secret)
  const bytes = fromBase32(secret)
  const code = (steps = 0): string => hotp(bytes, totpStep(platform.world.now()) + steps)
  const confirmed = await browser.ask(`${ME}/totp/confirm`, { method: 'POST', body: { totp: code() } })
  const { recovery_codes } = json<{ recovery_codes: string[] }>(confirmed)
  told.push(...recovery_codes)
  time += MINUTE
  return { code, uri, recovery_codes }
}

function fromBase32(text: string): Uint8Array {
  const bits = Array.from(text, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  return Uint8Array.from(bits.join('').match(/.{8}/g)!, (byte) => Number.parseInt(byte, 2))
}

test('a person is invited, sets a password by the token of the mail once, and signs in', async (t: TestContext) => {
  const { id, email } = await invite({ email: 'Jane@Example.com', end_date: '2100-01-01' })
  t.assert.equal((await platform.world.store.users.find(id))?.kind, 'standard')
  t.assert.deepEqual(await platform.world.store.apiKeys.list(id), [])
  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'invalid_credentials'])
  const [token] = (await tokensTo(email)) as [string]
  t.assert.deepEqual(refusal(await setPassword(token, 'short')), [400, 'invalid_password'])
  t.assert.deepEqual(refusal(await setPassword(token, 'jane@example.com')), [400, 'invalid_password'])
  t.assert.equal((await setPassword(token, PASSWORD)).status, 204)
  t.assert.deepEqual(refusal(await setPassword(token, NEXT)), [400, 'invalid_token'])
  const browser = await browserOf(platform, { email, password: PASSWORD })
  t.assert.equal(browser.session.password_change_advised, false)
  const me = json<{ user_type: string; applications: { permissions: string[] }[] }>(await browser.ask(ME))
  t.assert.deepEqual(
    [me.user_type, me.applications[0]!.permissions],
    ['standard', ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL']],
  )
  t.assert.deepEqual(
    (await Promise.all(['user.invite', 'password.set'].map(events))).map(
      (found) => found.filter(({ resourceId }) => resourceId === id).length,
    ),
    [1, 1],
  )
})

test('an invitation lasts seven days; sent again, the one before serves no more', async (t: TestContext) => {
  const { id, email } = await invite()
  const [first] = (await tokensTo(email)) as [string]
  t.assert.equal((await admin.ask(`${USERS}/${id}/invitation`, { method: 'POST' })).status, 202)
  const second = (await tokensTo(email, 2)).find((token) => token !== first)!
  t.assert.deepEqual(refusal(await setPassword(first, PASSWORD)), [400, 'invalid_token'])
  time += 7 * 24 * 60 * MINUTE
  t.assert.deepEqual(refusal(await setPassword(second, PASSWORD)), [400, 'invalid_token'])
  admin = await signedInPerson(platform, ADMINISTRATOR_ROLES)
  await admin.ask(`${USERS}/${id}/invitation`, { method: 'POST' })
  const third = (await tokensTo(email, 3)).find((token) => ![first, second].includes(token))!
  t.assert.equal((await setPassword(third, PASSWORD)).status, 204)
  const again = await admin.ask(`${USERS}/${id}/invitation`, { method: 'POST' })
  t.assert.deepEqual(refusal(again), [409, 'user_not_invited'])
})

test('whoever may not make somebody invites nobody', async (t: TestContext) => {
  const manager = await signedInPerson(platform, ['AM_USER_MANAGER'])
  const viewer = await signedInPerson(platform, ['AM_VIEW_ONLY'])
  const body = { user_type: 'standard', friendly_name: 'Up', email: 'up@example.com', roles: ['AM_ACCOUNT_ADMIN'] }
  for (const browser of [manager, viewer])
    t.assert.deepEqual(refusal(await browser.ask(USERS, { method: 'POST', body })), [403, 'access_denied'])
  const { id, email } = await invite({ roles: ['CTM_ADMIN'] })
  for (const [method, path] of [
    ['POST', 'invitation'],
    ['DELETE', 'session'],
    ['DELETE', 'totp'],
  ] as const)
    t.assert.deepEqual(refusal(await manager.ask(`${USERS}/${id}/${path}`, { method })), [403, 'access_denied'], path)
  t.assert.deepEqual(await mailsTo('up@example.com'), [])
  const taken = { user_type: 'standard', friendly_name: 'Two', email: email.toUpperCase(), roles: ['CTM_SIGNER'] }
  t.assert.deepEqual(refusal(await admin.ask(USERS, { method: 'POST', body: taken })), [409, 'user_exists'])
  for (const wrong of [{ email: undefined }, { email: 'nobody' }, { roles: [] }, { accounts: ['another'] }]) {
    const answer = await admin.ask(USERS, { method: 'POST', body: { ...taken, email: 'new@example.com', ...wrong } })
    t.assert.ok([400, 404].includes(answer.status), JSON.stringify(wrong))
  }
  t.assert.equal(await platform.world.store.users.findByEmail('new@example.com'), undefined)
})

test('a password that was forgotten is set by a mail, and nothing tells whose address there is', async (t: TestContext) => {
  const { email, id } = await addPerson(platform)
  const browser = await browserOf(platform, { email, password: PASSWORD })
  const invited = await invite()
  const service = (await platform.world.store.users.find(platform.account.service_user_id))!
  const disabled = await addPerson(platform, [], { status: 'disabled' })
  const asked = (address: string) => post(platform, `${TOKENS}/reset`, { email: address })
  const others = ['nobody@example.com', invited.email, service.email, disabled.email]
  for (const address of [email.toUpperCase(), ...others]) {
    const answer = await asked(address)
    t.assert.deepEqual([answer.status, answer.body.toString()], [202, '{}'], address)
  }
  const [token] = (await tokensTo(email)) as [string]
  for (const address of others)
    t.assert.equal((await mailsTo(address)).length, address === invited.email ? 1 : 0, address)
  await asked(email)
  t.assert.equal((await setPassword(token, NEXT)).status, 204)
  t.assert.equal(await works(browser), 401)
  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'invalid_credentials'])
  t.assert.equal((await signIn({ email, password: NEXT })).status, 201)
  t.assert.equal((await tokensTo(email)).length, 1, 'a second token within five minutes')
  await asked(email)
  const later = (await tokensTo(email, 2)).find((one) => one !== token)!
  time += 61 * MINUTE
  t.assert.deepEqual(refusal(await setPassword(later, PASSWORD)), [400, 'invalid_token'])
  for (const wrong of ['', 'x', '0'.repeat(64), later.toUpperCase()])
    t.assert.deepEqual(refusal(await setPassword(wrong, PASSWORD)), [400, 'invalid_token'])
  t.assert.equal((await events('password.reset')).filter(({ resourceId }) => resourceId === id).length, 1)
  admin = await signedInPerson(platform, ADMINISTRATOR_ROLES)
})

test('an address that nobody can have is asked about like any other, and rings no alarm', async (t: TestContext) => {
  const answer = await post(platform, `${TOKENS}/reset`, { email: 'a\u0000@example.com' })
  t.assert.deepEqual([answer.status, json(answer)], [202, {}])
  t.assert.ok(!platform.log.some((line) => line.includes('a password reset was not sent')))
})

test('who asks for mails in the name of another takes nothing from that one', async (t: TestContext) => {
  const { email } = await addPerson(platform)
  const asked = () => post(platform, `${TOKENS}/reset`, { email })
  await asked()
  const [own] = (await tokensTo(email)) as [string]
  for (let count = 2; count < 5; count++) {
    time += 6 * MINUTE
    await asked()
    await tokensTo(email, count)
  }
  t.assert.equal((await setPassword(own, NEXT)).status, 204)
  for (const other of await tokensTo(email, 4))
    t.assert.deepEqual(refusal(await setPassword(other, PASSWORD)), [400, 'invalid_token'])
})

test('a reset lets in who was locked out, and leaves the second factor', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email } = browser.session.user
  const { code } = await enrol(browser)
  for (let count = 0; count < 6; count++) await signIn({ email, password: 'wrong wrong wrong' })
  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD, totp: code() })), [401, 'invalid_credentials'])
  await post(platform, `${TOKENS}/reset`, { email })
  const [token] = (await tokensTo(email)) as [string]
  t.assert.equal((await setPassword(token, NEXT)).status, 204)
  t.assert.deepEqual(refusal(await signIn({ email, password: NEXT })), [401, 'totp_required'])
  t.assert.equal((await signIn({ email, password: NEXT, totp: code() })).status, 201)
})

test('who changes the password knows the one before, and all sessions end with it', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email } = browser.session.user
  const other = await browserOf(platform, { email, password: PASSWORD })
  const change = (current_password: string, new_password: string) =>
    browser.ask(`${ME}/password`, { method: 'PUT', body: { current_password, new_password } })
  t.assert.deepEqual(refusal(await change('wrong wrong wrong', NEXT)), [403, 'wrong_password'])
  for (const unfit of ['short', 'password1234', PASSWORD, email])
    t.assert.deepEqual(refusal(await change(PASSWORD, unfit)), [400, 'invalid_password'], unfit)
  t.assert.equal(await works(other), 200)
  const changed = await change(PASSWORD, NEXT)
  t.assert.equal(changed.status, 200)
  const next = browserAfter(platform, changed)
  t.assert.deepEqual([await works(browser), await works(other), await works(next)], [401, 401, 200])
  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'invalid_credentials'])
  t.assert.equal((await signIn({ email, password: NEXT })).status, 201)
})

test('the first administrator changes the password that stands in account.json, and is advised no longer', async (t: TestContext) => {
  const { admin_email: email, admin_password: password } = platform.account
  const browser = await browserOf(platform, { email, password })
  t.assert.equal(browser.session.password_change_advised, true)
  t.assert.equal(
    (await browserOf(platform, { email, password })).session.password_change_advised,
    true,
    'after the upgrade',
  )
  const body = { current_password: password, new_password: NEXT }
  const changed = json<Browser['session']>(await browser.ask(`${ME}/password`, { method: 'PUT', body }))
  t.assert.equal(changed.password_change_advised, false)
})

test('who has the session and not the password is locked out from guessing it', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const body = { current_password: 'wrong wrong wrong', new_password: NEXT }
  for (let count = 0; count < 5; count++) await browser.ask(`${ME}/password`, { method: 'PUT', body })
  const right = await browser.ask(`${ME}/password`, { method: 'PUT', body: { ...body, current_password: PASSWORD } })
  t.assert.deepEqual(refusal(right), [403, 'wrong_password'])
  t.assert.equal(await works(browser), 200)
})

test('a second factor is asked for once a code has confirmed it, and each code serves once', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email } = browser.session.user
  const wrong = await browser.ask(`${ME}/totp`, { method: 'POST', body: { password: 'wrong wrong wrong' } })
  t.assert.deepEqual(refusal(wrong), [403, 'wrong_password'])
  const confirm = (totp: string) => browser.ask(`${ME}/totp/confirm`, { method: 'POST', body: { totp } })
  t.assert.deepEqual(refusal(await confirm('123456')), [404, 'totp_not_found'])
  const unconfirmed = await browser.ask(`${ME}/totp`, { method: 'POST', body: { password: PASSWORD } })
  t.assert.equal(unconfirmed.status, 201)
  t.assert.deepEqual(refusal(await confirm('abcdef')), [400, 'invalid_totp'])
  t.assert.equal((await signIn({ email, password: PASSWORD })).status, 201, 'one that nobody confirmed')
  const { code, uri, recovery_codes } = await enrol(browser)
  t.assert.match(uri, /^otpauth:\/\/totp\/Countersign:/)
  t.assert.equal(recovery_codes.length, 10)
  t.assert.deepEqual(refusal(await confirm(code())), [409, 'totp_is_enabled'])
  const anew = await browser.ask(`${ME}/totp`, { method: 'POST', body: { password: PASSWORD } })
  t.assert.deepEqual(refusal(anew), [409, 'totp_is_enabled'])

  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'totp_required'])
  t.assert.deepEqual(refusal(await signIn({ email, password: 'wrong wrong wrong' })), [401, 'invalid_credentials'])
  for (const totp of ['000000', '', code(-2), code(2)])
    t.assert.equal((await signIn({ email, password: PASSWORD, totp })).status, 401, totp)
  time += 2 * MINUTE
  const used = code()
  const both = await Promise.all([1, 2].map(() => signIn({ email, password: PASSWORD, totp: used })))
  t.assert.deepEqual(both.map(({ status }) => status).sort(), [201, 401], 'one code served twice')
  t.assert.equal((await signIn({ email, password: PASSWORD, totp: code(-1) })).status, 401, 'an older one')
  const next = await browserOf(platform, { email, password: PASSWORD, totp: code(1) })
  t.assert.deepEqual([next.session.totp_enabled, next.session.recovery_codes_left], [true, 10])
})

test('codes can not be guessed by who knows the password', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email } = browser.session.user
  const { code } = await enrol(browser)
  for (let count = 0; count < 5; count++) {
    t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'totp_required'])
    t.assert.equal((await signIn({ email, password: PASSWORD, totp: '000000' })).status, 401)
  }
  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD, totp: code() })), [401, 'invalid_credentials'])
  t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'invalid_credentials'])
  time += MINUTE + 1000
  t.assert.equal((await signIn({ email, password: PASSWORD, totp: code() })).status, 201)
})

test('the first code can not be guessed by who has the session alone', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const confirm = (totp: string) => browser.ask(`${ME}/totp/confirm`, { method: 'POST', body: { totp } })
  const { secret } = json<{ secret: string }>(
    await browser.ask(`${ME}/totp`, { method: 'POST', body: { password: PASSWORD } }),
  )
  told.push(secret)
  const code = () => hotp(fromBase32(secret), totpStep(platform.world.now()))
  for (let count = 0; count < 5; count++) t.assert.deepEqual(refusal(await confirm('abcdef')), [400, 'invalid_totp'])
  t.assert.deepEqual(refusal(await confirm(code())), [403, 'wrong_password'])
  time += MINUTE + 1000
  t.assert.equal((await confirm(code())).status, 200)
})

test('asking for the code is no wrong attempt', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email } = browser.session.user
  const { code } = await enrol(browser)
  for (let count = 0; count < 8; count++)
    t.assert.deepEqual(refusal(await signIn({ email, password: PASSWORD })), [401, 'totp_required'])
  t.assert.equal((await signIn({ email, password: PASSWORD, totp: code() })).status, 201)
})

test('a recovery code serves once', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email, id } = browser.session.user
  const { recovery_codes } = await enrol(browser)
  const [first, second] = recovery_codes as [string, string]
  const both = await Promise.all(
    [1, 2].map(() => signIn({ email, password: PASSWORD, recovery_code: first.toUpperCase() })),
  )
  t.assert.deepEqual(both.map(({ status }) => status).sort(), [201, 401])
  const next = await browserOf(platform, { email, password: PASSWORD, recovery_code: second })
  t.assert.equal(next.session.recovery_codes_left, 8)
  const uses = (await events('recovery_code.use')).filter(({ resourceId }) => resourceId === id)
  t.assert.deepEqual(uses.map(({ details }) => details.left).sort(), [8, 9])
})

test('a second factor goes by password and code, or by an administrator', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email, id } = browser.session.user
  const { code } = await enrol(browser)
  const disable = (body: object) => browser.ask(`${ME}/totp/disable`, { method: 'POST', body })
  for (const body of [
    { password: PASSWORD },
    { password: PASSWORD, totp: '000000' },
    { password: 'wrong wrong wrong', totp: code() },
  ])
    t.assert.deepEqual(refusal(await disable(body)), [403, 'wrong_password'])
  t.assert.equal((await disable({ password: PASSWORD, totp: code() })).status, 204)
  t.assert.deepEqual(refusal(await disable({ password: PASSWORD })), [404, 'totp_not_found'])
  t.assert.equal((await signIn({ email, password: PASSWORD })).status, 201)

  await enrol(browser)
  t.assert.equal((await signIn({ email, password: PASSWORD })).status, 401)
  t.assert.equal((await admin.ask(`${USERS}/${id}/totp`, { method: 'DELETE' })).status, 204)
  t.assert.equal(await works(browser), 401)
  t.assert.equal((await signIn({ email, password: PASSWORD })).status, 201)
  t.assert.deepEqual(refusal(await admin.ask(`${USERS}/${id}/totp`, { method: 'DELETE' })), [404, 'totp_not_found'])
  const self = await admin.ask(`${USERS}/${admin.session.user.id}/totp`, { method: 'DELETE' })
  t.assert.deepEqual(refusal(self), [409, 'own_user'])
  t.assert.equal((await events('totp.reset')).filter(({ resourceId }) => resourceId === id).length, 1)
})

test('people are told of what was done in their name', async (t: TestContext) => {
  const browser = await signedInPerson(platform)
  const { email, id } = browser.session.user
  const { recovery_codes } = await enrol(browser)
  await browserOf(platform, { email, password: PASSWORD, recovery_code: recovery_codes[0] })
  await admin.ask(`${USERS}/${id}/totp`, { method: 'DELETE' })
  const again = await browserOf(platform, { email, password: PASSWORD })
  const { code } = await enrol(again)
  await again.ask(`${ME}/totp/disable`, { method: 'POST', body: { password: PASSWORD, totp: code() } })
  await again.ask(`${ME}/password`, { method: 'PUT', body: { current_password: PASSWORD, new_password: NEXT } })
  const own = await signedInPerson(platform, ['AM_USER_MANAGER'])
  const api = '/account/api/v1'
  const made = json<{ id: string; api_key: string }>(await own.ask(`${api}/api-key`, { body: { name: 'Mine' } }))
  t.assert.equal((await own.ask(`${api}/api-key/${made.id}/rotate`, { method: 'POST' })).status, 200)
  t.assert.equal((await own.ask(`${api}/client-auth-certificate/generate`, { body: { name: 'Mine' } })).status, 201)
  // What a program does by a key, nobody has to be told of.
  const headers = { 'x-api-key': made.api_key }
  t.assert.equal((await post(platform, `${api}/api-key`, { name: 'Next' }, { headers })).status, 201)
  const ownMails = await mailsTo(own.session.user.email)
  for (const subject of [
    'An API key of yours was made',
    'An API key of yours was rotated',
    'A client authentication certificate of yours was made',
  ])
    t.assert.equal(ownMails.filter((mail) => mail.includes(subject)).length, 1, subject)
  t.assert.equal(ownMails.length, 3)
  const mails = await mailsTo(email)
  for (const [subject, count] of [
    ['Signing in takes a second factor now', 2],
    ['A recovery code was used in place of your second factor', 1],
    ['An administrator took your second factor away', 1],
    ['Signing in takes no second factor any more', 1],
    ['Your password was changed', 1],
  ] as const)
    t.assert.equal(mails.filter((mail) => mail.includes(subject)).length, count, subject)
})

test('nothing that was told once is in the database, the log or the audit', async (t: TestContext) => {
  t.assert.ok(told.length > 20)
  const secrets = [...new Set(told), PASSWORD, NEXT]
  const { folder, log } = platform
  const files = (await readdir(folder)).filter((file) => file.startsWith('countersign.db'))
  const places = [...(await Promise.all(files.map((name) => readFile(join(folder, name))))), Buffer.from(log.join(''))]
  for (const place of places) for (const secret of secrets) t.assert.ok(!place.includes(secret))
})
