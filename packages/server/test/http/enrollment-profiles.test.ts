/** Enrollment profiles: made, looked for, changed and deleted, and what requests under them are held to. */
import { after, before, type TestContext, test } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { eventsOf } from '../store/events-of.ts'
import { account, user } from '../store/noun.ts'
import { byKey } from './operations.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/iot/api/v1/enrollment-profile'

let time = Date.now()
let platform: TestPlatform
let divisionId: string
let certificateProfileId: string
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' }, () => new Date(time))
  const first = await platform.world.store.enrollmentProfiles.find(platform.account.enrollment_profile_id)
  divisionId = first!.divisionId
  certificateProfileId = first!.certificateProfileId
})
after(() => platform.stop())

type View = {
  id: string
  name: string
  status: string
  division: { id: string; name: string }
  certificate_profile: { id: string; name: string }
  device_profile: { id: string; name: string } | null
  issuing_authority: { id: string; name: string }
  enrollment_methods: string[]
  key_type: string
  validity_period: { from: string | null; to: string | null }
  usage_limit: number | null
  number_of_usage: number | null
  allowed_networks: string[]
}

function ask(method: string, path: string, body?: object, key = platform.account.admin_api_key): Promise<Answer> {
  const bytes = body && Buffer.from(JSON.stringify(body))
  const options = byKey(key)
  return platform.ask(path, {
    ...options,
    method,
    headers: {
      ...(options.headers as object),
      ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
    },
    ...(bytes && { body: bytes }),
  })
}

let names = 0
const whole = (changes: object = {}): object => ({
  name: `Profile ${++names}`,
  division_id: divisionId,
  certificate_profile_id: certificateProfileId,
  ...changes,
})

async function made(t: TestContext, changes: object = {}): Promise<View> {
  // One after the other, so that there is a newest.
  time += 1_000
  const answer = await ask('POST', PATH, whole(changes))
  t.assert.equal(answer.status, 201, String(answer.body))
  return json<View>(answer)
}

async function refused(t: TestContext, answer: Promise<Answer>, status: number): Promise<string> {
  const { body, status: actual } = await answer
  t.assert.equal(actual, status, String(body))
  return JSON.parse(String(body)).errors[0].message
}

function enroll(enrollment_profile_id: string, common_name = 'device'): Promise<Answer> {
  const body = {
    enrollment_profile_id,
    server_side_key_gen: true,
    private_key_format: 'pem',
    certificate_profile_attributes: [{ id: 'subject.common_name', value: common_name }],
  }
  return ask('POST', '/iot/api/v1/certificate', body, platform.account.service_api_key)
}

test('a profile has usual settings where nobody says others, and says all of them', async (t: TestContext) => {
  const view = await made(t, { name: ' Line 1 ' })
  const { id, ...rest } = view
  t.assert.match(id, /^IOT_[0-9a-f]{8}-[0-9a-f-]{27}$/)
  const authority = await platform.world.store.authorities.findByPurpose('device')
  const at = `${new Date(time).toISOString().slice(0, 19)}Z`
  t.assert.deepEqual(rest, {
    account_id: platform.account.account_id,
    name: 'Line 1',
    status: 'active',
    division: { id: divisionId, name: 'Devices' },
    certificate_profile: { id: certificateProfileId, name: 'Devices' },
    device_profile: null,
    issuing_authority: { id: authority?.id, name: authority?.name },
    enrollment_methods: ['API'],
    key_generation_option: 'client_or_server_side',
    key_type: 'p_256',
    key_type_option: 'selectable',
    approval: 'automatic',
    renewal_window_days: null,
    allow_key_reuse: false,
    allow_name_change: false,
    validity_period: { from: null, to: null },
    usage_limit: null,
    number_of_usage: null,
    allowed_networks: [],
    created_at: at,
    updated_at: at,
  })
  t.assert.deepEqual(json(await ask('GET', `${PATH}/${id}`)), view)
  t.assert.deepEqual(json(await ask('GET', `${PATH}/${id}/`)), view)
})

