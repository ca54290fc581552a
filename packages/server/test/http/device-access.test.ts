/** What certificates of devices open on the mutual-TLS host: the device itself, and enrolling where a profile takes them for it. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { Agent } from 'node:https'
import { after, before, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, oids, signCertificationRequest } from '@countersign/pki'
import { newApiKey } from '../../src/domain/api-key.ts'
import { authenticateDeviceCertificate } from '../../src/domain/authenticate-device.ts'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { establishDeviceTrust } from '../../src/domain/establish-device-trust.ts'
import { ownRenewal } from '../../src/domain/own-device.ts'
import { account, user } from '../store/noun.ts'
import { operationsOf } from './operations.ts'
import { createTestAuthority } from './test-authority.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const CERTIFICATE = '/iot/api/v1/certificate'
const DEVICE = '/iot/api/v2/device'
const DAY = 86_400_000

let time = Date.now()
let platform: TestPlatform
let profile: string
const agents: Agent[] = []
before(async () => {
  const rates = { COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' }
  platform = await startTestPlatform(rates, () => new Date(time))
  profile = `/iot/api/v1/enrollment-profile/${platform.account.enrollment_profile_id}`
})
after(async () => {
  for (const agent of agents) agent.destroy()
  await platform.stop()
})

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

const admin = (): AskOptions => ({ door: 'api', headers: { 'x-api-key': platform.account.admin_api_key } })
/** Over a connection of its own to the mutual-TLS host. */
function byCertificate({ pem, key }: Pick<Made, 'pem' | 'key'>): AskOptions {
  const agent = new Agent({ keepAlive: true })
  agents.push(agent)
  return { cert: pem, key, agent }
}

async function made<T>(t: TestContext, answer: Promise<Answer>, status = 200): Promise<T> {
  const { status: actual, body } = await answer
  t.assert.equal(actual, status, String(body))
  return body.length > 0 ? (JSON.parse(String(body)) as T) : (undefined as T)
}

async function refused(t: TestContext, asked: Promise<Answer>, status: number, code: string, message = /./) {
  const answer = await asked
  t.assert.equal(answer.status, status, String(answer.body))
  const [error] = json(answer).errors
  t.assert.equal(error?.code, code)
  t.assert.match(error?.message ?? '', message)
}
const unknown = (t: TestContext, asked: Promise<Answer>) => refused(t, asked, 403, 'AUTHORIZATION_ERROR')

type Made = { certificate_id: string; pem: string; key: string; identifier: string }

async function csrOf(commonName: string): Promise<{ readonly csr: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const csr = await signCertificationRequest({ subject: name({ CN: commonName }) }, await createSigner('ES256', pkcs8))
  return { csr: encodePem('CERTIFICATE REQUEST', csr), key: encodePem('PRIVATE KEY', pkcs8) }
}

let count = 0
/** A certificate of a device of its own, without intermediates, and its key. */
async function enrolled(t: TestContext, body: object = {}): Promise<Made> {
  const identifier = `MAC-${++count}`
  const { csr, key } = await csrOf(identifier)
  const wish = {
    csr,
    enrollment_profile_id: platform.account.enrollment_profile_id,
    device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: identifier }],
    include_certificate_chain: false,
    ...body,
  }
  return { ...(await made<Made>(t, send('POST', CERTIFICATE, wish, admin()))), key, identifier }
}

type DeviceView = { id: string; device_identifier: string; fields: { id: string; value: string | null }[] }

async function deviceIdOf(t: TestContext, { identifier }: Made): Promise<string> {
  const path = `${DEVICE}?device_identifier=${identifier}`
  const { records } = await made<{ records: DeviceView[] }>(t, send('GET', path, undefined, admin()))
  return records[0]!.id
}

const ALLOWED = { device_api_allow_read: true, device_api_allow_write: true, device_api_allow_renew_certificate: true }
const allow = (t: TestContext, id: string, flags: object = ALLOWED) =>
  made(t, send('PUT', `${DEVICE}/${id}`, flags, admin()))
