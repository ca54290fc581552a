import { after, before, type TestContext, test } from 'node:test'
import type { Permission } from '../../src/domain/permission.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type Role = {
  id: string
  name: string
  description: string
  application_code: string
  permissions: Permission[]
  built_in: boolean
}
type Member = { id: string; api_key: string; roles: string[]; applications: { permissions: string[] }[] }

const API = '/account/api/v1'
let platform: TestPlatform
let admin: string
let names = 0
before(async () => {
  platform = await startTestPlatform()
  admin = platform.account.admin_api_key
})
after(() => platform.stop())

function call(key: string, method: string, path: string, body?: object): Promise<Answer> {
  const bytes = body && Buffer.from(JSON.stringify(body))
  const json = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
  const headers = { 'x-api-key': key, ...json }
  return platform.ask(`${API}/${path}`, { door: 'api', method, headers, ...(bytes && { body: bytes }) })
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
async function made<T>(answer: Promise<Answer>): Promise<T> {
  const { status, body } = await answer
  if (status !== 201 && status !== 200) throw new Error(`${status} ${body}`)
  return JSON.parse(body.toString()) as T
}
const newRole = (permissions: readonly Permission[], key = admin, application_code = 'account_manager') =>
  made<Role>(call(key, 'POST', 'role', { name: `Role ${names++}`, application_code, permissions }))
const newUser = (roles: readonly string[], key = admin) =>
  made<Member>(call(key, 'POST', 'user', { friendly_name: `Desk ${names++}`, roles }))
const mayOf = async (key: string) =>
  json<Member>(await call(key, 'GET', 'user/me')).applications.flatMap(({ permissions }) => permissions)
const list = async (query = '', key = admin) => json<Role[]>(await call(key, 'GET', `role${query}`))

test('a role of an account lets do what it says, and what it says later from the next request on', async (t: TestContext) => {
  const role = await newRole(['VIEW_AM_USER'])
  t.assert.deepEqual([role.application_code, role.built_in], ['account_manager', false])
  const desk = await newUser([role.id, 'CTM_SIGNER'])
  t.assert.deepEqual(desk.roles, [role.id, 'CTM_SIGNER'])
  t.assert.deepEqual(await mayOf(desk.api_key), ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL', 'VIEW_AM_USER'])
  t.assert.equal((await call(desk.api_key, 'GET', 'user')).status, 200)
  const change = { name: 'Auditors', description: 'Read', permissions: ['VIEW_AM_AUDIT_LOG'] }
  const changed = await made<Role>(call(admin, 'PUT', `role/${role.id}`, change))
  t.assert.deepEqual(changed, { ...role, ...change })
  t.assert.deepEqual(json(await call(admin, 'GET', `role/${role.id}`)), changed)
  t.assert.deepEqual(refusal(await call(desk.api_key, 'GET', 'user')), [403, 'access_denied'])
  t.assert.equal((await call(desk.api_key, 'GET', 'audit-log')).status, 200)
  // Another change of the user keeps what the role lets do no longer than the role.
  t.assert.equal((await call(admin, 'PUT', `user/${desk.id}`, { friendly_name: 'Renamed' })).status, 200)
  await made(call(admin, 'PUT', `user/${desk.id}`, { roles: ['CTM_SIGNER'] }))
  t.assert.deepEqual(await mayOf(desk.api_key), ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL'])
})

test('the roles of an account stand behind those of every account, by application', async (t: TestContext) => {
  const [one, other] = [
    await newRole(['VIEW_AM_ROLE']),
    await newRole(['SIGN_CTM_CONTENT'], admin, 'content_trust_manager'),
  ]
  const all = await list()
  const firstOwn = all.findIndex(({ built_in }) => !built_in)
  t.assert.ok(firstOwn > 0 && all.slice(firstOwn).every(({ built_in }) => !built_in))
  t.assert.ok(all.slice(0, firstOwn).every(({ id, name }) => id === name))
  const ids = (await list('?application_code=account_manager')).map(({ id }) => id)
  t.assert.deepEqual([ids.includes(one.id), ids.includes(other.id)], [true, false])
})

test('nobody puts in, takes out or gives what they do not have, by whatever way', async (t: TestContext) => {
  const roleMaker = await newRole(['VIEW_AM_ROLE', 'MANAGE_AM_ROLE', 'VIEW_AM_USER', 'MANAGE_AM_USER'])
  const maker = await newUser([roleMaker.id])
  const strong = await newRole(['VIEW_AM_AUDIT_LOG', 'VIEW_AM_USER'])
  const denied = async (method: string, path: string, body?: object) =>
    t.assert.deepEqual(
      refusal(await call(maker.api_key, method, path, body)),
      [403, 'access_denied'],
      `${method} ${path}`,
    )
  const wish = { name: 'Up', application_code: 'account_manager' }
  await denied('POST', 'role', { ...wish, permissions: ['VIEW_AM_USER', 'VIEW_AM_AUDIT_LOG'] })
  await denied('POST', 'role', { ...wish, permissions: ['MANAGE_AM_PLATFORM'] })
  await denied('PUT', `role/${strong.id}`, { permissions: ['VIEW_AM_USER'] })
  await denied('PUT', `role/${strong.id}`, { name: 'Weak' })
  await denied('DELETE', `role/${strong.id}`)
  await denied('POST', 'user', { friendly_name: 'Up', roles: [strong.id] })
  const low = await newRole(['VIEW_AM_USER'], maker.api_key)
  await denied('PUT', `role/${low.id}`, { permissions: ['VIEW_AM_API_KEY'] })
  const puppet = await newUser([low.id], maker.api_key)
  await denied('PUT', `user/${puppet.id}`, { roles: [strong.id] })
  await denied('PUT', `user/${puppet.id}`, { roles: [low.id, 'AM_VIEW_ONLY'] })
  // What it has itself it does not change, or it would keep by it what is taken away elsewhere.
  const own = await call(maker.api_key, 'PUT', `role/${roleMaker.id}`, { permissions: ['MANAGE_AM_ROLE'] })
  t.assert.deepEqual(refusal(own), [409, 'own_role'])
  const toOneself = await call(maker.api_key, 'PUT', `user/${maker.id}`, { roles: [low.id] })
  t.assert.deepEqual(refusal(toOneself), [409, 'own_user'])
  // A key with scopes gives no more than they are.
  const scoped = await made<{ api_key: string }>(
    call(admin, 'POST', 'api-key', { name: 'Roles', scopes: ['MANAGE_AM_ROLE', 'VIEW_AM_ROLE'] }),
  )
  const wider = { ...wish, permissions: ['VIEW_AM_ROLE', 'VIEW_AM_USER'] }
  t.assert.deepEqual(refusal(await call(scoped.api_key, 'POST', 'role', wider)), [403, 'access_denied'])
  t.assert.deepEqual(refusal(await call(scoped.api_key, 'PUT', `role/${strong.id}`, { name: 'x' })), [
    403,
    'access_denied',
  ])
  t.assert.deepEqual(await mayOf(puppet.api_key), ['VIEW_AM_USER'])
  // Who lost a permission can't give it any more by a role that has it.
  await made(call(admin, 'PUT', `role/${roleMaker.id}`, { permissions: ['MANAGE_AM_ROLE', 'MANAGE_AM_USER'] }))
  await denied('POST', 'user', { friendly_name: 'Late', roles: [low.id] })
  await denied('PUT', `role/${low.id}`, { name: 'Late' })
})

test('one that somebody has is not deleted, and the answer says who; those of every account never change', async (t: TestContext) => {
  const role = await newRole(['VIEW_AM_USER'])
  const holders = [await newUser([role.id]), await newUser([role.id, 'CTM_SIGNER'])]
  const inUse = await call(admin, 'DELETE', `role/${role.id}`)
  t.assert.deepEqual(refusal(inUse), [409, 'role_in_use'])
  t.assert.match(json(inUse).errors[0]!.message, /^In use by Desk \d+, Desk \d+: /)
  t.assert.equal((await call(admin, 'DELETE', `user/${holders[0]!.id}`)).status, 204)
  await made(call(admin, 'PUT', `user/${holders[1]!.id}`, { roles: ['CTM_SIGNER'] }))
  t.assert.equal((await call(admin, 'DELETE', `role/${role.id}`)).status, 204)
  t.assert.deepEqual(refusal(await call(admin, 'GET', `role/${role.id}`)), [404, 'role_not_found'])
  t.assert.deepEqual(refusal(await call(admin, 'DELETE', `role/${role.id}`)), [404, 'role_not_found'])
  t.assert.equal((await call(admin, 'POST', 'user', { friendly_name: 'x', roles: [role.id] })).status, 400)
  for (const [method, body] of [
    ['PUT', { name: 'Mine' }],
    ['PUT', { permissions: ['SIGN_CTM_CONTENT'] }],
    ['DELETE', undefined],
  ] as const)
    t.assert.deepEqual(refusal(await call(admin, method, 'role/CTM_SIGNER', body)), [409, 'built_in_role'])
  const events = json<{ action: string; resource_type: string }[]>(
    await call(admin, 'GET', 'audit-log?resource_types=role'),
  )
  for (const action of ['role.create', 'role.delete']) t.assert.ok(events.some((event) => event.action === action))
})

test("another account's roles are not there, to be seen, changed or given", async (t: TestContext) => {
  const mine = await newRole(['VIEW_AM_USER'])
  const other = await made<{ admin_api_key: string }>(call(admin, 'POST', 'account', { name: 'Other' }))
  const key = other.admin_api_key
  t.assert.ok(!(await list('', key)).some(({ id }) => id === mine.id))
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { name: 'x' }],
    ['DELETE', undefined],
  ] as const)
    t.assert.deepEqual(refusal(await call(key, method, `role/${mine.id}`, body)), [404, 'role_not_found'])
  const given = await call(key, 'POST', 'user', { friendly_name: 'x', roles: [mine.id] })
  t.assert.deepEqual(refusal(given), [400, 'invalid_request'])
  t.assert.match(json(given).errors[0]!.message, /roles: there is no role/)
  // The same name is another account's matter.
  const same = { name: mine.name, application_code: 'account_manager', permissions: ['VIEW_AM_USER'] }
  t.assert.equal((await call(key, 'POST', 'role', same)).status, 201)
})