test('what is said is what it is, and what is left out of a change stays', async (t: TestContext) => {
  const authority = await platform.world.store.authorities.findByPurpose('device')
  const wanted = {
    status: 'DISABLED',
    issuing_authority_id: authority?.id,
    enrollment_methods: ['est', 'BATCH', 'EST'],
    key_generation_option: 'Server_Side',
    key_type: 'ml_dsa_65',
    key_type_option: 'FIXED',
    renewal_window_days: 30,
    allow_key_reuse: true,
    allow_name_change: true,
    validity_period: { from: '2026-01-01', to: '2099-12-31' },
    usage_limit: 5,
    allowed_networks: ['192.0.2.7/24', '2001:DB8::/32', '192.0.2.0/24'],
  }
  const view = await made(t, wanted)
  const { issuing_authority_id: _, ...told } = wanted
  const said = {
    ...told,
    status: 'disabled',
    enrollment_methods: ['EST', 'BATCH'],
    key_generation_option: 'server_side',
    key_type_option: 'fixed',
    validity_period: { from: '2026-01-01T00:00:00Z', to: '2099-12-31T23:59:59Z' },
    number_of_usage: 0,
    allowed_networks: ['192.0.2.0/24', '2001:db8::/32'],
  }
  t.assert.partialDeepStrictEqual(view, said)
  time += 1_000
  const renamed = json<View & { updated_at: string; created_at: string }>(
    await ask('PUT', `${PATH}/${view.id}/`, { name: 'Renamed', validity_period: { to: null } }),
  )
  t.assert.partialDeepStrictEqual(renamed, {
    ...said,
    name: 'Renamed',
    validity_period: { from: '2026-01-01T00:00:00Z', to: null },
  })
  t.assert.ok(renamed.updated_at > renamed.created_at)
  const open = json<View>(
    await ask('PUT', `${PATH}/${view.id}`, {
      status: 'active',
      validity_period: null,
      usage_limit: null,
      renewal_window_days: null,
      allowed_networks: [],
    }),
  )
  t.assert.partialDeepStrictEqual(open, {
    status: 'active',
    validity_period: { from: null, to: null },
    usage_limit: null,
    number_of_usage: null,
    renewal_window_days: null,
    allowed_networks: [],
    key_type: 'ml_dsa_65',
  })
})

test('parts that do not go together are refused with the field, and nothing is stored', async (t: TestContext) => {
  const { store } = platform.world
  const accountId = platform.account.account_id
  const before = (await store.enrollmentProfiles.list({ accountId, offset: 0, limit: 1 })).total
  const template = (await store.deviceCertificateProfiles.find(certificateProfileId))!
  const narrow = { ...template, id: crypto.randomUUID(), name: 'Narrow', keyTypes: ['p_384', 'p_521'] as const }
  await store.deviceCertificateProfiles.add(narrow)
  for (const [changes, sentence] of [
    [{ name: ' ' }, /^name: 1 to 100 characters/],
    [{ name: 'a\u202eb' }, /^name: 1 to 100 characters/],
    [{ status: 'asleep' }, /^status: one of active, disabled\.$/],
    [
      { issuing_authority_id: crypto.randomUUID() },
      /^issuing_authority_id: [0-9a-f-]{36} \(.+\): it issues to devices/,
    ],
    [{ enrollment_methods: ['PORTAL'] }, /^enrollment_methods: one of API, EST, BATCH\.$/],
    [{ enrollment_methods: [] }, /^enrollment_methods/],
    [{ key_generation_option: 'nobody' }, /^key_generation_option: one of/],
    [{ key_type: 'p_192' }, /^key_type: one of/],
    [{ key_type: 'p_256', certificate_profile_id: narrow.id }, /^key_type: one that .* has: p_384, p_521\.$/],
    [{ key_type_option: 'any' }, /^key_type_option: one of fixed, selectable/],
    [{ approval: 'perhaps' }, /^approval: one of automatic, manual/],
    [{ approval: 'manual', allow_name_change: true }, /^allow_name_change: not where requests are approved/],
    [{ renewal_window_days: 0 }, /^renewal_window_days/],
    [{ renewal_window_days: 1.5 }, /^renewal_window_days/],
    [{ usage_limit: 0 }, /^usage_limit/],
    [{ usage_limit: '5' }, /^usage_limit/],
    [{ validity_period: { from: '2026-02-30' } }, /^validity_period\.from: write it as/],
    [{ validity_period: { to: '2020-01-01' } }, /^validity_period\.to: 2020-01-01T23:59:59.000Z has passed/],
    [{ validity_period: { from: '2099-01-02', to: '2099-01-01' } }, /^validity_period: it ends after it begins/],
    [{ validity_period: { until: '2099-01-01' } }, /^validity_period/],
    [{ allowed_networks: ['10.0.0.0/33'] }, /^allowed_networks: "10.0.0.0\/33" is no network/],
    [{ allowed_networks: ['example.com'] }, /^allowed_networks/],
    [{ usagelimit: 5 }, /^There is no field "usagelimit" here/],
    [{ division_id: null }, /^division_id/],
  ] as const)
    t.assert.match(await refused(t, ask('POST', PATH, whole(changes)), 400), sentence, JSON.stringify(changes))
  for (const [changes, sentence] of [
    [{ division_id: crypto.randomUUID() }, 'There is no such division.'],
    [{ certificate_profile_id: crypto.randomUUID() }, 'There is no such certificate profile.'],
    [{ device_profile_id: crypto.randomUUID() }, 'There is no such device profile.'],
  ] as const)
    t.assert.equal(await refused(t, ask('POST', PATH, whole(changes)), 404), sentence)
  t.assert.equal((await store.enrollmentProfiles.list({ accountId, offset: 0, limit: 1 })).total, before)

  const view = await made(t, { certificate_profile_id: narrow.id })
  t.assert.equal(view.key_type, 'p_384')
  const path = `${PATH}/${view.id}`
  t.assert.match(
    await refused(t, ask('PUT', path, { division_id: divisionId }), 400),
    /There is no field "division_id"/,
  )
  t.assert.match(await refused(t, ask('PUT', path, { key_type: 'p_256' }), 400), /^key_type: one that/)
  t.assert.match(await refused(t, ask('PUT', path, { name: 'Devices' }), 409), /There is an enrollment profile with/)
  t.assert.match(await refused(t, ask('POST', PATH, whole({ name: view.name })), 409), /There is an enrollment profile/)
  t.assert.equal((await ask('PUT', path, { name: view.name })).status, 200)
})

