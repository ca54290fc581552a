import { randomUUID } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { permissionsOfRoles } from '../../src/domain/role.ts'
import { account, user } from '../store/noun.ts'
import { addPerson, type Browser, browserOf, PASSWORD } from './test-person.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type Member = { id: string; api_key: string; api_key_id: string; status: string; managers: string[] }

const API = '/account/api/v1'
let platform: TestPlatform
let admin: string
before(async () => {
  platform = await startTestPlatform()
  admin = platform.account.admin_api_key
})
after(() => platform.stop())

function call(by: string | Browser, method: string, path: string, body?: object): Promise<Answer> {
  if (typeof by !== 'string') return by.ask(`${API}/${path}`, { method, ...(body && { body }) })
  const bytes = body && Buffer.from(JSON.stringify(body))
  const json = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
  const headers = { 'x-api-key': by, ...json }
  return platform.ask(`${API}/${path}`, { door: 'api', method, headers, ...(bytes && { body: bytes }) })
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
async function made<T = Member>(answer: Promise<Answer>): Promise<T> {
  const { status, body } = await answer
  if (status !== 201 && status !== 200) throw new Error(`${status} ${body}`)
  return JSON.parse(body.toString()) as T
}
const newUser = (body: object = {}) =>
  made(call(admin, 'POST', 'user', { friendly_name: 'Desk', roles: ['CTM_SIGNER'], ...body }))

/** A person who signs, and manages nothing on the whole account; signed in. */
async function signer() {
  const person = await addPerson(platform, ['CTM_SIGNER'])
  return { person, browser: await browserOf(platform, { email: person.email, password: PASSWORD }) }
}

test('who is named to manage a service user sees it, its keys and certificates, and makes and ends them', async (t: TestContext) => {
  const { person, browser } = await signer()
  for (const path of ['user', 'api-key', 'client-auth-certificate'])
    t.assert.deepEqual(refusal(await call(browser, 'GET', path)), [403, 'access_denied'], path)
  const desk = await newUser({ managers: [person.id] })
  t.assert.deepEqual(desk.managers, [person.id])
  const other = await newUser()
  const users = json<Member[]>(await call(browser, 'GET', 'user'))
  t.assert.deepEqual(
    users.map(({ id }) => id),
    [desk.id],
  )
  t.assert.equal(json<Member>(await call(browser, 'GET', `user/${desk.id}`)).id, desk.id)
  const key = await made<{ id: string; api_key: string }>(
    call(browser, 'POST', 'api-key', { name: 'New', user_id: desk.id }),
  )
  const me = json<Member>(await call(key.api_key, 'GET', 'user/me'))
  t.assert.equal(me.id, desk.id)
  const keys = json<{ id: string; user_id: string }[]>(await call(browser, 'GET', 'api-key'))
  t.assert.ok(keys.length === 2 && keys.every(({ user_id }) => user_id === desk.id))
  const rotated = await made(call(browser, 'POST', `api-key/${desk.api_key_id}/rotate`, { overlap_hours: 0 }))
  t.assert.equal((await call(desk.api_key, 'GET', 'user/me')).status, 401)
  t.assert.equal((await call(rotated.api_key, 'GET', 'user/me')).status, 200)
  for (const [enabled, status] of [
    [false, 401],
    [true, 200],
  ] as const) {
    t.assert.equal((await call(browser, 'PUT', `user/${desk.id}/enable`, { enabled })).status, 200)
    t.assert.equal((await call(key.api_key, 'GET', 'user/me')).status, status)
  }
  t.assert.equal((await call(browser, 'PUT', `api-key/${key.id}`, { scopes: ['SIGN_CTM_CONTENT'] })).status, 200)
  t.assert.equal((await call(browser, 'PUT', `api-key/${key.id}/enable`, { enabled: false })).status, 200)
  t.assert.equal((await call(browser, 'DELETE', `api-key/${key.id}`)).status, 204)
  // Of those whom it does not manage there is nothing.
  for (const [method, path, body] of [
    ['GET', `user/${other.id}`, undefined],
    ['GET', `user/${person.id}`, undefined],
    ['PUT', `user/${other.id}/enable`, { enabled: false }],
    ['GET', `api-key/${other.api_key_id}`, undefined],
    ['POST', 'api-key', { name: 'x', user_id: other.id }],
    ['POST', 'api-key', { name: 'x' }],
    ['POST', `api-key/${other.api_key_id}/rotate`, {}],
    ['DELETE', `api-key/${other.api_key_id}`, undefined],
    ['GET', `client-auth-certificate?user_id=${other.id}`, undefined],
  ] as const)
    t.assert.equal((await call(browser, method, path, body)).status, 404, `${method} ${path}`)
  // Nor does managing one mean changing it.
  for (const [method, path, body] of [
    ['PUT', `user/${desk.id}`, { roles: ['AM_ACCOUNT_ADMIN'] }],
    ['PUT', `user/${desk.id}`, { managers: [] }],
    ['DELETE', `user/${desk.id}`, undefined],
    ['POST', 'user', { friendly_name: 'x', roles: ['CTM_SIGNER'] }],
    ['GET', 'client-auth-certificate', undefined],
    ['POST', 'client-auth-certificate/generate', { name: 'x' }],
    ['GET', 'audit-log', undefined],
    ['GET', 'role', undefined],
    ['GET', 'account', undefined],
  ] as const)
    t.assert.deepEqual(refusal(await call(browser, method, path, body)), [403, 'access_denied'], `${method} ${path}`)
  const events = json<{ action: string }[]>(await call(admin, 'GET', `audit-log?resource_id=${key.id}`))
  t.assert.deepEqual(events.flatMap(({ action }) => (action.startsWith('api_key.') ? [action] : [])).sort(), [
    'api_key.create',
    'api_key.delete',
    'api_key.disable',
    'api_key.update',
  ])
})

test('its certificates are seen, disabled and deleted by its managers, and by them alone', async (t: TestContext) => {
  const { person, browser } = await signer()
  const desk = await newUser({ roles: ['CTM_SIGNER', 'AM_USER_MANAGER'], managers: [person.id] })
  const { id } = await made(call(desk.api_key, 'POST', 'client-auth-certificate/generate', { name: 'Managed' }))
  const stranger = (await signer()).browser
  t.assert.equal((await call(stranger, 'GET', `client-auth-certificate/${id}`)).status, 403)
  const list = json<{ id: string }[]>(await call(browser, 'GET', `client-auth-certificate?user_id=${desk.id}`))
  t.assert.deepEqual(
    list.map((one) => one.id),
    [id],
  )
  t.assert.equal((await call(browser, 'GET', `client-auth-certificate/${id}`)).status, 200)
  // The file is for the user itself.
  t.assert.equal((await call(browser, 'GET', `client-auth-certificate/${id}/pkcs12`)).status, 403)
  for (const enabled of [false, true])
    t.assert.equal((await call(browser, 'PUT', `client-auth-certificate/${id}/enable`, { enabled })).status, 200)
  t.assert.equal((await call(browser, 'DELETE', `client-auth-certificate/${id}`)).status, 204)
})

test('who names a manager may do all that the service user may; and a manager is no way to more', async (t: TestContext) => {
  const { users, apiKeys } = platform.world.store
  const half = user(platform.account.account_id, {
    kind: 'standard',
    roles: ['AM_USER_MANAGER'],
    permissions: permissionsOfRoles(['AM_USER_MANAGER']),
  })
  await users.add(half)
  const { apiKey, text } = newApiKey(platform.world.now(), { userId: half.id, name: 'own' })
  await apiKeys.add(apiKey)
  const desk = await newUser()
  const named = await call(text, 'PUT', `user/${desk.id}`, { managers: [half.id] })
  t.assert.deepEqual(refusal(named), [403, 'access_denied'])
  t.assert.equal((await call(text, 'POST', 'api-key', { name: 'x', user_id: desk.id })).status, 403)
  t.assert.equal((await call(admin, 'PUT', `user/${desk.id}`, { managers: [half.id] })).status, 200)
  t.assert.equal((await call(text, 'POST', 'api-key', { name: 'x', user_id: desk.id })).status, 201)
  for (const change of [{ roles: ['CTM_ADMIN'] }, { friendly_name: 'x' }, { managers: [half.id] }])
    t.assert.deepEqual(refusal(await call(text, 'PUT', `user/${desk.id}`, change)), [403, 'access_denied'])
  // A key of the manager that is limited does not manage.
  const scoped = await made(call(text, 'POST', 'api-key', { name: 's', scopes: ['MANAGE_AM_API_KEY'] }))
  t.assert.equal((await call(scoped.api_key, 'POST', 'api-key', { name: 'x', user_id: desk.id })).status, 404)
  const held = await made(call(text, 'POST', 'api-key', { name: 'h', allowed_networks: ['127.0.0.0/8', '::1'] }))
  t.assert.equal(
    (await call(held.api_key, 'POST', 'api-key', { name: 'x', user_id: desk.id, allowed_networks: [] })).status,
    403,
  )
  const ends = await made(call(text, 'POST', 'api-key', { name: 'e', end_date: '2099-12-31' }))
  const forEver = { name: 'x', user_id: desk.id, end_date: null }
  t.assert.equal((await call(ends.api_key, 'POST', 'api-key', forEver)).status, 400)
})

test('managers are people of the account, and go when they are deleted', async (t: TestContext) => {
  const { store } = platform.world
  const { person, browser } = await signer()
  const foreign = account()
  await store.accounts.add(foreign)
  const stranger = user(foreign.id, { kind: 'standard' })
  await store.users.add(stranger)
  const desk = await newUser({ managers: [person.id, person.id] })
  t.assert.deepEqual(desk.managers, [person.id])
  for (const managers of [[stranger.id], [desk.id], [platform.account.service_user_id], [randomUUID()], ['x']]) {
    const answer = await call(admin, 'PUT', `user/${desk.id}`, { managers })
    t.assert.deepEqual(refusal(answer), [400, 'invalid_request'])
    t.assert.match(json(answer).errors[0]!.message, /managers: .* is no person of the account/)
  }
  const ofPerson = await call(admin, 'PUT', `user/${person.id}`, { managers: [person.id] })
  t.assert.deepEqual(refusal(ofPerson), [400, 'invalid_request'])
  const invited = { friendly_name: 'x', email: 'x@example.com', roles: ['CTM_SIGNER'], user_type: 'standard' }
  t.assert.equal((await call(admin, 'POST', 'user', { ...invited, managers: [person.id] })).status, 400)
  t.assert.equal((await call(browser, 'GET', `user/${desk.id}`)).status, 200)
  await made(call(admin, 'PUT', `user/${desk.id}`, { managers: [] }))
  t.assert.equal((await call(browser, 'GET', `user/${desk.id}`)).status, 403)
  await made(call(admin, 'PUT', `user/${desk.id}`, { managers: [person.id] }))
  t.assert.equal((await call(admin, 'DELETE', `user/${person.id}`)).status, 204)
  t.assert.deepEqual(json<Member>(await call(admin, 'GET', `user/${desk.id}`)).managers, [])
})
