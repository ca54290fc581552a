/** Every way that comes to mind in which somebody could make more of a credential than it was given: none works. */
import { generateKeyPairSync } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { authenticateApiKey } from '../../src/domain/authenticate.ts'
import { createAccount } from '../../src/domain/manage-accounts.ts'
import { createClientAuthCertificate } from '../../src/domain/manage-client-auth-certificates.ts'
import { PERMISSIONS, type Permission } from '../../src/domain/permission.ts'
import { ADMINISTRATOR_ROLES } from '../../src/domain/role.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const API = '/account/api/v1'
let platform: TestPlatform
let admin: string
let names = 0
before(async () => {
  platform = await startTestPlatform()
  admin = platform.account.admin_api_key
})
after(() => platform.stop())

type Made = {
  id: string
  user_id: string
  api_key: string
  api_key_id: string
  end_date: string | null
  x509_cert: string
  scopes: Permission[] | null
  allowed_networks: string[]
}
type By = string | AskOptions

function call(by: By, method: string, path: string, body?: object): Promise<Answer> {
  const options = typeof by === 'string' ? ({ door: 'api', headers: { 'x-api-key': by } } as const) : by
  const bytes = body && Buffer.from(JSON.stringify(body))
  const json = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
  const headers = { ...(options.headers as object), ...json }
  return platform.ask(`${API}/${path}`, { ...options, method, headers, ...(bytes && { body: bytes }) })
}

const refusal = (answer: Answer) => [answer.status, json(answer).errors[0]!.code]
async function made(answer: Promise<Answer>): Promise<Made> {
  const { status, body } = await answer
  if (status !== 201 && status !== 200) throw new Error(`${status} ${body}`)
  return JSON.parse(body.toString()) as Made
}
const newKey = (by: By, body: object = {}) => made(call(by, 'POST', 'api-key', { name: `k${names++}`, ...body }))
const newUser = (by: By, roles: readonly string[], body: object = {}) =>
  made(call(by, 'POST', 'user', { friendly_name: `u${names++}`, roles, ...body }))

async function request(): Promise<{ readonly csr: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const bytes = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const csr = await signCertificationRequest({ subject: name({ CN: 'c' }) }, await createSigner('ES256', bytes))
  return { csr: encodePem('CERTIFICATE REQUEST', csr), key: encodePem('PRIVATE KEY', bytes) }
}

async function newCertificate(by: By, body: object = {}, path = 'client-auth-certificate') {
  const { csr, key } = await request()
  const certificate = await made(call(by, 'POST', path, { csr, name: `c${names++}`, ...body }))
  return { ...certificate, tls: { cert: certificate.x509_cert, key, agent: false } satisfies AskOptions }
}

