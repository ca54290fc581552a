/** Certificates of devices that are renewed: in their time, for another key, with the names and the device that they have. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { after, before, type TestContext, test } from 'node:test'
import { decodePem, encodePem } from '@countersign/codec'
import {
  Certificate,
  createSigner,
  type Extension,
  extensions,
  type Name,
  name,
  nameText,
  signCertificationRequest,
  subjectAlternativeName,
} from '@countersign/pki'
import fc from 'fast-check'
import { newApiKey } from '../../src/domain/api-key.ts'
import type { DeviceCertificateProfile } from '../../src/domain/device-certificate-profile.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { eventsOf } from '../store/events-of.ts'
import { account, user } from '../store/noun.ts'
import { temporaryFolder } from '../test-world.ts'
import { byKey } from './operations.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/iot/api/v1/certificate'
const DAY = 86_400_000

let time = Date.now()
let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' }, () => new Date(time))
})
after(() => platform.stop())

type Made = { certificate_request_id: string; certificate_id: string; pem: string; private_key?: string }
type Held = Made & { readonly id: string; readonly certificate: Certificate }

function ask(
  method: string,
  path: string,
  body?: object,
  { key = platform.account.service_api_key, headers = {} }: { key?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const bytes = body && Buffer.from(JSON.stringify(body))
  const options = byKey(key)
  return platform.ask(path, {
    ...options,
    method,
    headers: {
      ...(options.headers as object),
      ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
      ...headers,
    },
    ...(bytes && { body: bytes }),
  })
}

function held(t: TestContext, answer: Answer): Held {
  t.assert.equal(answer.status, 200, String(answer.body))
  const view = json<Made>(answer)
  return { ...view, id: view.certificate_id, certificate: Certificate.decode(decodePem(view.pem)[0]!.bytes) }
}

async function refused(
  t: TestContext,
  asked: Promise<Answer>,
  status: number,
): Promise<{ code: string; message: string }> {
  const answer = await asked
  t.assert.equal(answer.status, status, String(answer.body))
  return json(answer).errors[0]!
}

const keyPair = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

async function csrOf(subject: Name, asked: readonly Extension[] = [], key = keyPair()): Promise<string> {
  const pkcs8 = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  const request = await signCertificationRequest({ subject, extensions: asked }, await createSigner('ES256', pkcs8))
  return encodePem('CERTIFICATE REQUEST', request)
}

const named = (value: string) => [{ id: 'subject.common_name', value }]
const WITH_KEY = { server_side_key_gen: true, private_key_format: 'pem' }

/** A profile beside the first one, and a certificate profile of its own. */
async function profile(
  enrollment: Partial<EnrollmentProfile> = {},
  changes: Partial<DeviceCertificateProfile> = {},
): Promise<EnrollmentProfile> {
  const { enrollmentProfiles, deviceCertificateProfiles } = platform.world.store
  const first = (await enrollmentProfiles.find(platform.account.enrollment_profile_id))!
  const template = (await deviceCertificateProfiles.find(first.certificateProfileId))!
  const certificateProfileId = crypto.randomUUID()
  await deviceCertificateProfiles.add({ ...template, ...changes, id: certificateProfileId, name: certificateProfileId })
  const id = newEnrollmentProfileId(new Date())
  const made = { ...first, certificateProfileId, ...enrollment, id, name: id }
  await enrollmentProfiles.add(made)
  return made
}

async function enrolled(t: TestContext, { id }: Pick<EnrollmentProfile, 'id'>, body: object = {}): Promise<Held> {
  const whole = { enrollment_profile_id: id, ...WITH_KEY, certificate_profile_attributes: named('device'), ...body }
  return held(t, await ask('POST', PATH, whole))
}

const renew = (id: string, body: object = WITH_KEY, method = 'POST'): Promise<Answer> =>
  ask(method, `${PATH}/${id}/renew`, body)

const rules = (changes: Partial<EnrollmentProfile['renewal']>): Pick<EnrollmentProfile, 'renewal'> => ({
  renewal: { windowDays: undefined, allowsKeyReuse: false, allowsNameChange: false, ...changes },
})

