/** Passcodes and authentication certificates: given, limited, and what they open. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { newApiKey } from '../../src/domain/api-key.ts'
import { user } from '../store/noun.ts'
import { operationsOf } from './operations.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const CERTIFICATE = '/iot/api/v1/certificate'
const DAY = 86_400_000

let time = Date.now()
let platform: TestPlatform
let profile: string
before(async () => {
  const rates = { COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' }
  platform = await startTestPlatform(rates, () => new Date(time))
  profile = `/iot/api/v1/enrollment-profile/${platform.account.enrollment_profile_id}`
})
after(() => platform.stop())

type Right = {
  id: string
  passcode: string
  status: string
  number_of_usage: number
  registered_values: unknown[]
  validity_period: { from: string | null; to: string | null }
  pem: string
}

function send(method: string, path: string, body: object | undefined, options: AskOptions): Promise<Answer> {
  const bytes = body && Buffer.from(JSON.stringify(body))
  const headers = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
  return platform.ask(path, {
    method,
    ...options,
    ...(bytes && { body: bytes }),
    headers: { ...(options.headers as object), ...headers },
  })
}

const byKey = (key: string): AskOptions => ({ door: 'api', headers: { 'x-api-key': key } })
const admin = (): AskOptions => byKey(platform.account.admin_api_key)
const byPasscode = (passcode: string): AskOptions => ({ door: 'api', headers: { 'x-passcode': passcode } })

async function made<T = Right>(t: TestContext, answer: Promise<Answer>, status = 200): Promise<T> {
  const { status: actual, body } = await answer
  t.assert.equal(actual, status, String(body))
  return body.length > 0 ? (JSON.parse(String(body)) as T) : (undefined as T)
}

async function refused(t: TestContext, answer: Promise<Answer>, status: number, sentence: RegExp | string) {
  const { status: actual, body } = await answer
  t.assert.equal(actual, status, String(body))
  const [{ code, message } = { code: '', message: '' }] = json(await answer).errors
  if (typeof sentence === 'string') t.assert.equal(code, sentence)
  else t.assert.match(message, sentence)
}

const passcode = (t: TestContext, body: object = {}): Promise<Right> =>
  made(t, send('POST', `${profile}/passcode`, { name: 'Line 1', ...body }, admin()), 201)
const right = (t: TestContext, kind: string, id: string): Promise<Right> =>
  made(t, send('GET', `${profile}/${kind}/${id}`, undefined, admin()))

async function csrOf(commonName: string): Promise<{ readonly csr: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const csr = await signCertificationRequest({ subject: name({ CN: commonName }) }, await createSigner('ES256', pkcs8))
  return { csr: encodePem('CERTIFICATE REQUEST', csr), key: encodePem('PRIVATE KEY', pkcs8) }
}

type Enrolled = { certificate_id: string; pem: string }

/** Enrolls by whatever the options show; without a profile unless the body names one. */
async function enroll(by: AskOptions, commonName: string, body: object = {}): Promise<Answer> {
  const { csr } = await csrOf(commonName)
  return send('POST', CERTIFICATE, { csr, ...body }, by)
}

test('a passcode is told once, and is shown by its beginning from then on', async (t: TestContext) => {
  const told = await passcode(t, { passcode_length: 20, description: 'For the line', usage_limit: 5 })
  t.assert.match(told.passcode, /^[2-9a-z]{20}$/)
  const shown = await right(t, 'passcode', told.id)
  t.assert.deepEqual(shown, { ...told, passcode: `${told.passcode.slice(0, 5)}${'*'.repeat(15)}` })
  t.assert.deepEqual(
    [shown.status, shown.number_of_usage, shown.validity_period],
    ['ACTIVE', 0, { from: null, to: null }],
  )
  const list = await made<{ total: number; records: Right[] }>(
    t,
    send('GET', `${profile}/passcode?limit=1`, undefined, admin()),
  )
  t.assert.deepEqual([list.total, list.records], [1, [shown]])
  t.assert.equal((await passcode(t)).passcode.length, 32)
})