const revoke = (t: TestContext, { certificate_id }: Made, reason: string) =>
  made(t, send('PUT', `${CERTIFICATE}/${certificate_id}/revoke`, { reason }, admin()), 204)

test('a device gets itself by its own certificate, where it may, and no other', async (t: TestContext) => {
  const [one, other] = [await enrolled(t), await enrolled(t)]
  const [id, otherId] = [await deviceIdOf(t, one), await deviceIdOf(t, other)]
  const by = byCertificate(one)
  const path = `${DEVICE}/${id}`
  await refused(t, send('GET', path, undefined, by), 403, 'access_denied', /device_api_allow_read is false/)
  await allow(t, id)
  await allow(t, otherId)
  const view = await made<DeviceView>(t, send('GET', path, undefined, by))
  t.assert.deepEqual(view, await made(t, send('GET', path, undefined, admin())))
  t.assert.equal(view.device_identifier, one.identifier)
  await made(t, send('GET', `/iot/api/v1/device/${id}/`, undefined, by))
  await refused(t, send('GET', `${DEVICE}/${otherId}`, undefined, by), 404, 'entity_not_found')
  await refused(t, send('GET', `${DEVICE}/${crypto.randomUUID()}`, undefined, by), 404, 'entity_not_found')
  await unknown(t, send('GET', DEVICE, undefined, by))
  // What is none of a device does not become one.
  const withoutDevice = byCertificate(await enrolled(t, { device_attributes: [] }))
  await refused(t, send('GET', path, undefined, withoutDevice), 404, 'entity_not_found')
})

test('it counts no more once it is revoked, on hold or over, its device disabled, or its account left', async (t: TestContext) => {
  const { accounts, devices } = platform.world.store
  const one = await enrolled(t)
  const id = await deviceIdOf(t, one)
  await allow(t, id)
  const by = byCertificate(one)
  const get = () => send('GET', `${DEVICE}/${id}`, undefined, by)
  await made(t, get())

  await revoke(t, one, 'certificate_hold')
  await unknown(t, get())
  await made(t, send('PUT', `${CERTIFICATE}/${one.certificate_id}/release`, undefined, admin()), 204)
  await made(t, get())

  await made(t, send('PUT', `${DEVICE}/${id}/disable`, undefined, admin()))
  await unknown(t, get())
  await made(t, send('PUT', `${DEVICE}/${id}/enable`, undefined, admin()))
  await made(t, get())

  const owner = (await accounts.find(platform.account.account_id))!
  await accounts.update({ ...owner, active: false })
  await unknown(t, get())
  await accounts.update(owner)
  await made(t, get())

  const began = time
  time += 366 * DAY
  await unknown(t, get())
  time = began
  await made(t, get())

  await revoke(t, one, 'key_compromise')
  await unknown(t, get())
  t.assert.equal((await devices.find(id))?.status, 'active')
})

test('who has another certificate, or none, is no device', async (t: TestContext) => {
  const one = await enrolled(t)
  const id = await deviceIdOf(t, one)
  await allow(t, id)
  const path = `${DEVICE}/${id}`
  const stranger = await (await createTestAuthority('Elsewhere')).issue(one.identifier)
  await unknown(t, send('GET', path, undefined, byCertificate({ pem: stranger.certificate, key: stranger.privateKey })))
  await unknown(t, send('GET', path, undefined, { cert: '', key: '', agent: false }))
  // On the API host nobody is asked for a certificate.
  await refused(t, send('GET', path, undefined, { ...byCertificate(one), door: 'api' }), 401, 'invalid_api_key')
  // With a key of a user beside it, it is none of that user's.
  const both = { ...byCertificate(one), headers: { 'x-api-key': platform.account.admin_api_key } }
  await unknown(t, send('GET', path, undefined, both))

  // One that is not for client authentication.
  const { deviceCertificateProfiles, enrollmentProfiles } = platform.world.store
  const enrollment = (await enrollmentProfiles.find(platform.account.enrollment_profile_id))!
  const certificateProfile = (await deviceCertificateProfiles.find(enrollment.certificateProfileId))!
  const certificateProfileId = crypto.randomUUID()
  const named = { id: certificateProfileId, name: certificateProfileId }
  await deviceCertificateProfiles.add({ ...certificateProfile, ...named, extendedKeyUsages: [oids.serverAuth] })
  const serverProfile = newEnrollmentProfileId(new Date(time))
  await enrollmentProfiles.add({ ...enrollment, id: serverProfile, name: serverProfile, certificateProfileId })
  const server = await enrolled(t, { enrollment_profile_id: serverProfile })
  const serverId = await deviceIdOf(t, server)
  await allow(t, serverId)
  await unknown(t, send('GET', `${DEVICE}/${serverId}`, undefined, byCertificate(server)))
  await refused(
    t,
    send('POST', `${profile}/authentication-certificate`, { pem: server.pem }, admin()),
    400,
    'invalid_request',
    /not for client authentication/,
  )
})