test('it is renewed by id or serial number, with POST or PUT, by a CSR or with a key that is made here', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const folder = temporaryFolder(t)
  writeFileSync(`${folder}/ca.pem`, platform.ca)
  const device_attributes = [{ id: 'DEVICE_IDENTIFIER', value: 'MAC-1' }]
  const dns = extensions.subjectAlternativeName([{ type: 'dNSName', value: 'dev-1.example' }])
  const first = held(
    t,
    await ask('POST', PATH, {
      enrollment_profile_id: platform.account.enrollment_profile_id,
      csr: await csrOf(name({ CN: 'dev-1', O: 'Maker' }), [dns]),
      device_attributes,
    }),
  )
  const serial = first.certificate.serialNumber.toString(16).toUpperCase()
  const colons = (serial.length % 2 ? `0${serial}` : serial).replaceAll(/..(?=.)/g, '$&:')
  const ids: string[] = []
  for (const [id, method, slash] of [
    [first.id, 'POST', ''],
    [serial, 'PUT', ''],
    [serial.toLowerCase(), 'POST', '/'],
    [colons, 'PUT', '/'],
  ] as const) {
    const body = { csr: await csrOf(name({ CN: 'whatever' })), device_attributes }
    const next = held(t, await ask(method, `${PATH}/${id}/renew${slash}`, body))
    ids.push(next.id)
    writeFileSync(`${folder}/next.pem`, next.pem)
    t.assert.match(
      openssl(t, folder, ['x509', '-in', 'next.pem', '-noout', '-subject', '-ext', 'subjectAltName']),
      /O = Maker, CN = dev-1[\s\S]*DNS:dev-1\.example/,
    )
    openssl(t, folder, ['verify', '-CAfile', 'ca.pem', '-untrusted', 'next.pem', 'next.pem'])
    const request = await platform.world.store.certificateRequests.findByCertificate(next.id)
    t.assert.equal(request?.renewedCertificateId, first.id)
    t.assert.equal(request?.enrollmentProfileId, platform.account.enrollment_profile_id)
    t.assert.equal(request?.id, next.certificate_request_id)
    const view = json<{ device: { name: string } }>(await ask('GET', `${PATH}/${next.id}`))
    t.assert.equal(view.device.name, 'MAC-1')
  }
  const withKey = held(t, await renew(first.id, { ...WITH_KEY, key_type: 'p_384' }))
  writeFileSync(`${folder}/next.pem`, withKey.pem)
  writeFileSync(`${folder}/key.pem`, withKey.private_key ?? '')
  t.assert.equal(
    openssl(t, folder, ['pkey', '-in', 'key.pem', '-pubout']),
    openssl(t, folder, ['x509', '-in', 'next.pem', '-noout', '-pubkey']),
  )
  t.assert.equal(new Set([first.id, ...ids, withKey.id]).size, 6)
  const file = await renew(first.id, {
    ...WITH_KEY,
    private_key_format: 'pkcs_12',
    pkcs12_password: 'Abc12345',
    response_with_certificate_file: true,
  })
  t.assert.equal(file.headers['content-type'], 'application/x-pkcs12')
  writeFileSync(`${folder}/next.p12`, file.body)
  const opened = openssl(t, folder, ['pkcs12', '-in', 'next.p12', '-nodes', '-passin', 'pass:Abc12345'])
  t.assert.equal(opened.match(/BEGIN CERTIFICATE/g)?.length, 3)
  // What was renewed stays as it is.
  t.assert.equal(json<{ status: string }>(await ask('GET', `${PATH}/${first.id}`)).status, 'ISSUED')
  const events = await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 1_000)
  const event = events.find(({ resourceId }) => resourceId === withKey.certificate_request_id)
  t.assert.equal(event?.details.renewedCertificateId, first.id)
})