test('what is wrong with a passcode is said, and nothing is made', async (t: TestContext) => {
  const path = `${profile}/passcode`
  const total = async () => (await made<{ total: number }>(t, send('GET', path, undefined, admin()))).total
  const before = await total()
  for (const [body, sentence] of [
    [{ passcode_length: 15 }, /^passcode_length: 16 to 128\.$/],
    [{ passcode_length: 129 }, /^passcode_length/],
    [{ name: ' ' }, /^name: 1 to 100/],
    [{ usage_limit: 0 }, /usage_limit/],
    [{ usage_limits: 3 }, /no field "usage_limits"/],
    [{ validity_period: { to: '2020-01-01' } }, /^validity_period\.to: .* has passed/],
    [{ validity_period: { from: '2030-02-30' } }, /^validity_period\.from: write it as/],
    [{ validity_period: { from: '0000-01-01T00:00:00+23:59' } }, /^validity_period\.from: write it as/],
    [{ validity_period: { to: '9999-12-31T23:59:59-23:59' } }, /^validity_period\.to: write it as/],
    [{ validity_period: { from: '2031-01-01', to: '2030-01-01' } }, /begin before it ends/],
    [{ registered_values: [{ certificate_field: 'subject.title', value: 'x' }] }, /"subject\.title" is no field/],
    [{ registered_values: [{ certificate_field: 'subject.country', value: '1A' }] }, /two letters of a country/],
    [{ registered_values: [{ certificate_field: 'subject.common_name', value: [] }] }, /one value/],
    [{ registered_values: [{ certificate_field: 'subject.common_name', value: 'a\0b' }] }, /one line/],
    [
      {
        registered_values: [1, 2].map(() => ({ certificate_field: 'subject.common_name', value: 'x' })),
      },
      /is there twice/,
    ],
    [
      { registered_values: [{ certificate_field: 'subject.common_name', value: 'x', matcher: 'like' }] },
      /matcher is equals/,
    ],
    [{ allowed_networks: ['here'] }, /is no network/],
  ] as const)
    await refused(t, send('POST', path, { name: 'x', ...body }, admin()), 400, sentence)
  t.assert.equal(await total(), before)
  const other = '/iot/api/v1/enrollment-profile/IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10/passcode'
  await refused(t, send('POST', other, { name: 'x' }, admin()), 404, 'enrollment_profile_not_found')
})

test('by a passcode devices enroll on both hosts, under its profile, which they need not name', async (t: TestContext) => {
  const { id, passcode: text } = await passcode(t)
  const { enrollment_profile_id } = platform.account
  for (const by of [byPasscode(text), { headers: { 'x-passcode': text }, cert: '', key: '', agent: false }] as const) {
    const { pem } = await made<Enrolled>(t, enroll(by, 'by passcode'))
    t.assert.match(new X509Certificate(pem).subject, /CN=by passcode/)
    await made(t, enroll(by, 'named', { enrollment_profile_id }))
    await refused(t, enroll(by, 'x', { enrollment_profile_id: `${enrollment_profile_id}0` }), 404, /no such enrollment/)
  }
  const withKey = { server_side_key_gen: true, private_key_format: 'pem', csr: null }
  const attributes = { certificate_profile_attributes: [{ id: 'subject.common_name', value: 'server' }] }
  t.assert.match(
    (await made<{ private_key: string }>(t, enroll(byPasscode(text), '', { ...withKey, ...attributes }))).private_key,
    /PRIVATE KEY/,
  )
  t.assert.equal((await right(t, 'passcode', id)).number_of_usage, 5)
  const log = await made<{ actor_type: string; user_id: string; action: string }[]>(
    t,
    send('GET', '/account/api/v1/audit-log?action=certificate_request.create&limit=5', undefined, admin()),
  )
  t.assert.deepEqual(
    log.map(({ actor_type, user_id }) => [actor_type, user_id]),
    Array.from({ length: 5 }, () => ['passcode', id]),
  )
  t.assert.ok(platform.log.some((line) => line.includes(`"passcode_id":"${id}"`)))
  // A user still has to name one.
  await refused(t, enroll(admin(), 'x'), 400, /^enrollment_profile_id/)
})