test('profiles are listed, the newest first, a page at a time, by what is given', async (t: TestContext) => {
  const [first, second] = [await made(t), await made(t, { status: 'disabled' })]
  const list = async (query: string) => {
    const answer = await ask('GET', `${PATH}/?${query}`)
    t.assert.equal(answer.status, 200, String(answer.body))
    return json<{ limit: number; offset: number; total: number; records: View[] }>(answer)
  }
  const all = await list('')
  t.assert.deepEqual([all.limit, all.offset], [20, 0])
  t.assert.deepEqual(
    all.records.slice(0, 2).map(({ id }) => id),
    [second.id, first.id],
  )
  const page = await list('limit=1&offset=1')
  t.assert.deepEqual([page.limit, page.offset, page.total], [1, 1, all.total])
  t.assert.deepEqual(page.records, [first])
  t.assert.deepEqual((await list(`name=${encodeURIComponent(first.name)}`)).records, [first])
  t.assert.ok((await list('status=DISABLED')).records.every(({ status }) => status === 'disabled'))
  t.assert.equal((await list(`division_id=${divisionId}`)).total, all.total)
  t.assert.equal((await list(`certificate_profile_id=${certificateProfileId}&division_id=x`)).total, 0)
  t.assert.equal((await list('device_profile_id=x')).total, 0)
  for (const query of ['status=asleep', 'nam=x', 'limit=0', 'limit=1001', 'offset=-1'])
    t.assert.equal((await ask('GET', `${PATH}?${query}`)).status, 400, query)
})

test('a profile is deleted while nothing was made under it, and disabled for good otherwise', async (t: TestContext) => {
  const unused = await made(t)
  t.assert.equal((await ask('DELETE', `${PATH}/${unused.id}`)).status, 204)
  t.assert.equal((await ask('GET', `${PATH}/${unused.id}`)).status, 404)
  t.assert.equal((await ask('DELETE', `${PATH}/${unused.id}`)).status, 404)
  const used = await made(t)
  t.assert.equal((await enroll(used.id)).status, 200)
  t.assert.match(await refused(t, ask('DELETE', `${PATH}/${used.id}`), 409), /can't be deleted: others refer to it/)
  t.assert.equal((await ask('GET', `${PATH}/${used.id}`)).status, 200)
})

test('who may see profiles may not change them, and other accounts have none of them', async (t: TestContext) => {
  const { store } = platform.world
  const other = account()
  await store.accounts.add(other)
  const keyOf = async (accountId: string, permissions: readonly string[]): Promise<string> => {
    const made = user(accountId, { permissions: permissions as never })
    await store.users.add(made)
    const { apiKey, text } = newApiKey(new Date(time), { userId: made.id, name: 'key' })
    await store.apiKeys.add(apiKey)
    return text
  }
  const all = ['VIEW_IOT_ENROLLMENT_PROFILE', 'MANAGE_IOT_ENROLLMENT_PROFILE']
  const [viewer, stranger] = [await keyOf(platform.account.account_id, all.slice(0, 1)), await keyOf(other.id, all)]
  const { id } = await made(t)
  const path = `${PATH}/${id}`
  for (const [method, at, body] of [
    ['POST', PATH, whole()],
    ['PUT', path, { name: 'x' }],
    ['DELETE', path, undefined],
  ] as const)
    t.assert.match(
      await refused(t, ask(method, at, body, viewer), 403),
      /needs the permission MANAGE_IOT_ENROLLMENT_PROFILE/,
    )
  t.assert.equal((await ask('GET', path, undefined, viewer)).status, 200)
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { name: 'x' }],
    ['DELETE', undefined],
  ] as const)
    t.assert.equal(await refused(t, ask(method, path, body, stranger), 404), 'There is no such enrollment profile.')
  t.assert.equal(json<{ total: number }>(await ask('GET', PATH, undefined, stranger)).total, 0)
  // What is another account's is not there for who makes a profile either.
  t.assert.equal(await refused(t, ask('POST', PATH, whole(), stranger), 404), 'There is no such division.')
})