test('it is renewed in its window, and for a month after its end', async (t: TestContext) => {
  const began = time
  t.after(() => {
    time = began
  })
  const windowed = await profile(rules({ windowDays: 10 }), { days: 60 })
  const open = await profile(rules({}), { days: 60 })
  const [late, any] = [await enrolled(t, windowed), await enrolled(t, open)]
  const end = late.certificate.notAfter.getTime()
  const text = (at: number): string => new Date(at).toISOString()
  const window = `from ${text(end - 10 * DAY)} to ${text(end + 30 * DAY)}.`
  t.assert.deepEqual(await refused(t, renew(late.id), 409), {
    code: 'outside_renewal_window',
    message: `The certificate can be renewed ${window}`,
  })
  held(t, await renew(any.id))
  time = end - 10 * DAY - 1
  t.assert.equal((await refused(t, renew(late.id), 409)).code, 'outside_renewal_window')
  for (const at of [end - 10 * DAY, end, end + 30 * DAY]) {
    time = at
    const next = held(t, await renew(late.id))
    t.assert.ok(next.certificate.notAfter.getTime() > at + 59 * DAY)
  }
  time = end + 30 * DAY + 1
  t.assert.deepEqual(await refused(t, renew(late.id), 409), {
    code: 'outside_renewal_window',
    message: `The certificate could be renewed ${window}`,
  })
  time = any.certificate.notAfter.getTime() + 31 * DAY
  t.assert.equal((await refused(t, renew(any.id), 409)).code, 'outside_renewal_window')
})

test('what is revoked is not renewed, what is on hold not before it is released', async (t: TestContext) => {
  const open = await profile()
  const { id } = await enrolled(t, open)
  const revoke = (reason: string) => ask('PUT', `${PATH}/${id}/revoke`, { reason })
  t.assert.equal((await revoke('certificate_hold')).status, 204)
  t.assert.match((await refused(t, renew(id), 409)).message, /is on hold: release it/)
  t.assert.equal((await ask('PUT', `${PATH}/${id}/release`)).status, 204)
  const { id: next } = held(t, await renew(id))
  t.assert.equal((await revoke('key_compromise')).status, 204)
  t.assert.equal((await refused(t, renew(id), 409)).code, 'certificate_revoked')
  t.assert.equal((await renew(next)).status, 200)
})

test('what is revoked while its successor’s key is made has none', async (t: TestContext) => {
  const { renewCertificate } = await import('../../src/domain/renew-certificate.ts')
  const { userApplicant } = await import('../../src/domain/applicant.ts')
  const { world } = platform
  const { id } = await enrolled(t, await profile())
  const owner = (await world.store.users.find(platform.account.service_user_id))!
  const slow = {
    ...world,
    keys: {
      ...world.keys,
      async generateForDevice(type: Parameters<typeof world.keys.generateForDevice>[0]) {
        await ask('PUT', `${PATH}/${id}/revoke`, { reason: 'superseded' })
        return world.keys.generateForDevice(type)
      },
    },
  }
  const applicant = userApplicant(
    { user: owner, account: (await world.store.accounts.find(owner.accountId))! },
    { method: 'API', address: undefined },
  )
  const privateKey = {
    format: 'pem',
    syntax: undefined,
    pkcs12Password: undefined,
    encryptionCertificate: undefined,
  } as const
  const wish = {
    enrollmentProfileId: undefined,
    attributes: [],
    deviceAttributes: [],
    key: { by: 'server', keyType: 'p_384', privateKey } as const,
    includesChain: true,
  }
  await t.assert.rejects(renewCertificate(slow, applicant, id, wish), { code: 'certificate_revoked' })
})

test('the same key is certified again where the profile says so', async (t: TestContext) => {
  const key = keyPair()
  const csr = await csrOf(name({ CN: 'same' }), [], key)
  const [strict, kept] = [await profile(), await profile(rules({ allowsKeyReuse: true }))]
  for (const { id, renewal } of [strict, kept]) {
    const first = held(t, await ask('POST', PATH, { enrollment_profile_id: id, csr }))
    const again = renew(first.id, { csr: await csrOf(name({ CN: 'x' }), [], key) })
    if (renewal.allowsKeyReuse) {
      const next = held(t, await again)
      t.assert.deepEqual(next.certificate.publicKey.bytes, first.certificate.publicKey.bytes)
      t.assert.notEqual(next.certificate.serialNumber, first.certificate.serialNumber)
    } else t.assert.match((await refused(t, again, 400)).message, /^csr: it is for the key of the certificate/)
  }
})