test('a device changes its fields, and nothing else, where it may', async (t: TestContext) => {
  const { devices, deviceProfiles, divisions } = platform.world.store
  const one = await enrolled(t)
  const id = await deviceIdOf(t, one)
  const by = byCertificate(one)
  const path = `${DEVICE}/${id}`
  const device = (await devices.find(id))!
  const division = (await divisions.find(device.divisionId))!
  const field = { mandatory: false, options: [], defaultValue: undefined, pattern: undefined }
  const at = new Date(time)
  const deviceProfile = {
    id: crypto.randomUUID(),
    accountId: device.accountId,
    divisionId: division.id,
    name: 'Access points',
    description: '',
    requiresIdentifier: false,
    identifierPattern: undefined,
    fields: [
      { ...field, id: 'controller', name: 'Controller', type: 'text' },
      { ...field, id: 'port', name: 'Port', type: 'number' },
    ],
    apiAccess: { read: true, write: false, renewCertificate: false },
    createdAt: at,
    updatedAt: at,
  } as const
  await deviceProfiles.add(deviceProfile)
  await devices.update({ ...device, deviceProfileId: deviceProfile.id, values: { controller: 'wss://a' } })
  const [controller] = (await made<DeviceView>(t, send('GET', path, undefined, by))).fields
  t.assert.deepEqual([controller?.id, controller?.value], ['controller', 'wss://a'])

  const fields = [{ id: 'port', value: '8443' }]
  await refused(t, send('PUT', path, { fields }, by), 403, 'access_denied', /device_api_allow_write is false/)
  await allow(t, id, { device_api_allow_write: true })
  const changed = await made<DeviceView>(t, send('PUT', path, { fields }, by))
  t.assert.deepEqual(
    changed.fields.map(({ id, value }) => [id, value]),
    [
      ['controller', null],
      ['port', '8443'],
    ],
  )
  for (const body of [
    {},
    { device_identifier: 'other' },
    { fields, device_api_allow_renew_certificate: true },
    { fields, device_profile_id: deviceProfile.id },
  ])
    await refused(t, send('PUT', path, body, by), 400, 'invalid_request', /its fields, and nothing else/)
  await refused(t, send('PUT', path, { fields: [{ id: 'port', value: 'x' }] }, by), 400, 'invalid_request', /a number/)
  const log = `/account/api/v1/audit-log?action=device.update&resource_id=${id}`
  const events = await made<{ actor_type: string; user_id: string }[]>(t, send('GET', log, undefined, admin()))
  const own = events.filter(({ actor_type }) => actor_type === 'device_certificate')
  t.assert.deepEqual(
    own.map(({ user_id }) => user_id),
    [one.certificate_id],
  )
  t.assert.equal((await devices.find(id))?.identifier, one.identifier)
})

