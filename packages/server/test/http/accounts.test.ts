import { generateKeyPairSync } from 'node:crypto'
import { Agent } from 'node:https'
import { after, before, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { noise } from '../../../../test/pictures.ts'
import { newApiKey } from '../../src/domain/api-key.ts'
import { permissionsOfRoles, type RoleName } from '../../src/domain/role.ts'
import { account, user } from '../store/noun.ts'
import { addPerson, browserOf, PASSWORD } from './test-person.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

type View = { id: string; name: string; admins: { id: string; name: string; email: string }[] }

const PATH = '/account/api/v1/account'
let platform: TestPlatform
let time = 0
before(async () => {
  platform = await startTestPlatform({}, () => new Date(Date.now() + time))
})
after(() => platform.stop())

const ask = (path: string, key = platform.account.admin_api_key): Promise<Answer> =>
  platform.ask(path, { door: 'api', headers: { 'x-api-key': key } })

test('the own account is listed and got, with who manages it', async (t: TestContext) => {
  const list = await ask(PATH)
  const [mine, ...others] = json<View[]>(list)
  t.assert.deepEqual([mine?.id, others], [platform.account.account_id, []])
  t.assert.equal(list.headers['x-total-count'], '1')
  t.assert.deepEqual(json(await ask(`${PATH}/${mine!.id}`)), mine)
  t.assert.deepEqual(Object.keys(mine!).sort(), [
    'active',
    'admins',
    'friendly_identifier',
    'id',
    'locale',
    'name',
    'service_period',
    'sign_in_methods',
  ])
  t.assert.deepEqual(
    mine!.admins.map(({ name, email }) => [name, email]),
    [['Administrator', platform.account.admin_email]],
  )
})

test('another account is not there, and the other way round', async (t: TestContext) => {
  const { world } = platform
  const foreign = account()
  const platformKey = await keyOf(['AM_PLATFORM_ADMIN'])
  const stranger = user(foreign.id, { roles: ['AM_VIEW_ONLY'], permissions: permissionsOfRoles(['AM_VIEW_ONLY']) })
  const { apiKey, text } = newApiKey(world.now(), { userId: stranger.id, name: 'own' })
  await world.store.accounts.add(foreign)
  await world.store.users.add(stranger)
  await world.store.apiKeys.add(apiKey)
  for (const [id, key] of [
    [foreign.id, await keyOf(['AM_ACCOUNT_ADMIN', 'CTM_ADMIN', 'IOT_ADMIN'])],
    [platform.account.account_id, text],
    ['x', text],
  ] as const) {
    const answer = await ask(`${PATH}/${id}`, key)
    t.assert.deepEqual([answer.status, json(answer).errors[0]!.code], [404, 'account_not_found'])
  }
  t.assert.deepEqual(
    json<View[]>(await ask(PATH, text)).map(({ id, admins }) => [id, admins]),
    [[foreign.id, []]],
  )
  t.assert.ok(json<View[]>(await ask(PATH, platformKey)).some(({ id }) => id === foreign.id))
  t.assert.equal(json<View>(await ask(`${PATH}/${foreign.id}`, platformKey)).id, foreign.id)
})

/** A key of a service user of the first account that has the roles. */
async function keyOf(roles: readonly RoleName[]): Promise<string> {
  const { users, apiKeys } = platform.world.store
  const one = user(platform.account.account_id, { roles, permissions: permissionsOfRoles(roles) })
  const { apiKey, text } = newApiKey(platform.world.now(), { userId: one.id, name: 'own' })
  await users.add(one)
  await apiKeys.add(apiKey)
  return text
}

function call(key: string, method: string, path: string, body: object = {}): Promise<Answer> {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = { 'x-api-key': key, 'content-type': 'application/json', 'content-length': bytes.length }
  return method === 'GET' ? ask(path, key) : platform.ask(path, { door: 'api', method, headers, body: bytes })
}

type Created = View & {
  name: string
  active: boolean
  friendly_identifier: string
  service_period: { from: string; to: string }
  locale: string
  admin_user_id: string
  admin_api_key: string
  admin_api_key_id: string
}

async function create(body: object = {}): Promise<Created> {
  const answer = await call(platform.account.admin_api_key, 'POST', PATH, { name: 'Nordwind Zeitung', ...body })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return json<Created>(answer)
}

/** A service user of an account with a client certificate of its own, made with nothing but the account's first key. */
async function signerOf({ admin_api_key: admin }: Created) {
  const roles = ['CTM_SIGNER', 'AM_USER_MANAGER']
  const made = await call(admin, 'POST', '/account/api/v1/user', { friendly_name: 'Picture desk', roles })
  const { id, api_key: key } = json<{ id: string; api_key: string }>(made)
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const bytes = new Uint8Array(pair.export({ type: 'pkcs8', format: 'der' }))
  const request = await signCertificationRequest({ subject: name({ CN: 'Desk' }) }, await createSigner('ES256', bytes))
  const csr = encodePem('CERTIFICATE REQUEST', request)
  const answer = await call(key, 'POST', '/account/api/v1/client-auth-certificate', { csr, name: 'Desk' })
  const { id: certificateId, x509_cert: cert } = json<{ id: string; x509_cert: string }>(answer)
  return { id, key, certificateId, tls: { cert, key: encodePem('PRIVATE KEY', bytes) } }
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
const ME = '/account/api/v1/user/me'

test('an account of its own: users, keys and certificates, and pictures signed in its name', async (t: TestContext) => {
  const made = await create({ locale: 'de_DE', admin: { friendly_name: 'Jo', email: 'jo@example.com' } })
  t.assert.deepEqual(made.admins, [{ id: made.admin_user_id, name: 'Jo', email: 'jo@example.com' }])
  t.assert.deepEqual([made.active, made.locale, made.service_period.to], [true, 'de_DE', '9999-12-31'])
  const next = await create()
  t.assert.equal(Number(next.friendly_identifier), Number(made.friendly_identifier) + 1)
  const desk = await signerOf(made)
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const me = json<{ accounts: { id: string }[] }>(await platform.ask(ME, { ...desk.tls, agent }))
  t.assert.deepEqual(
    me.accounts.map(({ id }) => id),
    [made.id],
  )
  const picture = { name: 'a.png', bytes: await noise('image/png', 40, 30) }
  const fields = {
    hashAlgo: 'SHA256',
    signAlgoParams: 'MTIzNDQ=',
    accountId: made.id,
    schemaField: 'publisher',
    image: picture,
  }
  for (const signAlgo of ['1.2.840.10045.4.3.2', '1.2.840.113549.1.1.10']) {
    const answer = await platform.sign({ ...fields, signAlgo }, { ...desk.tls, agent })
    t.assert.equal(answer.status, 200, String(answer.body.subarray(0, 200)))
    const report = json<{ signed_manifest: string }>(answer).signed_manifest
    t.assert.match(report, /"issuer": ?"Nordwind Zeitung"/)
    t.assert.match(report, /"validation_state": ?"Trusted"/)
  }
  const elsewhere = await platform.sign(
    { ...fields, signAlgo: '1.2.840.10045.4.3.2', accountId: platform.account.account_id },
    { ...desk.tls, agent },
  )
  t.assert.equal(elsewhere.status, 400)
})

test('of a disabled account, and of one out of its service period, nothing authenticates from the next request on', async (t: TestContext) => {
  const admin = platform.account.admin_api_key
  const made = await create()
  const desk = await signerOf(made)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const keys = [made.admin_api_key, desk.key]
  const statuses = async () => [
    ...(await Promise.all(keys.map(async (key) => (await ask(ME, key)).status))),
    (await platform.ask(ME, { ...desk.tls, agent })).status,
  ]
  const path = `${PATH}/${made.id}`
  t.assert.deepEqual(await statuses(), [200, 200, 200])
  for (const [method, route, off, on] of [
    ['PUT', `${path}/enable`, { enabled: false }, { enabled: true }],
    ['PUT', path, { active: false }, { active: true }],
    ['PUT', path, { service_period: { from: '2100-01-01' } }, { service_period: { from: '2026-01-01' } }],
  ] as const) {
    t.assert.equal((await call(admin, method, route, off)).status, 200)
    t.assert.deepEqual(await statuses(), [401, 401, 403], JSON.stringify(off))
    t.assert.equal((await call(admin, method, route, on)).status, 200)
    t.assert.deepEqual(await statuses(), [200, 200, 200], JSON.stringify(on))
  }
  const to = new Date(platform.world.now().getTime() + 60_000).toISOString()
  t.assert.equal((await call(admin, 'PUT', path, { service_period: { to } })).status, 200)
  t.assert.deepEqual(await statuses(), [200, 200, 200])
  time += 61_000
  t.assert.deepEqual(await statuses(), [401, 401, 403])
  // All over one connection, which was open before.
  t.assert.equal(Object.values(agent.freeSockets).flat().length, 1)
})

test('people of an account that is disabled are signed out, and stay so once it is enabled', async (t: TestContext) => {
  const made = await create()
  const { email } = await addPerson({ ...platform, account: { ...platform.account, account_id: made.id } })
  for (const [route, body] of [
    [`${PATH}/${made.id}/enable`, { enabled: false }],
    [`${PATH}/${made.id}`, { active: false }],
  ] as const) {
    const browser = await browserOf(platform, { email, password: PASSWORD })
    t.assert.equal((await browser.ask(ME)).status, 200)
    t.assert.equal((await call(platform.account.admin_api_key, 'PUT', route, body)).status, 200)
    const on = `${PATH}/${made.id}/enable`
    t.assert.equal((await call(platform.account.admin_api_key, 'PUT', on, { enabled: true })).status, 200)
    t.assert.equal((await browser.ask(ME)).status, 401)
  }
})

test('what concerns all accounts is nothing that the administrator of one can do, get or give', async (t: TestContext) => {
  const made = await create()
  const { admin_api_key: key, admin_user_id: userId } = made
  const user = '/account/api/v1/user'
  const anchors = '/documentmanager/api/c2pa/v1/trust-anchors'
  for (const [method, path, body] of [
    ['POST', PATH, { name: 'Mine too' }],
    ['PUT', `${PATH}/${made.id}/enable`, { enabled: false }],
    ['PUT', `${PATH}/${made.id}`, { name: 'BBC' }],
    ['PUT', `${PATH}/${made.id}`, { service_period: { to: null } }],
    ['PUT', `${PATH}/${made.id}`, { locale: 'fr_FR', active: true }],
    ['POST', anchors, { purpose: 'signers', certificates: 'x' }],
    ['DELETE', `${anchors}/x`, undefined],
    ['POST', user, { friendly_name: 'Up', roles: ['AM_PLATFORM_ADMIN'] }],
    ['POST', user, { friendly_name: 'Up', roles: ['CTM_PLATFORM_ADMIN'] }],
    ['PUT', `${PATH}/${platform.account.account_id}/enable`, { enabled: false }],
  ] as const)
    t.assert.deepEqual(refusal(await call(key, method, path, body)), [403, 'access_denied'], `${method} ${path}`)
  t.assert.deepEqual(refusal(await call(key, 'PUT', `${user}/${userId}`, { roles: ['AM_PLATFORM_ADMIN'] })), [
    409,
    'own_user',
  ])
  const desk = json<{ id: string }>(await call(key, 'POST', user, { friendly_name: 'Desk', roles: ['CTM_SIGNER'] }))
  const raised = await call(key, 'PUT', `${user}/${desk.id}`, { roles: ['CTM_PLATFORM_ADMIN'] })
  t.assert.deepEqual(refusal(raised), [403, 'access_denied'])
  const scoped = await call(key, 'POST', '/account/api/v1/api-key', { name: 'x', scopes: ['MANAGE_AM_PLATFORM'] })
  t.assert.equal(scoped.status, 400)
  for (const body of [{ locale: 'fr_FR' }, { name: 'x' }]) {
    const other = await call(key, 'PUT', `${PATH}/${platform.account.account_id}`, body)
    t.assert.deepEqual(refusal(other), [404, 'account_not_found'])
  }
  t.assert.equal(json<Created>(await call(key, 'PUT', `${PATH}/${made.id}`, { locale: 'fr_FR' })).locale, 'fr_FR')
  const elsewhere = { friendly_name: 'Spy', roles: ['CTM_SIGNER'], accounts: [made.id] }
  const spy = await call(platform.account.admin_api_key, 'POST', user, elsewhere)
  t.assert.deepEqual(refusal(spy), [404, 'account_not_found'])
})

test("neither account sees the other's objects, nor may do anything to them", async (t: TestContext) => {
  const { world, account: first } = platform
  const made = await create()
  const desk = await signerOf(made)
  const { store } = world
  const [key] = await store.apiKeys.list(first.service_user_id)
  const [certificate] = await store.clientAuthCertificates.list(first.service_user_id)
  const API = '/account/api/v1'
  for (const [asking, objects] of [
    [made.admin_api_key, { user: first.service_user_id, key: key!.id, certificate: certificate!.id }],
    [first.admin_api_key, { user: desk.id, key: made.admin_api_key_id, certificate: desk.certificateId }],
  ] as const)
    for (const [method, path, body] of [
      ['GET', `user/${objects.user}`, {}],
      ['PUT', `user/${objects.user}`, { friendly_name: 'x' }],
      ['PUT', `user/${objects.user}/enable`, { enabled: false }],
      ['DELETE', `user/${objects.user}`, {}],
      ['GET', `api-key/${objects.key}`, {}],
      ['PUT', `api-key/${objects.key}`, { name: 'x' }],
      ['PUT', `api-key/${objects.key}/enable`, { enabled: false }],
      ['POST', `api-key/${objects.key}/rotate`, {}],
      ['DELETE', `api-key/${objects.key}`, {}],
      ['POST', 'api-key', { name: 'x', user_id: objects.user }],
      ['GET', `client-auth-certificate/${objects.certificate}`, {}],
      ['GET', `client-auth-certificate?user_id=${objects.user}`, {}],
      ['GET', `client-auth-certificate/${objects.certificate}/pkcs12`, {}],
      ['PUT', `client-auth-certificate/${objects.certificate}/enable`, { enabled: false }],
      ['DELETE', `client-auth-certificate/${objects.certificate}`, {}],
    ] as const)
      t.assert.equal((await call(asking, method, `${API}/${path}`, body)).status, 404, `${method} ${path}`)
  t.assert.equal((await ask(ME, desk.key)).status, 200)
  for (const [asking, account] of [
    [made.admin_api_key, made.id],
    [first.admin_api_key, first.account_id],
  ] as const) {
    const events = json<{ account_id: string; user_id: string; user_name: string; action: string }[]>(
      await ask(`${API}/audit-log?limit=1000`, asking),
    )
    t.assert.ok(events.every(({ account_id }) => account_id === account))
    t.assert.ok(events.some(({ action }) => action === 'account.create'))
    t.assert.ok(account === first.account_id || !events.some(({ user_name }) => user_name === 'Administrator'))
    const users = json<{ id: string }[]>(await ask(`${API}/user?limit=1000`, asking)).map(({ id }) => id)
    t.assert.equal(users.includes(desk.id), account === made.id)
  }
})

test('an administrator of the platform locks nobody out of it, and what is wrong is named', async (t: TestContext) => {
  const { admin_api_key: admin, account_id: own } = platform.account
  for (const [path, body] of [
    [`${PATH}/${own}/enable`, { enabled: false }],
    [`${PATH}/${own}`, { active: false }],
    [`${PATH}/${own}`, { service_period: { from: '2100-01-01' } }],
  ] as const)
    t.assert.deepEqual(refusal(await call(admin, 'PUT', path, body)), [409, 'own_account'])
  const known = (await platform.world.store.accounts.list()).length
  for (const [body, sentence] of [
    [{ name: ' ' }, /name: 1 to 64/],
    [{ name: 'x'.repeat(65) }, /name: 1 to 64/],
    [{ name: 'a\u202eb' }, /name/],
    [{ name: 'x', friendly_identifier: '' }, /friendly_identifier/],
    [{ name: 'x', friendly_identifier: '../x' }, /friendly_identifier/],
    [{ name: 'x', locale: 'german' }, /locale/],
    [{ name: 'x', service_period: { to: '2001-01-01' } }, /service_period.to: .* has passed/],
    [{ name: 'x', service_period: { from: '2100-02-30' } }, /service_period.from/],
    [{ name: 'x', service_period: { from: '2100-02-01', to: '2099-01-01' } }, /service_period: it ends before/],
    [{ name: 'x', service_period: { until: '2100-02-01' } }, /service_period/],
    [{ name: 'x', service_period: null }, /service_period/],
    [{ name: 'x', admin: { email: 'a@b\r\nBcc: c@d' } }, /email/],
    [{ name: 'x', admin: { friendly_name: '' } }, /admin.friendly_name/],
    [{ name: 'x', active: false }, /There is no field "active"/],
    [{}, /name/],
  ] as const) {
    const answer = await call(admin, 'POST', PATH, body)
    t.assert.equal(answer.status, 400, JSON.stringify(body))
    t.assert.match(json(answer).errors[0]!.message, sentence)
  }
  const made = await create({ friendly_identifier: 'NORD-1' })
  const taken = { name: 'x', friendly_identifier: 'NORD-1' }
  t.assert.deepEqual(refusal(await call(admin, 'POST', PATH, taken)), [409, 'account_exists'])
  const other = await create()
  const change = await call(admin, 'PUT', `${PATH}/${other.id}`, { friendly_identifier: 'NORD-1' })
  t.assert.deepEqual(refusal(change), [409, 'account_exists'])
  t.assert.equal((await call(admin, 'PUT', `${PATH}/${made.id}`, { name: 'Nord' })).status, 200)
  t.assert.deepEqual(refusal(await call(admin, 'PUT', `${PATH}/x`, { name: 'Nord' })), [404, 'account_not_found'])
  t.assert.equal((await platform.world.store.accounts.list()).length, known + 2)
})