test('names are those of the certificate, unless the profile lets the request say others', async (t: TestContext) => {
  const attributes = [
    { id: 'subject.common_name', value: 'dev-1' },
    { id: 'subject.organization_unit', value: ['A', 'B'] },
    { id: 'san.ip_address', value: ['192.0.2.1', '2001:db8::1'] },
    { id: 'san.uri', value: 'urn:dev:1' },
  ]
  const subjectOf = ({ certificate }: Held): string => nameText(certificate.subject)
  const kept = await enrolled(t, await profile(), { certificate_profile_attributes: attributes })
  const same = [
    held(t, await renew(kept.id)),
    held(t, await renew(kept.id, { ...WITH_KEY, certificate_profile_attributes: attributes.slice(0, 2) })),
    held(t, await renew(kept.id, { ...WITH_KEY, certificate_profile_attributes: [{ id: 'san.dns_name', value: '' }] })),
    held(t, await renew(kept.id, { csr: await csrOf(name({ CN: 'forged', O: 'Forger' })) })),
  ]
  for (const next of same) {
    t.assert.equal(subjectOf(next), subjectOf(kept))
    t.assert.deepEqual(subjectAlternativeName(next.certificate), subjectAlternativeName(kept.certificate))
  }
  for (const other of [
    { id: 'subject.common_name', value: 'other' },
    { id: 'subject.organization_name', value: 'Maker' },
    { id: 'subject.organization_unit', value: ['B', 'A'] },
    { id: 'san.ip_address', value: '192.0.2.2' },
  ]) {
    const { message } = await refused(t, renew(kept.id, { ...WITH_KEY, certificate_profile_attributes: [other] }), 400)
    t.assert.match(
      message,
      /^certificate_profile_attributes: under this profile .* has the same names: .*"dev-1"/,
      other.id,
    )
  }
  const unknown = [{ id: 'subject.title', value: 'King' }]
  t.assert.match(
    (await refused(t, renew(kept.id, { ...WITH_KEY, certificate_profile_attributes: unknown }), 400)).message,
    /is no field of the profile/,
  )

  const free = await enrolled(t, await profile(rules({ allowsNameChange: true })), {
    certificate_profile_attributes: attributes,
  })
  const csr = await csrOf(name({ O: 'Maker', CN: 'from the request' }))
  const changed = held(
    t,
    await renew(free.id, { csr, certificate_profile_attributes: [{ id: 'san.uri', value: 'urn:dev:2' }] }),
  )
  t.assert.equal(subjectOf(changed), 'CN=from the request,OU=B,OU=A,O=Maker')
  t.assert.deepEqual(
    subjectAlternativeName(changed.certificate)?.map(({ type }) => type),
    ['iPAddress', 'iPAddress', 'uniformResourceIdentifier'],
  )
  t.assert.equal(subjectOf(held(t, await renew(free.id))), subjectOf(free))
})

test('a renewal says just what the certificate says, whatever that is', async (t: TestContext) => {
  const made = await profile()
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.domain(),
    fc.ipV6(),
    fc.emailAddress(),
    fc.webUrl(),
  )
  const ids = [
    'subject.organization_unit',
    'subject.locality',
    'san.dns_name',
    'san.ip_address',
    'san.email',
    'san.uri',
  ]
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(...ids), text, async (common, id, value) => {
      const asked = { certificate_profile_attributes: [...named(common), { id, value }] }
      const answer = await ask('POST', PATH, { enrollment_profile_id: made.id, ...WITH_KEY, ...asked })
      if (answer.status === 400) return
      const first = held(t, answer)
      const { certificate } = held(t, await renew(first.id))
      t.assert.equal(nameText(certificate.subject), nameText(first.certificate.subject))
      t.assert.deepEqual(subjectAlternativeName(certificate), subjectAlternativeName(first.certificate))
    }),
    { numRuns: 25 },
  )
})