test('a device renews its own certificate, and no other, where it may', async (t: TestContext) => {
  const { devices, enrollmentProfiles } = platform.world.store
  const [one, other] = [await enrolled(t), await enrolled(t)]
  const [id, otherId] = [await deviceIdOf(t, one), await deviceIdOf(t, other)]
  const by = byCertificate(one)
  const renew = async (path: string, identity = by, method = 'POST') =>
    send(method, path, { csr: (await csrOf(one.identifier)).csr }, identity)
  const ofDevice = `${DEVICE}/${id}/renew`
  const ofCertificate = `${CERTIFICATE}/${one.certificate_id}/renew`

  // Nobody said that it may not: its certificate is right enough, the device API is not.
  await made(t, renew(ofCertificate))
  const serialNumber = new X509Certificate(one.pem).serialNumber
  await made(t, renew(`${CERTIFICATE}/${serialNumber}/renew`, by, 'PUT'))
  await refused(t, renew(ofDevice), 403, 'access_denied', /device_api_allow_renew_certificate is false/)
  await allow(t, id, { device_api_allow_renew_certificate: false })
  await refused(t, renew(ofCertificate), 403, 'access_denied')
  await allow(t, id)
  const { csr, key } = await csrOf(one.identifier)
  const { pem, certificate_id } = await made<Made>(
    t,
    send('POST', ofDevice, { csr, include_certificate_chain: false }, by),
  )
  t.assert.match(new X509Certificate(pem).subject, new RegExp(`CN=${one.identifier}`))
  const log = `/account/api/v1/audit-log?action=certificate.issue&resource_id=${certificate_id}`
  const [event] = await made<{ actor_type: string; user_id: string }[]>(t, send('GET', log, undefined, admin()))
  t.assert.deepEqual([event?.actor_type, event?.user_id], ['device_certificate', one.certificate_id])
  const renewed = byCertificate({ pem, key })
  t.assert.equal((await made<DeviceView>(t, send('GET', `${DEVICE}/${id}`, undefined, renewed))).id, id)

  for (const path of [
    `${DEVICE}/${otherId}/renew`,
    `${CERTIFICATE}/${other.certificate_id}/renew`,
    // Of the same device, but not what it came with.
    `${CERTIFICATE}/${certificate_id}/renew`,
    `${CERTIFICATE}/${crypto.randomUUID()}/renew`,
  ])
    await refused(t, renew(path), 404, 'entity_not_found')
  const names = { certificate_profile_attributes: [{ id: 'subject.common_name', value: 'somebody else' }] }
  await refused(t, send('POST', ofDevice, { csr, ...names }, renewed), 400, 'invalid_request', /the same names/)

  const profile = (await enrollmentProfiles.find(platform.account.enrollment_profile_id))!
  await enrollmentProfiles.update({ ...profile, status: 'disabled' })
  t.assert.equal((await renew(ofDevice)).status, 409)
  await enrollmentProfiles.update(profile)
  await revoke(t, one, 'superseded')
  await unknown(t, renew(ofDevice))
  await made(t, renew(ofDevice, renewed))
  const device = (await devices.find(id))!
  await devices.update({ ...device, status: 'disabled' })
  await unknown(t, renew(ofDevice, renewed))

  // A user renews the newest that counts.
  await devices.update(device)
  await made(t, renew(ofDevice, admin()))
  const bare = await made<{ id: string }>(
    t,
    send('POST', DEVICE, { device_identifier: 'bare', division_id: device.divisionId }, admin()),
    201,
  )
  await refused(t, renew(`${DEVICE}/${bare.id}/renew`, admin()), 409, 'device_without_certificate')
  await refused(t, renew(`${DEVICE}/${crypto.randomUUID()}/renew`, admin()), 404, 'entity_not_found')
})

test('a certificate that is revoked while its renewal is worked on renews nothing', async (t: TestContext) => {
  const { store } = platform.world
  const one = await enrolled(t)
  const certificate = (await store.certificates.find(one.certificate_id))!
  const holder = await authenticateDeviceCertificate(platform.world, {
    certificate: certificate.bytes,
    authorized: true,
  })
  const way = { method: 'API', address: '127.0.0.1', isByDeviceApi: false } as const
  const applicant = await ownRenewal(platform.world, holder, way)
  await store.transaction((inside) => applicant.confirm(inside))
  await revoke(t, one, 'certificate_hold')
  await t.assert.rejects(
    store.transaction((inside) => applicant.confirm(inside)),
    { code: 'AUTHORIZATION_ERROR' },
  )
})

/** What devices may ask for; each here on purpose. */
const OWN = ['getDevice', 'changeDevice', 'renewDevice', 'renewCertificate']