test('what is wrong in a body is named, and nothing is stored', async (t: TestContext) => {
  const known = await list()
  const taken = await newRole(['VIEW_AM_USER'])
  const good = { name: 'Good', application_code: 'account_manager', permissions: ['VIEW_AM_USER'] }
  for (const [change, status, sentence] of [
    [{ name: ' ' }, 400, /name: 1 to 100/],
    [{ name: 'a\u202eb' }, 400, /name/],
    [{ name: taken.name.toUpperCase() }, 409, /name/],
    [{ name: 'am_account_admin' }, 409, /name/],
    [{ application_code: 'nothing' }, 400, /application_code/],
    [{ permissions: [] }, 400, /permissions: a role has one/],
    [{ permissions: ['EVERYTHING'] }, 400, /permissions/],
    [{ permissions: 'VIEW_AM_USER' }, 400, /permissions/],
    [{ permissions: ['VIEW_AM_USER', 'SIGN_CTM_CONTENT'] }, 400, /SIGN_CTM_CONTENT is none of account_manager/],
    [{ description: 'x'.repeat(501) }, 400, /description/],
    [{ id: 'x' }, 400, /There is no field "id"/],
  ] as const) {
    const answer = await call(admin, 'POST', 'role', { ...good, ...change })
    t.assert.equal(answer.status, status, JSON.stringify(change))
    t.assert.match(json(answer).errors[0]!.message, sentence)
  }
  const moved = await call(admin, 'PUT', `role/${taken.id}`, { application_code: 'iot_trust_manager' })
  t.assert.equal(moved.status, 400)
  t.assert.equal((await call(admin, 'PUT', `role/${taken.id}`, { name: taken.name.toLowerCase() })).status, 200)
  t.assert.equal((await list()).length, known.length + 1)
})