test('a profile that has changed holds renewals to what it is now', async (t: TestContext) => {
  const { deviceCertificateProfiles, enrollmentProfiles } = platform.world.store
  const made = await profile()
  const { id } = await enrolled(t, made, {
    certificate_profile_attributes: [...named('dev-1'), { id: 'subject.locality', value: 'Bonn' }],
  })
  const before = (await deviceCertificateProfiles.find(made.certificateProfileId))!
  const change = (changes: Partial<DeviceCertificateProfile>) =>
    deviceCertificateProfiles.update({ ...before, ...changes })
  await change({ fields: before.fields.filter(({ id }) => id !== 'subject.locality') })
  t.assert.deepEqual(await refused(t, renew(id), 409), {
    code: 'certificate_not_renewable',
    message:
      'The certificate has subject.locality ["Bonn"], and its profile has no such field any more: request another one.',
  })
  await change({
    fields: before.fields.map((field) =>
      field.id === 'subject.locality' ? { ...field, rule: 'fixed', values: ['Köln'] } : field,
    ),
    days: 7,
    keyTypes: ['p_384'],
  })
  t.assert.match(
    (await refused(t, renew(id, { csr: await csrOf([]) }), 400)).message,
    /its key is not accepted: p_384 are/,
  )
  const { certificate } = held(t, await renew(id, { ...WITH_KEY, key_type: 'p_384' }))
  t.assert.equal(nameText(certificate.subject), 'CN=dev-1,L=Köln')
  t.assert.equal(certificate.notAfter.getTime() - certificate.notBefore.getTime(), 7 * DAY - 1000)
  await change({
    fields: before.fields.map((field) => (field.id === 'subject.common_name' ? { ...field, pattern: 'cam-*' } : field)),
  })
  t.assert.match((await refused(t, renew(id), 400)).message, /common_name has to look like cam-\*/)
  await change({})

  const hold = (changes: Partial<EnrollmentProfile>) => enrollmentProfiles.update({ ...made, ...changes })
  await hold({ status: 'disabled' })
  t.assert.equal((await refused(t, renew(id), 409)).code, 'enrollment_profile_disabled')
  await hold({ limits: { ...made.limits, endsAt: new Date(time - 1) } })
  t.assert.equal((await refused(t, renew(id), 409)).code, 'enrollment_profile_not_open')
  await hold({ limits: { ...made.limits, networks: ['192.0.2.0/24'] } })
  t.assert.equal((await refused(t, renew(id), 403)).code, 'access_denied')
  await hold({ enrollmentMethods: ['EST'] })
  t.assert.equal((await refused(t, renew(id), 400)).code, 'invalid_request')
  await hold({ keyGenerationOption: 'client_side' })
  t.assert.match((await refused(t, renew(id), 400)).message, /the device makes its key/)
  // The limit is of devices: the one that there is renews on. So it is with approval, which its certificate has had.
  await hold({ limits: { ...made.limits, usageLimit: 1 }, approval: 'manual' })
  const used = (await enrollmentProfiles.find(made.id))?.numberOfUsage
  t.assert.equal(used, 1)
  held(t, await renew(id))
  t.assert.equal((await enrollmentProfiles.find(made.id))?.numberOfUsage, used)
})