/** What else opens to a certificate that an enrollment profile takes for it. */
const ASSIGNED = ['enrollCertificate', 'getCertificateRequest']

test('for every other operation a device’s certificate is none', async (t: TestContext) => {
  const one = await enrolled(t)
  const id = await deviceIdOf(t, one)
  await allow(t, id)
  const gateway = await enrolled(t)
  await assign(t, gateway)
  const identities = [
    { by: byCertificate(one), opened: OWN },
    { by: byCertificate(gateway), opened: [...OWN, ...ASSIGNED] },
  ]
  for (const { operationId, method, path } of await operationsOf(platform)) {
    // It looks at certificates itself, which est.test.ts is about.
    if (path.startsWith('/.well-known/est/')) continue
    for (const { by, opened } of identities) {
      const answer = await platform.ask(path.replaceAll(/\{\w+\}/g, id), { ...by, method })
      const { code } = json(answer).errors?.[0] ?? {}
      if (opened.includes(operationId)) t.assert.ok(answer.status !== 403, `${operationId} ${answer.status}`)
      else t.assert.deepEqual([answer.status, code], [403, 'AUTHORIZATION_ERROR'], `${operationId} ${answer.body}`)
    }
  }
})

type Assigned = {
  id: string
  certificate: { id: string; name: string }
  status: string
  number_of_usage: number
  start_date: string | null
  end_date: string | null
  certificate_thumbprint: string
  certificate_serial_number: string
}
const assign = (t: TestContext, { pem }: { readonly pem: string }, body: object = {}): Promise<Assigned> =>
  made(t, send('POST', `${profile}/authentication-certificate`, { pem, ...body }, admin()), 201)

test('by a certificate that a profile takes for it others enroll under that profile', async (t: TestContext) => {
  const gateway = await enrolled(t)
  const by = byCertificate(gateway)
  const enroll = async (body: object = {}, commonName = 'behind it') =>
    send('POST', CERTIFICATE, { csr: (await csrOf(commonName)).csr, ...body }, by)
  await unknown(t, enroll())
  const end_date = new Date(time + 10 * DAY).toISOString().slice(0, 10)
  const assigned = await assign(t, gateway, {
    usage_limit: 3,
    end_date,
    registered_values: [{ certificate_field: 'subject.organization_name', matcher: 'equals', value: 'Maker' }],
  })
  const certificate = new X509Certificate(gateway.pem)
  t.assert.deepEqual(
    [assigned.certificate, assigned.certificate_thumbprint, assigned.end_date],
    [
      { id: gateway.certificate_id, name: gateway.identifier },
      certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      end_date,
    ],
  )
  const path = `${profile}/authentication-certificate/${assigned.id}`
  t.assert.deepEqual(await made(t, send('GET', path, undefined, admin())), assigned)
  await refused(
    t,
    send('POST', `${profile}/authentication-certificate`, { pem: gateway.pem }, admin()),
    409,
    'authentication_certificate_exists',
  )

  const { pem, certificate_id } = await made<Made>(t, enroll())
  t.assert.deepEqual(new X509Certificate(pem).subject.split('\n'), ['O=Maker', 'CN=behind it'])
  await made(t, enroll({ enrollment_profile_id: platform.account.enrollment_profile_id }))
  await refused(t, enroll({ enrollment_profile_id: 'IOT_x' }), 404, 'enrollment_profile_not_found')
  const log = '/account/api/v1/audit-log?action=certificate.issue&resource_id='
  const [event] = await made<{ actor_type: string; user_id: string }[]>(
    t,
    send('GET', `${log}${certificate_id}`, undefined, admin()),
  )
  t.assert.deepEqual([event?.actor_type, event?.user_id], ['authentication_certificate', assigned.id])
  // It is for enrolling, and what it makes is none of the gateway's.
  await unknown(t, send('GET', `${CERTIFICATE}/${certificate_id}`, undefined, by))

  await made(t, send('PUT', path, { status: 'DISABLED' }, admin()))
  await unknown(t, enroll())
  await made(t, send('PUT', path, { status: 'ACTIVE' }, admin()))
  await revoke(t, gateway, 'certificate_hold')
  await unknown(t, enroll())
  await made(t, send('PUT', `${CERTIFICATE}/${gateway.certificate_id}/release`, undefined, admin()), 204)
  await made(t, enroll())
  await unknown(t, enroll())
  t.assert.equal((await made<Assigned>(t, send('GET', path, undefined, admin()))).number_of_usage, 3)
  await made(t, send('PUT', path, { usage_limit: null }, admin()))
  const began = time
  time += 11 * DAY
  await unknown(t, enroll())
  time = began
  await made(t, send('DELETE', path, undefined, admin()), 204)
  await unknown(t, enroll())
  await assign(t, gateway)
  await made(t, enroll())
})