test('the audit log has who made of a profile what', async (t: TestContext) => {
  const { id } = await made(t, { usage_limit: 3, allowed_networks: ['192.0.2.0/24'] })
  await ask('PUT', `${PATH}/${id}`, { status: 'disabled' })
  await ask('DELETE', `${PATH}/${id}`)
  const events = (await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 1_000)).filter(
    ({ resourceId }) => resourceId === id,
  )
  const actions = ['create', 'update', 'delete'].map((verb) => `enrollment_profile.${verb}`)
  t.assert.deepEqual(events.map(({ action }) => action).sort(), actions.sort())
  const updated = events.find(({ action }) => action === 'enrollment_profile.update')
  t.assert.equal(updated?.details.status, 'disabled')
  t.assert.partialDeepStrictEqual(updated?.details.limits, { usageLimit: 3, networks: ['192.0.2.0/24'] })
})

test('requests are held to what their profile says', async (t: TestContext) => {
  const { id } = await made(t, { usage_limit: 2 })
  const change = async (body: object): Promise<void> => {
    const answer = await ask('PUT', `${PATH}/${id}`, body)
    t.assert.equal(answer.status, 200, String(answer.body))
  }
  const codeOf = async (status: number): Promise<string> => {
    const answer = await enroll(id)
    t.assert.equal(answer.status, status, String(answer.body))
    return json(answer).errors[0]!.code
  }
  await change({ status: 'disabled' })
  t.assert.equal(await codeOf(409), 'enrollment_profile_disabled')
  await change({ status: 'active', validity_period: { from: '2099-01-01' } })
  t.assert.equal(await codeOf(409), 'enrollment_profile_not_open')
  await change({ validity_period: { from: null, to: new Date(time + 1_000).toISOString() } })
  time += 2_000
  t.assert.equal(await codeOf(409), 'enrollment_profile_not_open')
  await change({ validity_period: null, allowed_networks: ['192.0.2.0/24', '2001:db8::/32'] })
  t.assert.equal(await codeOf(403), 'access_denied')
  await change({ allowed_networks: ['127.0.0.0/8'], enrollment_methods: ['EST', 'BATCH'] })
  t.assert.equal(await codeOf(400), 'invalid_request')
  await change({ enrollment_methods: ['API'] })
  t.assert.equal((await enroll(id)).status, 200)
  t.assert.equal((await enroll(id)).status, 200)
  t.assert.equal(await codeOf(409), 'enrollment_profile_used_up')
  t.assert.equal(json<View>(await ask('GET', `${PATH}/${id}`)).number_of_usage, 2)
  await change({ usage_limit: 3 })
  t.assert.equal((await enroll(id)).status, 200)
  t.assert.equal(await codeOf(409), 'enrollment_profile_used_up')
})

test('a profile without a key type that its certificate profile still has makes no key of it', async (t: TestContext) => {
  const { deviceCertificateProfiles } = platform.world.store
  const template = (await deviceCertificateProfiles.find(certificateProfileId))!
  const narrow = { ...template, id: crypto.randomUUID(), name: 'To be narrowed' }
  await deviceCertificateProfiles.add(narrow)
  const { id } = await made(t, { certificate_profile_id: narrow.id, key_type: 'p_384', key_type_option: 'fixed' })
  t.assert.equal((await enroll(id)).status, 200)
  await deviceCertificateProfiles.update({ ...narrow, keyTypes: ['p_256'] })
  t.assert.match(await refused(t, enroll(id), 400), /^key_type: the certificate profile has p_384 no more/)
})