test('the device stays, and has to be active', async (t: TestContext) => {
  const { devices } = platform.world.store
  const made = await profile()
  const mine = await enrolled(t, made, { device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'MAC-9' }] })
  const nobodys = await enrolled(t, made)
  const other = [{ id: 'DEVICE_IDENTIFIER', value: 'MAC-1' }]
  const asked = (id: string) => renew(id, { ...WITH_KEY, device_attributes: other })
  t.assert.match((await refused(t, asked(mine.id), 400)).message, /^device_attributes: .*"MAC-9", or none/)
  t.assert.match((await refused(t, asked(nobodys.id), 400)).message, /^device_attributes: none/)
  const device = (await devices.findByIdentifier(platform.account.account_id, 'MAC-9'))!
  await devices.update({ ...device, status: 'disabled' })
  t.assert.equal((await refused(t, renew(mine.id), 409)).code, 'device_not_active')
  await devices.update(device)
  held(t, await renew(mine.id))
})

test('only who may manage certificates of the account renews one, under its own profile', async (t: TestContext) => {
  const { store } = platform.world
  const { id } = await enrolled(t, await profile())
  const { id: elsewhere } = await profile()
  t.assert.match(
    (await refused(t, renew(id, { ...WITH_KEY, enrollment_profile_id: elsewhere }), 400)).message,
    /^enrollment_profile_id: leave it out/,
  )
  const other = account()
  await store.accounts.add(other)
  const keyOf = async (accountId: string, permissions: readonly string[]): Promise<{ key: string }> => {
    const made = user(accountId, { permissions: permissions as never })
    await store.users.add(made)
    const { apiKey, text } = newApiKey(new Date(time), { userId: made.id, name: 'key' })
    await store.apiKeys.add(apiKey)
    return { key: text }
  }
  const stranger = await keyOf(other.id, ['MANAGE_IOT_CERTIFICATE'])
  const viewer = await keyOf(platform.account.account_id, ['VIEW_IOT_CERTIFICATE'])
  const serial = json<{ serial_number: string }>(await ask('GET', `${PATH}/${id}`)).serial_number
  for (const path of [`${PATH}/${id}/renew`, `${PATH}/${serial}/renew`]) {
    t.assert.equal((await refused(t, ask('POST', path, WITH_KEY, stranger), 404)).code, 'entity_not_found')
    t.assert.equal((await refused(t, ask('POST', path, WITH_KEY, viewer), 403)).code, 'access_denied')
  }
  for (const nothing of [crypto.randomUUID(), 'f00d', '0', 'x', ':', '%00', "' or 1=1 --", 'f'.repeat(41)])
    t.assert.equal((await renew(encodeURIComponent(nothing))).status, 404, nothing)
  t.assert.equal((await renew(id, {})).status, 400)
  t.assert.equal((await renew(id, { csr: 'x' })).status, 400)
})

test('a renewal that is sent again under its Idempotency-Key makes no second certificate', async (t: TestContext) => {
  const { id } = await enrolled(t, await profile())
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const body = { csr: await csrOf(name({ CN: 'x' })) }
  const path = `${PATH}/${id}/renew`
  const [first, second] = [await ask('POST', path, body, { headers }), await ask('POST', path, body, { headers })]
  t.assert.equal(first.status, 200, String(first.body))
  t.assert.deepEqual(json(first), json(second))
  const { id: other } = await enrolled(t, await profile())
  t.assert.equal((await ask('POST', `${PATH}/${other}/renew`, body, { headers })).status, 422)
})

test('the sample of a renewal renews', async (t: TestContext) => {
  const sample = async (id: string, query: string): Promise<Record<string, unknown>> => {
    const answer = await ask('GET', `/iot/api/v1/enrollment-profile/${id}/sample?operation=Renew&${query}`)
    t.assert.equal(answer.status, 200, String(answer.body))
    return json(answer)
  }
  for (const made of [await profile(), await profile(rules({ allowsNameChange: true }))]) {
    const { id } = await enrolled(t, made)
    const client = await sample(made.id, 'key_generation=client')
    t.assert.equal('enrollment_profile_id' in client, false)
    held(t, await renew(id, { ...client, csr: await csrOf(name({ CN: 'x' })) }))
    const server = await sample(made.id, 'key_generation=server&private_key_format=pem')
    const next = held(t, await renew(id, server))
    t.assert.ok(new X509Certificate(next.pem).checkPrivateKey(createPrivateKey(next.private_key ?? '')))
  }
})