const inDays = (days: number) => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)}Z`
const end = (moment: string | null) => (moment === null ? Number.POSITIVE_INFINITY : Date.parse(moment))

test('a key that ends makes none that outlives it', async (t: TestContext) => {
  const last = inDays(10)
  const { api_key: key, user_id: userId } = await newKey(admin, { end_date: last })
  t.assert.equal(end((await newKey(key)).end_date), end(last))
  t.assert.equal(end((await newKey(key, { end_date: inDays(5) })).end_date) < end(last), true)
  for (const end_date of [null, inDays(11), '2100-01-01']) {
    const answer = await call(key, 'POST', 'api-key', { name: 'x', end_date })
    t.assert.equal(answer.status, 400)
    t.assert.match(json(answer).errors[0]!.message, new RegExp(`end_date: at most ${last}`))
  }
  const service = await newUser(admin, ['CTM_SIGNER'])
  t.assert.equal(end((await newKey(key, { user_id: service.id })).end_date), end(last))
  t.assert.ok((await platform.world.store.apiKeys.list(userId)).every((one) => one.name !== 'x'))
})

test('nor does it end later than it was to, or let another live on', async (t: TestContext) => {
  const last = inDays(10)
  const { id, api_key: key } = await newKey(admin, { end_date: last })
  for (const end_date of [null, inDays(11)])
    t.assert.equal((await call(key, 'PUT', `api-key/${id}`, { end_date })).status, 400)
  t.assert.equal(
    end((await made(call(key, 'POST', `api-key/${id}/rotate`, { overlap_hours: 48 }))).end_date),
    end(last),
  )
  const other = await newKey(admin, { scopes: ['VIEW_AM_USER'] })
  const path = `api-key/${other.id}`
  for (const change of [{ scopes: null }, { scopes: ['MANAGE_AM_USER'] }, { allowed_networks: [] }])
    t.assert.equal((await call(key, 'PUT', path, change)).status, 400, JSON.stringify(change))
  t.assert.deepEqual(refusal(await call(key, 'POST', `${path}/rotate`, {})), [403, 'access_denied'])
  t.assert.equal((await call(key, 'PUT', path, { name: 'Renamed' })).status, 200)
  t.assert.equal((await call(key, 'PUT', `${path}/enable`, { enabled: false })).status, 200)
  t.assert.deepEqual(refusal(await call(key, 'PUT', `${path}/enable`, { enabled: true })), [403, 'access_denied'])
  t.assert.equal((await call(key, 'PUT', path, { end_date: inDays(9) })).status, 200)
  t.assert.equal((await call(key, 'PUT', `${path}/enable`, { enabled: true })).status, 200)
  t.assert.equal((await call(key, 'DELETE', path)).status, 204)
})

test('nor do users and accounts that it makes have a key that does, nor what that one makes', async (t: TestContext) => {
  const last = inDays(10)
  const { api_key: key } = await newKey(admin, { end_date: last })
  const { apiKeys } = platform.world.store
  const service = await newUser(key, ['AM_USER_MANAGER'])
  t.assert.equal((await apiKeys.find(service.api_key_id))?.endsAt?.getTime(), end(last))
  t.assert.equal(end((await newKey(service.api_key)).end_date), end(last))
  const account = json<{ admin_api_key: string; admin_api_key_id: string }>(
    await call(key, 'POST', 'account', { name: 'Short' }),
  )
  t.assert.equal((await apiKeys.find(account.admin_api_key_id))?.endsAt?.getTime(), end(last))
  t.assert.equal(end((await newKey(account.admin_api_key)).end_date), end(last))
})

test('a certificate that began with a key that ends does not outlive it, renewed or not, nor do its keys', async (t: TestContext) => {
  const last = inDays(10)
  const service = await newUser(admin, ['AM_USER_MANAGER'])
  const { api_key: key } = await newKey(service.api_key, { end_date: last })
  const first = await newCertificate(key)
  t.assert.ok(end(first.end_date) <= end(last))
  const late = await call(key, 'POST', 'client-auth-certificate', { ...(await request()), name: 'l', exp: inDays(11) })
  t.assert.equal(late.status, 400)
  const renewed = await newCertificate(first.tls, {}, `client-auth-certificate/${first.id}/renew`)
  const again = await newCertificate(renewed.tls, {}, `client-auth-certificate/${renewed.id}/renew`)
  const another = await newCertificate(again.tls)
  for (const { end_date, tls } of [renewed, again, another]) {
    t.assert.ok(end(end_date) <= end(last))
    t.assert.ok(end((await newKey(tls)).end_date) <= end(last))
    const { csr } = await request()
    const beyond = { csr, name: `c${names++}`, exp: inDays(12) }
    t.assert.equal((await call(tls, 'POST', 'client-auth-certificate', beyond)).status, 400)
  }
  const generated = await made(call(again.tls, 'POST', 'client-auth-certificate/generate', { name: `c${names++}` }))
  t.assert.ok(end(generated.end_date) <= end(last))
  // One that began with a key without end goes on as long as it is renewed: nobody is to be surprised by an end.
  const free = await newCertificate(service.api_key, { exp: inDays(3) })
  const followed = await newCertificate(free.tls, {}, `client-auth-certificate/${free.id}/renew`)
  t.assert.ok(end(followed.end_date) > end(inDays(300)))
})

test('a key that a certificate makes ends with it, and one made with both ends with the first', async (t: TestContext) => {
  const service = await newUser(admin, ['AM_USER_MANAGER'])
  const certificate = await newCertificate(service.api_key, { exp: inDays(20) })
  t.assert.equal(end((await newKey(certificate.tls)).end_date), end(certificate.end_date))
  t.assert.equal((await call(certificate.tls, 'POST', 'api-key', { name: 'x', end_date: null })).status, 400)
  const both = { ...certificate.tls, headers: { 'x-api-key': service.api_key } }
  t.assert.equal(end((await newKey(both)).end_date), end(certificate.end_date))
  const short = await newKey(service.api_key, { end_date: inDays(2) })
  const shorter = { ...certificate.tls, headers: { 'x-api-key': short.api_key } }
  t.assert.equal(end((await newKey(shorter)).end_date), end(short.end_date))
})

test('a scoped key gives nothing beyond its scopes: not to keys, users or certificates', async (t: TestContext) => {
  const scopes: Permission[] = [
    'MANAGE_AM_USER',
    'VIEW_AM_USER',
    'MANAGE_AM_API_KEY',
    'MANAGE_AM_CLIENT_AUTH_CERTIFICATE',
    'VIEW_CTM_CREDENTIAL',
  ]
  const { id, api_key: key } = await newKey(admin, { scopes })
  for (const wider of [null, [...scopes, 'SIGN_CTM_CONTENT']]) {
    t.assert.equal((await call(key, 'POST', 'api-key', { name: 'x', scopes: wider })).status, 403)
    t.assert.equal((await call(key, 'PUT', `api-key/${id}`, { scopes: wider })).status, 403)
  }
  t.assert.equal((await call(key, 'POST', 'api-key', { name: 'x' })).status, 403)
  for (const role of [...ADMINISTRATOR_ROLES, 'CTM_SIGNER', 'AM_USER_MANAGER', 'AM_PLATFORM_ADMIN'])
    t.assert.equal((await call(key, 'POST', 'user', { friendly_name: 'x', roles: [role] })).status, 403, role)
  const service = await newUser(admin, ['CTM_SIGNER', 'AM_USER_MANAGER'])
  const [of] = await platform.world.store.apiKeys.list(service.id)
  for (const [method, path, body] of [
    ['PUT', `user/${service.id}`, { roles: [] }],
    ['POST', `api-key/${of!.id}/rotate`, {}],
    ['POST', 'api-key', { name: 'x', user_id: service.id }],
    ['PUT', `api-key/${of!.id}`, { allowed_networks: [] }],
  ] as const)
    t.assert.equal((await call(key, method, path, body)).status, 403, `${method} ${path}`)
  const { csr } = await request()
  for (const [path, body] of [
    ['client-auth-certificate', { csr, name: 'x' }],
    ['client-auth-certificate/generate', { name: 'x' }],
  ] as const)
    t.assert.equal((await call(key, 'POST', path, body)).status, 403)
})

test('a key that is held to networks gives nothing that counts from elsewhere', async (t: TestContext) => {
  const here = ['127.0.0.0/8', '::1/128']
  const { id, api_key: key } = await newKey(admin, { allowed_networks: here })
  for (const allowed_networks of [
    [],
    ['0.0.0.0/0'],
    ['::/0'],
    ['127.0.0.0/7'],
    ['::ffff:0.0.0.0/96'],
    [...here, '10.0.0.1'],
  ]) {
    t.assert.equal((await call(key, 'POST', 'api-key', { name: 'x', allowed_networks })).status, 403)
    t.assert.equal((await call(key, 'PUT', `api-key/${id}`, { allowed_networks })).status, 403)
  }
  const other = await newKey(admin, {})
  for (const [method, path, body] of [
    ['POST', `api-key/${other.id}/rotate`, {}],
    ['PUT', `api-key/${other.id}/enable`, { enabled: true }],
    ['PUT', `api-key/${other.id}`, { scopes: null }],
  ] as const)
    t.assert.equal((await call(key, method, path, body)).status, 403, `${method} ${path}`)
  const service = await newUser(key, ['AM_USER_MANAGER'])
  t.assert.deepEqual((await newKey(service.api_key)).allowed_networks, here)
  const account = json<{ admin_api_key: string }>(await call(key, 'POST', 'account', { name: 'Near' }))
  t.assert.deepEqual((await newKey(account.admin_api_key)).allowed_networks, here)
  const { csr } = await request()
  for (const by of [key, service.api_key, account.admin_api_key])
    t.assert.equal((await call(by, 'POST', 'client-auth-certificate', { csr, name: 'x' })).status, 403)
})

test('a certificate that was disabled is not enabled by what could not have made it', async (t: TestContext) => {
  const service = await newUser(admin, ['AM_USER_MANAGER'])
  const certificate = await newCertificate(service.api_key)
  const path = `client-auth-certificate/${certificate.id}/enable`
  const scoped = await newKey(service.api_key, { scopes: ['MANAGE_AM_CLIENT_AUTH_CERTIFICATE'] })
  const held = await newKey(service.api_key, { allowed_networks: ['127.0.0.0/8', '::1/128'] })
  const short = await newKey(service.api_key, { end_date: inDays(2) })
  for (const { api_key: key } of [scoped, held, short]) {
    t.assert.equal((await call(key, 'PUT', path, { enabled: false })).status, 200)
    t.assert.deepEqual(refusal(await call(key, 'PUT', path, { enabled: true })), [403, 'access_denied'])
    t.assert.equal((await call(certificate.tls, 'GET', 'user/me')).status, 403)
  }
  t.assert.equal((await call(service.api_key, 'PUT', path, { enabled: true })).status, 200)
  t.assert.equal((await call(certificate.tls, 'GET', 'user/me')).status, 200)
})

test('a key with scopes makes no certificate, and if it has all of them: the user may get more', async (t: TestContext) => {
  const service = await newUser(admin, ['AM_USER_MANAGER'])
  const { permissions } = (await platform.world.store.users.find(service.id))!
  const whole = await newKey(service.api_key, { scopes: permissions })
  const { csr } = await request()
  const wish = { csr, name: 'whole' }
  t.assert.deepEqual(refusal(await call(whole.api_key, 'POST', 'client-auth-certificate', wish)), [
    403,
    'access_denied',
  ])
})

test('a key that is held to networks invites nobody: people sign in from everywhere', async (t: TestContext) => {
  const held = await newKey(admin, { allowed_networks: ['127.0.0.0/8', '::1/128'] })
  const wish = { user_type: 'standard', friendly_name: 'Eve', email: 'eve@example.com', roles: ['AM_ACCOUNT_ADMIN'] }
  t.assert.deepEqual(refusal(await call(held.api_key, 'POST', 'user', wish)), [403, 'access_denied'])
  const invited = await made(call(admin, 'POST', 'user', wish))
  t.assert.deepEqual(refusal(await call(held.api_key, 'POST', `user/${invited.id}/invitation`)), [403, 'access_denied'])
})

test('who was deleted while its request was read gets no certificate, and no account', async (t: TestContext) => {
  const service = await newUser(admin, ['AM_ACCOUNT_ADMIN'])
  const { world } = platform
  const gone = await authenticateApiKey(world, service.api_key)
  t.assert.equal((await call(admin, 'DELETE', `user/${service.id}`)).status, 204)
  const { csr } = await request()
  await t.assert.rejects(createClientAuthCertificate(world, gone, { csr, name: 'late' }), { reason: 'forbidden' })
  await t.assert.rejects(createAccount(world, gone, { name: 'Late' }), { reason: 'forbidden' })
  t.assert.deepEqual(await world.store.clientAuthCertificates.list(service.id), [])
})

test('a key has no scope that its user lacks, and loses what its user loses', async (t: TestContext) => {
  const service = await newUser(admin, ['AM_USER_MANAGER', 'CTM_SIGNER'])
  for (const permission of PERMISSIONS.filter((one) => one.startsWith('MANAGE_CTM') || one === 'MANAGE_AM_PLATFORM'))
    t.assert.equal((await call(service.api_key, 'POST', 'api-key', { name: 'x', scopes: [permission] })).status, 400)
  const key = await newKey(service.api_key, { scopes: ['VIEW_AM_USER', 'SIGN_CTM_CONTENT'] })
  t.assert.equal((await call(key.api_key, 'GET', 'user')).status, 200)
  t.assert.equal((await call(admin, 'PUT', `user/${service.id}`, { roles: ['CTM_SIGNER'] })).status, 200)
  t.assert.deepEqual(refusal(await call(key.api_key, 'GET', 'user')), [403, 'access_denied'])
})
