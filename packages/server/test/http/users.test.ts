import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { permissionsOfRoles, type RoleName } from '../../src/domain/role.ts'
import { eventsOf } from '../store/events-of.ts'
import { account, user } from '../store/noun.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type Member = {
  id: string
  api_key: string
  email: string
  status: string
  user_type: string
  friendly_name: string
  roles: string[]
  end_date: string | null
  applications: { name: string; permissions: string[] }[]
}

const PATH = '/account/api/v1/user'
let platform: TestPlatform
let admin: string
let time = 0

before(async () => {
  platform = await startTestPlatform({}, () => new Date(Date.now() + time))
  admin = platform.account.admin_api_key
})
after(() => platform.stop())

function call(key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { 'x-api-key': key }
  if (body === undefined) return platform.ask(path, { door: 'api', method, headers })
  const bytes = Buffer.from(JSON.stringify(body))
  const json = { 'content-type': 'application/json', 'content-length': bytes.length }
  return platform.ask(path, { door: 'api', method, headers: { ...headers, ...json }, body: bytes })
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
const works = async (key: string) => (await call(key, 'GET', '/account/api/v1/user/me')).status
const list = async (query = '', key = admin) => json<Member[]>(await call(key, 'GET', `${PATH}${query}`))
async function create(body: object = {}, key = admin): Promise<Member> {
  const answer = await call(key, 'POST', PATH, { friendly_name: 'Desk', roles: ['CTM_SIGNER'], ...body })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return json<Member>(answer)
}

/** A user with roles, made past the API. */
async function somebody(roles: readonly RoleName[], accountId = platform.account.account_id) {
  const { users, apiKeys } = platform.world.store
  const one = user(accountId, { roles, permissions: permissionsOfRoles(roles) })
  const { apiKey, text } = newApiKey(platform.world.now(), { userId: one.id, name: 'own' })
  await users.add(one)
  await apiKeys.add(apiKey)
  return { id: one.id, key: text }
}

test('a service user is made with roles and a key, told once, and may what its roles let it', async (t: TestContext) => {
  const wanted = { description: 'Signs', email: 'desk@example.com', end_date: '2100-12-31', user_type: 'service' }
  const made = await create({ ...wanted, accounts: [platform.account.account_id] })
  t.assert.match(made.api_key, /^[0-9a-f]{26}_[0-9a-f]{64}$/)
  t.assert.deepEqual([made.user_type, made.status, made.end_date], ['service', 'ACTIVE', '2100-12-31T23:59:59Z'])
  const me = json<Member>(await call(made.api_key, 'GET', `${PATH}/me`))
  t.assert.deepEqual(
    me.applications.map(({ name, permissions }) => [name, permissions]),
    [['Content Trust', ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL']]],
  )
  t.assert.deepEqual(refusal(await call(made.api_key, 'GET', PATH)), [403, 'access_denied'])
  const seen = json<Member>(await call(admin, 'GET', `${PATH}/${made.id}`))
  t.assert.ok(!('api_key' in seen))
  t.assert.equal(await platform.world.store.users.findByEmail('desk@example.com'), undefined, 'it could sign in')
  t.assert.equal((await platform.world.store.users.find(made.id))?.passwordHash, undefined)
})

test('it is changed, disabled and enabled, and each acts on the next request', async (t: TestContext) => {
  const made = await create()
  const path = `${PATH}/${made.id}`
  const change = { friendly_name: 'Bildredaktion', roles: ['CTM_VIEW_ONLY'], locale: 'de_DE', end_date: null }
  const changed = json<Member>(await call(admin, 'PUT', path, change))
  t.assert.deepEqual([changed.friendly_name, changed.roles], ['Bildredaktion', ['CTM_VIEW_ONLY']])
  const me = json<Member>(await call(made.api_key, 'GET', `${PATH}/me`))
  t.assert.deepEqual(me.applications[0]!.permissions, ['VIEW_CTM_CREDENTIAL', 'VIEW_CTM_TRUST_LIST'])
  t.assert.equal(json<Member>(await call(admin, 'PUT', `${path}/enable`, { enabled: false })).status, 'DISABLED')
  t.assert.equal(await works(made.api_key), 401)
  t.assert.equal(json<Member>(await call(admin, 'PUT', `${path}/enable`, { enabled: true })).status, 'ACTIVE')
  t.assert.equal(await works(made.api_key), 200)
  const soon = new Date(platform.world.now().getTime() + 60_000).toISOString()
  await call(admin, 'PUT', path, { end_date: soon })
  t.assert.equal(await works(made.api_key), 200)
  time += 61_000
  t.assert.equal(await works(made.api_key), 401)
})

test('a deleted user is gone with its keys and certificates, and its signatures stay', async (t: TestContext) => {
  const { world, account: quickstart } = platform
  const made = await create()
  t.assert.equal((await call(admin, 'DELETE', `${PATH}/${made.id}`)).status, 204)
  t.assert.equal(await works(made.api_key), 401)
  t.assert.deepEqual(refusal(await call(admin, 'GET', `${PATH}/${made.id}`)), [404, 'user_not_found'])
  t.assert.deepEqual(refusal(await call(admin, 'DELETE', `${PATH}/${made.id}`)), [404, 'user_not_found'])
  t.assert.ok(!(await list()).some(({ id }) => id === made.id))
  const own = await startTestPlatform()
  t.after(() => own.stop())
  const service = own.account.service_user_id
  t.assert.equal((await own.ask(`${PATH}/me`)).status, 200)
  const [certificate] = await own.world.store.clientAuthCertificates.list(service)
  const headers = { 'x-api-key': own.account.admin_api_key }
  t.assert.equal((await own.ask(`${PATH}/${service}`, { door: 'api', method: 'DELETE', headers })).status, 204)
  t.assert.equal((await own.ask(`${PATH}/me`)).status, 403)
  t.assert.equal((await own.world.store.certificates.find(certificate!.certificateId))?.status, 'revoked')
  const actions = (await eventsOf(world.store.auditEvents, quickstart.account_id, 10)).map(({ action }) => action)
  t.assert.ok(actions.includes('user.delete') && actions.includes('user.create') && actions.includes('api_key.create'))
})

test('nobody gives or takes more than they have, and nobody locks themselves out', async (t: TestContext) => {
  const manager = await somebody(['AM_USER_MANAGER'])
  const administrator = (await list('?user_type=standard'))[0]!
  const known = await list()
  for (const roles of [['AM_ACCOUNT_ADMIN'], ['CTM_SIGNER'], ['AM_USER_MANAGER', 'IOT_VIEW_ONLY']])
    t.assert.deepEqual(refusal(await call(manager.key, 'POST', PATH, { friendly_name: 'Up', roles })), [
      403,
      'access_denied',
    ])
  for (const [method, path, body] of [
    ['PUT', administrator.id, { friendly_name: 'Gone' }],
    ['PUT', `${administrator.id}/enable`, { enabled: false }],
    ['DELETE', administrator.id, undefined],
  ] as const)
    t.assert.deepEqual(refusal(await call(manager.key, method, `${PATH}/${path}`, body)), [403, 'access_denied'])
  for (const [method, path, body] of [
    ['PUT', administrator.id, { roles: [] }],
    ['PUT', `${administrator.id}/enable`, { enabled: false }],
    ['DELETE', administrator.id, undefined],
  ] as const)
    t.assert.deepEqual(refusal(await call(admin, method, `${PATH}/${path}`, body)), [409, 'own_user'])
  t.assert.deepEqual(await list(), known)
  const made = await create({ roles: ['AM_USER_MANAGER'] }, manager.key)
  t.assert.equal((await call(manager.key, 'DELETE', `${PATH}/${made.id}`)).status, 204)
})

test("another account's users are not there", async (t: TestContext) => {
  const foreign = account()
  await platform.world.store.accounts.add(foreign)
  const stranger = await somebody(['AM_ACCOUNT_ADMIN', 'CTM_ADMIN', 'IOT_ADMIN'], foreign.id)
  const made = await create()
  for (const [method, path, body] of [
    ['GET', made.id, undefined],
    ['PUT', made.id, { friendly_name: 'Mine' }],
    ['PUT', `${made.id}/enable`, { enabled: false }],
    ['DELETE', made.id, undefined],
    ['GET', randomUUID(), undefined],
  ] as const)
    t.assert.deepEqual(refusal(await call(stranger.key, method, `${PATH}/${path}`, body)), [404, 'user_not_found'])
  t.assert.deepEqual(
    (await list('', stranger.key)).map(({ id }) => id),
    [stranger.id],
  )
  const there = { friendly_name: 'Spy', roles: ['CTM_SIGNER'], accounts: [platform.account.account_id] }
  t.assert.deepEqual(refusal(await call(stranger.key, 'POST', PATH, there)), [404, 'account_not_found'])
  t.assert.equal(await works(made.api_key), 200)
})

test('the list is an array, filtered and in parts', async (t: TestContext) => {
  await create({ friendly_name: 'Findbar', email: 'Find@Example.com' })
  t.assert.deepEqual(
    (await list('?user_type=standard')).map(({ friendly_name }) => friendly_name),
    ['Administrator'],
  )
  t.assert.ok((await list('?user_type=service')).every(({ user_type }) => user_type === 'service'))
  for (const query of ['friendly_name=findb', 'email=find@example.com', 'email=FIND%40example.com&status=active'])
    t.assert.deepEqual(
      (await list(`?${query}`)).map(({ friendly_name }) => friendly_name),
      ['Findbar'],
      query,
    )
  t.assert.deepEqual(await list('?status=DISABLED&friendly_name=findb'), [])
  t.assert.ok((await list('?role=CTM_SIGNER')).length > 0)
  const part = await call(admin, 'GET', `${PATH}?limit=1&offset=1`)
  t.assert.deepEqual(json(part), (await list()).slice(1, 2))
  t.assert.equal(part.headers['x-total-count'], String((await list()).length))
  t.assert.equal((await call(admin, 'GET', `${PATH}?status=gone`)).status, 400)
})

test('what is wrong in a body is named, and nothing is stored', async (t: TestContext) => {
  const known = await list()
  for (const [body, sentence] of [
    [{ friendly_name: '' }, /friendly_name: 1 to 100/],
    [{ friendly_name: 'a\u0000b' }, /friendly_name/],
    [{ description: 'x'.repeat(501) }, /description/],
    [{ email: 'nobody' }, /email: write it as/],
    [{ email: 'a@b\r\nBcc: c@d' }, /email/],
    [{ locale: 'german' }, /locale/],
    [{ roles: [] }, /roles/],
    [{ roles: ['ROOT'] }, /roles/],
    [{ end_date: '2001-01-01' }, /end_date: .* has passed/],
    [{ end_date: '' }, /end_date/],
    [{ end_date: 0 }, /end_date/],
    [{ roles: '' }, /roles/],
    [{ roles: null }, /roles/],
    [{ user_type: 'robot' }, /user_type/],
    [{ user_type: 'standard' }, /email: write it as/],
    [{ enddate: '2100-01-01' }, /There is no field "enddate"/],
    [{ toString: 1 }, /There is no field "toString"/],
  ] as const) {
    const answer = await call(admin, 'POST', PATH, { friendly_name: 'Desk', roles: ['CTM_SIGNER'], ...body })
    t.assert.equal(answer.status, 400, JSON.stringify(body))
    t.assert.match(json(answer).errors[0]!.message, sentence)
  }
  const [person] = await list('?user_type=standard')
  t.assert.equal((await call(admin, 'PUT', `${PATH}/${person!.id}`, { email: 'x@example.com' })).status, 400)
  t.assert.deepEqual(await list(), known)
})

test('a key that is held to networks makes users whose first key is, too', async (t: TestContext) => {
  const body = Buffer.from(JSON.stringify({ name: 'Here', allowed_networks: ['127.0.0.1', '::1'] }))
  const headers = { 'x-api-key': admin, 'content-type': 'application/json', 'content-length': body.length }
  const held = json<Member>(await platform.ask('/account/api/v1/api-key', { door: 'api', headers, body }))
  const made = await create({}, held.api_key)
  const [first] = await platform.world.store.apiKeys.list(made.id)
  t.assert.deepEqual(first?.allowedNetworks, ['127.0.0.1/32', '::1/128'])
})

test('no key of a user is in the database, the log or the audit', async (t: TestContext) => {
  const { api_key: secret } = await create()
  await works(secret)
  const { folder } = platform
  for (const name of (await readdir(folder)).filter((file) => file.startsWith('countersign.db')))
    t.assert.ok(!(await readFile(join(folder, name))).includes(secret), name)
  t.assert.ok(!platform.log.join('').includes(secret))
})
