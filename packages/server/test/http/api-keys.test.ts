import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import type { Permission } from '../../src/domain/permission.ts'
import { account, user } from '../store/noun.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type Key = {
  id: string
  user_id: string
  api_key: string
  prefix: string
  name: string
  enabled: boolean
  end_date: string | null
  scopes: string[] | null
  allowed_networks: string[]
  previous_key_end_date: string | null
}

const PATH = '/account/api/v1/api-key'
let platform: TestPlatform
let admin: string

before(async () => {
  platform = await startTestPlatform()
  admin = platform.account.admin_api_key
})
after(() => platform.stop())

function call(key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const options: AskOptions = { door: 'api', method, headers: { 'x-api-key': key } }
  if (body === undefined) return platform.ask(path, options)
  const headers = { 'x-api-key': key, 'content-type': 'application/json' }
  const bytes = Buffer.from(JSON.stringify(body))
  return platform.ask(path, { ...options, headers: { ...headers, 'content-length': bytes.length }, body: bytes })
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
const works = async (key: string) => (await call(key, 'GET', PATH)).status
async function create(body: object, key = admin): Promise<Key> {
  const answer = await call(key, 'POST', PATH, body)
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return json<Key>(answer)
}

/** Somebody else, with a key. */
async function somebody(permissions: readonly Permission[], accountId = platform.account.account_id) {
  const { world } = platform
  const one = user(accountId, { permissions })
  await world.store.users.add(one)
  const { apiKey, text } = newApiKey(world.now(), { userId: one.id, name: 'own' })
  await world.store.apiKeys.add(apiKey)
  return { id: one.id, keyId: apiKey.id, key: text }
}

test('a key is told once, works, is renamed, disabled, enabled and deleted', async (t: TestContext) => {
  const made = await create({ name: 'Build', end_date: '2100-12-31' })
  t.assert.match(made.api_key, /^[0-9a-f]{26}_[0-9a-f]{64}$/)
  t.assert.ok(made.api_key.startsWith(made.prefix) && made.prefix.length === 8)
  t.assert.equal(made.end_date, '2100-12-31T23:59:59Z')
  t.assert.equal(await works(made.api_key), 200)
  const { api_key: _, ...kept } = made
  t.assert.deepEqual(json(await call(admin, 'GET', `${PATH}/${made.id}`)), kept)
  const later = await call(admin, 'PUT', `${PATH}/${made.id}`, { name: 'Bau', end_date: '2101-01-01T00:00:00+01:00' })
  t.assert.deepEqual(json(later), { ...kept, name: 'Bau', end_date: '2100-12-31T23:00:00Z' })
  t.assert.equal(json<Key>(await call(admin, 'PUT', `${PATH}/${made.id}`, { end_date: null })).end_date, null)
  for (const [enabled, status] of [
    [false, 401],
    [true, 200],
  ] as const) {
    t.assert.equal(json<Key>(await call(admin, 'PUT', `${PATH}/${made.id}/enable`, { enabled })).enabled, enabled)
    t.assert.equal(await works(made.api_key), status)
  }
  t.assert.equal((await call(admin, 'DELETE', `${PATH}/${made.id}`)).status, 204)
  t.assert.equal(await works(made.api_key), 401)
  t.assert.deepEqual(refusal(await call(admin, 'GET', `${PATH}/${made.id}`)), [404, 'api_key_not_found'])
})

test('a key is rotated in place, by itself too, and both texts work until the overlap ends', async (t: TestContext) => {
  const made = await create({ name: 'Rotated', allowed_networks: ['127.0.0.0/8'] })
  const noHours = { overlap_hours: null }
  const rotated = json<Key>(await call(made.api_key, 'POST', `${PATH}/${made.id}/rotate`, noHours))
  t.assert.equal(rotated.id, made.id)
  t.assert.notEqual(rotated.api_key, made.api_key)
  t.assert.ok(new Date(rotated.previous_key_end_date!) > platform.world.now())
  t.assert.deepEqual([await works(made.api_key), await works(rotated.api_key)], [200, 200])
  const again = await call(rotated.api_key, 'POST', `${PATH}/${made.id}/rotate`, { overlap_hours: 1 })
  t.assert.deepEqual(refusal(again), [409, 'rotation_under_way'])
  const last = json<Key>(await call(rotated.api_key, 'POST', `${PATH}/${made.id}/rotate`, { overlap_hours: 0 }))
  t.assert.deepEqual(
    [await works(made.api_key), await works(rotated.api_key), await works(last.api_key)],
    [401, 401, 200],
  )
  await call(admin, 'PUT', `${PATH}/${made.id}/enable`, { enabled: false })
  t.assert.deepEqual(refusal(await call(admin, 'POST', `${PATH}/${made.id}/rotate`)), [409, 'api_key_not_active'])
})

test('scopes hold a key to less than its user, and it makes none that has more', async (t: TestContext) => {
  const scoped = await create({ name: 'Scoped', scopes: ['VIEW_AM_API_KEY', 'MANAGE_AM_API_KEY'] })
  t.assert.equal(await works(scoped.api_key), 200)
  const trust = await call(scoped.api_key, 'GET', '/documentmanager/api/c2pa/v1/trust-anchors')
  t.assert.equal(trust.status, 403)
  const before = (await platform.world.store.apiKeys.listOfAccount(platform.account.account_id)).length
  t.assert.deepEqual(refusal(await call(scoped.api_key, 'POST', PATH, { name: 'all' })), [403, 'access_denied'])
  const wider = await call(scoped.api_key, 'PUT', `${PATH}/${scoped.id}`, { scopes: null })
  t.assert.deepEqual(refusal(wider), [403, 'access_denied'])
  const all = json<Key[]>(await call(admin, 'GET', PATH)).find(({ name }) => name === 'quickstart')!
  for (const [method, path] of [
    ['POST', `${all.id}/rotate`],
    ['DELETE', all.id],
  ] as const)
    t.assert.equal((await call(scoped.api_key, method, `${PATH}/${path}`)).status, 403)
  const after = await platform.world.store.apiKeys.listOfAccount(platform.account.account_id)
  t.assert.equal(after.length, before)
  t.assert.equal((await create({ name: 'less', scopes: ['VIEW_AM_API_KEY'] }, scoped.api_key)).scopes?.length, 1)
})

test('networks hold a key to where it belongs, and those that it makes as well', async (t: TestContext) => {
  const elsewhere = await create({ name: 'Elsewhere', allowed_networks: ['192.0.2.7/24', '2001:db8::/32'] })
  t.assert.deepEqual(elsewhere.allowed_networks, ['192.0.2.0/24', '2001:db8::/32'])
  t.assert.equal(await works(elsewhere.api_key), 401)
  const here = await create({ name: 'Here', allowed_networks: ['127.0.0.0/8', '::1'] })
  t.assert.equal(await works(here.api_key), 200)
  t.assert.deepEqual((await create({ name: 'child' }, here.api_key)).allowed_networks, here.allowed_networks)
  for (const allowed_networks of [[], ['0.0.0.0/0'], ['127.0.0.1/32', '10.0.0.0/8']])
    t.assert.equal((await call(here.api_key, 'POST', PATH, { name: 'x', allowed_networks })).status, 403)
  const change = await call(here.api_key, 'PUT', `${PATH}/${here.id}`, { allowed_networks: [] })
  t.assert.equal(change.status, 403)
})

test('what is wrong in a body is named, and nothing is stored', async (t: TestContext) => {
  const { store } = platform.world
  const { account_id: accountId } = platform.account
  const before = (await store.apiKeys.listOfAccount(accountId)).length
  for (const [body, sentence] of [
    [{}, /name/],
    [{ name: ' ' }, /name: 1 to 100 characters/],
    [{ name: 'a\nb' }, /name/],
    [{ name: 'a\u202eb' }, /name/],
    [{ name: 'x'.repeat(101) }, /name/],
    [{ name: 'x', end_date: '2020-01-01' }, /end_date: .* has passed/],
    [{ name: 'x', end_date: '2100-02-30' }, /end_date: write it as/],
    [{ name: 'x', end_date: 'soon' }, /end_date/],
    [{ name: 'x', end_date: '' }, /end_date/],
    [{ name: 'x', end_date: 0 }, /end_date/],
    [{ name: 'x', end_date: false }, /end_date/],
    [{ name: 'x', scopes: '' }, /scopes/],
    [{ name: 'x', scopes: 0 }, /scopes/],
    [{ name: 'x', scopes: false }, /scopes/],
    [{ name: 'x', scopes: [''] }, /scopes/],
    [{ name: 'x', allowed_networks: null }, /allowed_networks/],
    [{ name: 'x', allowed_networks: '' }, /allowed_networks/],
    [{ name: 'x', allowed_networks: [''] }, /allowed_networks/],
    [{ name: 'x', scopes: ['EVERYTHING'] }, /scopes/],
    [{ name: 'x', allowed_networks: ['localhost'] }, /allowed_networks: "localhost" is no network/],
    [{ name: 'x', allowed_cidr: ['127.0.0.1/8'] }, /There is no field "allowed_cidr"/],
    [[], /body/],
    ['x', /body/],
  ] as const) {
    const answer = await call(admin, 'POST', PATH, body)
    t.assert.equal(answer.status, 400, JSON.stringify(body))
    t.assert.match(json(answer).errors[0]!.message, sentence)
  }
  const key = await create({ name: 'Hours' })
  for (const body of [{ overlap_hours: -1 }, { overlap_hours: 721 }, { overlap: 1 }, []])
    t.assert.equal((await call(admin, 'POST', `${PATH}/${key.id}/rotate`, body)).status, 400, JSON.stringify(body))
  t.assert.equal((await store.apiKeys.listOfAccount(accountId)).length, before + 1)
})

test("another account's keys are not there, and those of others take a permission more", async (t: TestContext) => {
  const foreign = account()
  await platform.world.store.accounts.add(foreign)
  const stranger = await somebody(
    ['VIEW_AM_API_KEY', 'MANAGE_AM_API_KEY', 'VIEW_AM_USER', 'MANAGE_AM_USER'],
    foreign.id,
  )
  const colleague = await somebody(['VIEW_AM_API_KEY', 'MANAGE_AM_API_KEY'])
  const viewer = await somebody(['VIEW_AM_API_KEY', 'MANAGE_AM_API_KEY', 'VIEW_AM_USER'])
  const mine = await create({ name: 'Mine', scopes: [] })
  for (const id of [mine.id, randomUUID(), 'x', '%00', '..%2f..']) {
    for (const [method, path, body] of [
      ['GET', id, undefined],
      ['PUT', id, { name: 'theirs' }],
      ['PUT', `${id}/enable`, { enabled: false }],
      ['POST', `${id}/rotate`, {}],
      ['DELETE', id, undefined],
    ] as const)
      for (const { key } of [stranger, colleague])
        t.assert.ok([400, 404].includes((await call(key, method, `${PATH}/${path}`, body)).status), `${method} ${path}`)
  }
  t.assert.deepEqual(refusal(await call(stranger.key, 'GET', `${PATH}/${mine.id}`)), [404, 'api_key_not_found'])
  const forOther = await call(stranger.key, 'POST', PATH, { name: 'x', user_id: mine.user_id })
  t.assert.deepEqual(refusal(forOther), [404, 'user_not_found'])
  t.assert.deepEqual(
    json<Key[]>(await call(stranger.key, 'GET', PATH)).map(({ id }) => id),
    [stranger.keyId],
  )
  t.assert.deepEqual(
    json<Key[]>(await call(colleague.key, 'GET', PATH)).map(({ id }) => id),
    [colleague.keyId],
  )
  t.assert.equal((await call(viewer.key, 'GET', `${PATH}/${mine.id}`)).status, 200)
  t.assert.equal((await call(viewer.key, 'DELETE', `${PATH}/${mine.id}`)).status, 403)
  t.assert.equal((await call(admin, 'GET', `${PATH}/${mine.id}`)).status, 200)
})

test("a person's keys are told to nobody else, who may still end them", async (t: TestContext) => {
  const { store } = platform.world
  const mine = await create({ name: 'Personal', scopes: [] })
  const manager = await somebody(['VIEW_AM_API_KEY', 'MANAGE_AM_API_KEY', 'MANAGE_AM_USER'])
  for (const [path, body] of [
    [PATH, { name: 'As Jane', user_id: mine.user_id, scopes: [] }],
    [`${PATH}/${mine.id}/rotate`, {}],
  ] as const)
    t.assert.deepEqual(refusal(await call(manager.key, 'POST', path, body)), [403, 'access_denied'])
  t.assert.ok(!(await store.apiKeys.list(mine.user_id)).some(({ name }) => name === 'As Jane'))
  t.assert.equal((await call(manager.key, 'DELETE', `${PATH}/${mine.id}`)).status, 204)
  const service = await create({ name: 'For a program', user_id: manager.id, scopes: [] })
  t.assert.equal(service.user_id, manager.id)
})

test('the list is an array, in parts if asked, and says how many there are', async (t: TestContext) => {
  const all = json<Key[]>(await call(admin, 'GET', PATH))
  t.assert.ok(all.length > 2)
  const first = await call(admin, 'GET', `${PATH}?limit=2`)
  t.assert.deepEqual(json(first), all.slice(0, 2))
  t.assert.equal(first.headers['x-total-count'], String(all.length))
  t.assert.equal(first.headers.link, `<${PATH}?limit=2&offset=2>; rel="next"`)
  const last = await call(admin, 'GET', `${PATH}?offset=${all.length - 1}&limit=2`)
  t.assert.deepEqual([json(last), last.headers.link], [all.slice(-1), undefined])
  const mine = json<Key[]>(await call(admin, 'GET', `${PATH}?user_id=${all[0]!.user_id}&enabled=true`))
  t.assert.ok(mine.length > 0 && mine.every((key) => key.user_id === all[0]!.user_id && key.enabled))
  for (const query of ['limit=0', 'limit=1001', 'offset=-1', 'limit=x'])
    t.assert.equal((await call(admin, 'GET', `${PATH}?${query}`)).status, 400, query)
})

test('no text of a key is in the database, the log or the audit', async (t: TestContext) => {
  const made = await create({ name: 'Secret' })
  const rotated = json<Key>(await call(made.api_key, 'POST', `${PATH}/${made.id}/rotate`))
  await call(rotated.api_key, 'POST', `${PATH}/${rotated.api_key}/rotate`)
  const folder = platform.folder
  const files = (await readdir(folder)).filter((name) => name.startsWith('countersign.db'))
  t.assert.ok(files.length > 0)
  for (const secret of [made.api_key, rotated.api_key].flatMap((text) => [text, text.split('_')[1]!])) {
    for (const name of files) t.assert.ok(!(await readFile(join(folder, name))).includes(secret), name)
    t.assert.ok(!platform.log.join('').includes(secret), 'the log has it')
  }
})