test('a CSR that says another value than the registered one is refused; one that says none gets it', async (t: TestContext) => {
  const { passcode: text } = await passcode(t, {
    registered_values: [
      { certificate_field: 'subject.organization_unit', value: ['Unit 1', 'Unit 2'] },
      { certificate_field: 'subject.common_name', value: 'only-me', matcher: 'EQUALS' },
    ],
  })
  const { pem } = await made<Enrolled>(t, enroll(byPasscode(text), 'only-me'))
  t.assert.deepEqual(new X509Certificate(pem).subject.split('\n'), ['OU=Unit 1', 'OU=Unit 2', 'CN=only-me'])
  await refused(t, enroll(byPasscode(text), 'somebody else'), 400, /subject\.common_name is registered/)
  const attributes = [{ id: 'subject.organization_unit', value: ['Unit 1'] }]
  await refused(
    t,
    enroll(byPasscode(text), 'only-me', { certificate_profile_attributes: attributes }),
    400,
    /subject\.organization_unit is registered/,
  )
})

test('a limit holds to the last, and who meets it hears what a stranger hears', async (t: TestContext) => {
  const { id, passcode: text } = await passcode(t, { usage_limit: 2 })
  await refused(t, enroll(byPasscode(text), ''), 400, /common_name is missing/)
  t.assert.equal((await right(t, 'passcode', id)).number_of_usage, 0)
  const answers = await Promise.all([1, 2, 3, 4].map((one) => enroll(byPasscode(text), `limited ${one}`)))
  t.assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 401, 401])
  const stranger = await enroll(byPasscode('2'.repeat(32)), 'x')
  const late = await enroll(byPasscode(text), 'x')
  t.assert.deepEqual([late.status, String(late.body)], [stranger.status, String(stranger.body)])
  t.assert.equal(stranger.status, 401)
  t.assert.equal(json(stranger).errors[0]?.code, 'invalid_passcode')
  await made(t, send('PUT', `${profile}/passcode/${id}`, { usage_limit: 3 }, admin()))
  await made(t, enroll(byPasscode(text), 'one more'))
  await refused(t, enroll(byPasscode(text), 'x'), 401, 'invalid_passcode')
})

test('it is disabled, enabled, dated and deleted, and acts so at once', async (t: TestContext) => {
  const { id, passcode: text } = await passcode(t)
  const path = `${profile}/passcode/${id}`
  const change = (body: object) => made(t, send('PUT', path, body, admin()))
  t.assert.equal((await change({ status: 'disabled' })).status, 'DISABLED')
  await refused(t, enroll(byPasscode(text), 'x'), 401, 'invalid_passcode')
  t.assert.equal((await change({ status: 'ACTIVE', name: 'Line 2' })).status, 'ACTIVE')
  await made(t, enroll(byPasscode(text), 'x'))
  const tomorrow = new Date(time + DAY).toISOString().slice(0, 10)
  const dated = await change({ validity_period: { from: tomorrow, to: tomorrow } })
  t.assert.deepEqual(dated.validity_period, { from: `${tomorrow}T00:00:00Z`, to: `${tomorrow}T23:59:59Z` })
  await refused(t, enroll(byPasscode(text), 'x'), 401, 'invalid_passcode')
  const began = time
  time = Date.parse(`${tomorrow}T12:00:00Z`)
  t.after(() => {
    time = began
  })
  await made(t, enroll(byPasscode(text), 'x'))
  time += DAY
  await refused(t, enroll(byPasscode(text), 'x'), 401, 'invalid_passcode')
  await change({ validity_period: null })
  await made(t, enroll(byPasscode(text), 'x'))
  await refused(t, send('PUT', path, { status: 'DELETED' }, admin()), 400, /^status: ACTIVE or DISABLED/)
  await made(t, send('DELETE', path, undefined, admin()), 204)
  await refused(t, enroll(byPasscode(text), 'x'), 401, 'invalid_passcode')
  t.assert.equal((await right(t, 'passcode', id)).status, 'DELETED')
  await refused(t, send('PUT', path, { status: 'ACTIVE' }, admin()), 409, 'enrollment_passcode_deleted')
  await refused(t, send('DELETE', path, undefined, admin()), 409, 'enrollment_passcode_deleted')
})