test('it may be a user’s, who may not enroll otherwise, and ends with that user', async (t: TestContext) => {
  const { users, clientAuthCertificates } = platform.world.store
  const { pem, key } = { pem: platform.certificate, key: platform.key }
  const service = (await users.find(platform.account.service_user_id))!
  t.after(() => users.update(service))
  const by = byCertificate({ pem, key })
  const enroll = async () => send('POST', CERTIFICATE, { csr: (await csrOf('by a user')).csr }, by)
  await refused(t, enroll(), 400, 'invalid_request', /^enrollment_profile_id/)
  await users.update({ ...service, permissions: ['SIGN_CTM_CONTENT'] })
  await refused(t, enroll(), 403, 'access_denied')
  const assigned = await assign(t, { pem })
  await made(t, enroll())
  t.assert.equal(
    (await made<Assigned>(t, send('GET', `${profile}/authentication-certificate/${assigned.id}`, undefined, admin())))
      .number_of_usage,
    1,
  )
  await refused(t, send('GET', CERTIFICATE, undefined, by), 403, 'access_denied')
  const [own] = await clientAuthCertificates.list(service.id)
  await clientAuthCertificates.setEnabled(own!.id, false)
  await unknown(t, enroll())
  await clientAuthCertificates.setEnabled(own!.id, true)
  await users.update({ ...service, permissions: ['SIGN_CTM_CONTENT'], status: 'disabled' })
  await unknown(t, enroll())
})

test('what is no certificate of the account for clients or devices is not assigned', async (t: TestContext) => {
  const path = `${profile}/authentication-certificate`
  const outside = await (await createTestAuthority('Elsewhere')).issue('x')
  const revoked = await enrolled(t)
  await revoke(t, revoked, 'superseded')
  const foreign = account()
  await platform.world.store.accounts.add(foreign)
  for (const [pem, message] of [
    ['', /a certificate in PEM/],
    ['-----BEGIN CERTIFICATE-----\nAAAA', /a certificate in PEM/],
    [platform.key, /a certificate in PEM/],
    [platform.ca, /issued here, to a client or a device/],
    [outside.certificate, /issued here, to a client or a device/],
    [revoked.pem, /is revoked/],
    [encodePem('CERTIFICATE', new Uint8Array(9)), /issued here/],
  ] as const)
    await refused(t, send('POST', path, { pem }, admin()), 400, 'invalid_request', message)
  // One of another account is as one that is not there.
  const { store } = platform.world
  const foreignProfile = await establishDeviceTrust(platform.world, foreign)
  const foreigner = user(foreign.id, { permissions: ['MANAGE_IOT_ENROLLMENT_PROFILE', 'MANAGE_IOT_CERTIFICATE'] })
  await store.users.add(foreigner)
  const { apiKey, text } = newApiKey(new Date(time), { userId: foreigner.id, name: 'k' })
  await store.apiKeys.add(apiKey)
  const elsewhere = path.replace(platform.account.enrollment_profile_id, foreignProfile.id)
  const byForeigner: AskOptions = { door: 'api', headers: { 'x-api-key': text } }
  const { pem } = await enrolled(t)
  await refused(t, send('POST', elsewhere, { pem }, byForeigner), 400, 'invalid_request', /issued here, to a client/)
  await refused(t, send('POST', path, { pem }, byForeigner), 404, 'enrollment_profile_not_found')
})