test('nobody gives out more than they have: not the permission, the end or the networks of their key', async (t: TestContext) => {
  const { users, apiKeys } = platform.world.store
  const keyOf = async (permissions: readonly string[], limits: object = {}): Promise<AskOptions> => {
    const made = user(platform.account.account_id, { permissions: permissions as never })
    await users.add(made)
    const { apiKey, text } = newApiKey(new Date(time), { userId: made.id, name: 'k' })
    await apiKeys.add({ ...apiKey, ...limits })
    return byKey(text)
  }
  const both = ['MANAGE_IOT_ENROLLMENT_PROFILE', 'MANAGE_IOT_CERTIFICATE']
  const path = `${profile}/passcode`
  const profilesOnly = await keyOf(['MANAGE_IOT_ENROLLMENT_PROFILE'])
  await refused(t, send('POST', path, { name: 'x' }, profilesOnly), 403, /MANAGE_IOT_CERTIFICATE/)
  const { id } = await passcode(t, { usage_limit: 1 })
  await refused(t, send('PUT', `${path}/${id}`, { usage_limit: 9 }, profilesOnly), 403, /MANAGE_IOT_CERTIFICATE/)
  await made(t, send('PUT', `${path}/${id}`, { status: 'DISABLED' }, profilesOnly))
  await refused(t, send('PUT', `${path}/${id}`, { status: 'ACTIVE' }, profilesOnly), 403, /MANAGE_IOT_CERTIFICATE/)

  const endsAt = new Date(time + DAY)
  const ending = await keyOf(both, { endsAt })
  const to = (await made(t, send('POST', path, { name: 'x' }, ending), 201)).validity_period.to
  t.assert.equal(to, `${endsAt.toISOString().slice(0, 19)}Z`)
  const longer = { name: 'x', validity_period: { to: new Date(time + 2 * DAY).toISOString() } }
  await refused(t, send('POST', path, longer, ending), 400, /^validity_period\.to: at most/)
  await refused(t, send('POST', path, { name: 'x', validity_period: null }, ending), 400, /^validity_period\.to/)

  const near = await keyOf(both, { allowedNetworks: ['127.0.0.0/8'] })
  const given = await made<{ allowed_networks: string[] }>(t, send('POST', path, { name: 'x' }, near), 201)
  t.assert.deepEqual(given.allowed_networks, ['127.0.0.0/8'])
  await refused(t, send('POST', path, { name: 'x', allowed_networks: [] }, near), 403, /allowed_networks has to lie/)
})

test('from another network than its own a passcode does not count', async (t: TestContext) => {
  const { id, passcode: text } = await passcode(t, { allowed_networks: ['192.0.2.0/24'] })
  await refused(t, enroll(byPasscode(text), 'x'), 401, 'invalid_passcode')
  await made(t, send('PUT', `${profile}/passcode/${id}`, { allowed_networks: ['127.0.0.1'] }, admin()))
  await made(t, enroll(byPasscode(text), 'x'))
})

const underProfile = () => ({ enrollment_profile_id: platform.account.enrollment_profile_id })

test('a passcode renews what it asked for itself, and uses itself up by it', async (t: TestContext) => {
  const { id, passcode: text } = await passcode(t, {
    usage_limit: 2,
    registered_values: [{ certificate_field: 'subject.common_name', value: 'to renew' }],
  })
  const own = (await made<Enrolled>(t, enroll(byPasscode(text), 'to renew'))).certificate_id
  const others = (await made<Enrolled>(t, enroll(admin(), 'to renew', underProfile()))).certificate_id
  const another = (await made<Enrolled>(t, enroll(byPasscode((await passcode(t)).passcode), 'to renew'))).certificate_id
  const renew = async (certificate: string, name = 'to renew') =>
    send('POST', `${CERTIFICATE}/${certificate}/renew`, { csr: (await csrOf(name)).csr }, byPasscode(text))
  const strange = await renew(crypto.randomUUID())
  for (const certificate of [others, another]) {
    const foreign = await renew(certificate)
    t.assert.deepEqual([foreign.status, String(foreign.body)], [strange.status, String(strange.body)])
    t.assert.equal(foreign.status, 404)
  }
  const values = [{ certificate_field: 'subject.common_name', value: 'another' }]
  await made(t, send('PUT', `${profile}/passcode/${id}`, { registered_values: values }, admin()))
  await refused(t, renew(own), 400, /subject\.common_name is registered/)
  values[0] = { certificate_field: 'subject.common_name', value: 'to renew' }
  await made(t, send('PUT', `${profile}/passcode/${id}`, { registered_values: values }, admin()))
  t.assert.equal((await right(t, 'passcode', id)).number_of_usage, 1)
  const { pem } = await made<Enrolled>(t, renew(own))
  t.assert.match(new X509Certificate(pem).subject, /CN=to renew/)
  t.assert.equal((await right(t, 'passcode', id)).number_of_usage, 2)
  await refused(t, renew(own), 401, 'invalid_passcode')
})

test('a passcode gets nothing for a device that has a certificate of others', async (t: TestContext) => {
  const device = (identifier: string) => ({ device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: identifier }] })
  const { passcode: text } = await passcode(t)
  const { passcode: other } = await passcode(t)
  const { certificate_id } = await made<Enrolled>(
    t,
    enroll(admin(), 'theirs', { ...underProfile(), ...device('theirs') }),
  )
  await refused(t, enroll(byPasscode(text), 'theirs', device('theirs')), 409, 'device_has_certificate')
  await made(t, enroll(byPasscode(text), 'own', device('own')))
  await made(t, enroll(byPasscode(text), 'own', device('own')))
  await refused(t, enroll(byPasscode(other), 'own', device('own')), 409, 'device_has_certificate')
  await send('PUT', `${CERTIFICATE}/${certificate_id}/revoke`, { reason: 'superseded' }, admin())
  await made(t, enroll(byPasscode(text), 'theirs', device('theirs')))
})

test('a passcode opens enrolling alone, and nothing together with anything else', async (t: TestContext) => {
  const { passcode: text } = await passcode(t)
  const opened: string[] = []
  for (const { operationId, method, path, security } of await operationsOf(platform)) {
    if (security.length === 0) continue
    const address = path.replaceAll(/\{\w+\}/g, platform.account.enrollment_profile_id)
    const api = await platform.ask(address, { ...byPasscode(text), method })
    const tls = await platform.ask(address, {
      headers: { 'x-passcode': text },
      method,
      cert: '',
      key: '',
      agent: false,
    })
    if (security.some((one) => 'passcode' in one)) {
      t.assert.ok(![401, 403].includes(api.status) && ![401, 403].includes(tls.status), operationId)
      opened.push(operationId)
    } else {
      t.assert.ok([401, 403].includes(api.status), `${operationId} ${api.status} ${api.body}`)
      t.assert.deepEqual([tls.status, json(tls).errors[0]?.code], [403, 'AUTHORIZATION_ERROR'], operationId)
    }
    const both = { ...byPasscode(text), headers: { 'x-passcode': text, 'x-api-key': platform.account.admin_api_key } }
    t.assert.equal((await platform.ask(address, { ...both, method })).status, 400, operationId)
    t.assert.equal((await platform.ask(address, { headers: { 'x-passcode': text }, method })).status, 400, operationId)
  }
  t.assert.deepEqual(opened.sort(), ['enrollCertificate', 'getCertificateRequest', 'renewCertificate'])
  const cookie = { headers: { 'x-passcode': text, cookie: `__Host-countersign=${'0'.repeat(64)}` } }
  await refused(t, enroll({ door: 'api', ...cookie }, 'x'), 400, /not both/)
  t.assert.ok(!platform.log.join('\n').includes(text))
})
