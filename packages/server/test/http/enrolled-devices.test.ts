/** Devices that certificates are requested for, under an enrollment profile with a device profile: what is said of them is judged and kept. */
import { after, before, type TestContext, test } from 'node:test'
import type { Device } from '../../src/domain/device.ts'
import type { DeviceField, DeviceProfile } from '../../src/domain/device-profile.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { eventsOf } from '../store/events-of.ts'
import { byKey } from './operations.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
let first: EnrollmentProfile
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' })
  first = (await platform.world.store.enrollmentProfiles.find(platform.account.enrollment_profile_id))!
})
after(() => platform.stop())

const FIELD: Omit<DeviceField, 'id' | 'name'> = {
  type: 'text',
  mandatory: false,
  options: [],
  defaultValue: undefined,
  pattern: undefined,
}

async function deviceProfile(changes: Partial<DeviceProfile> = {}): Promise<DeviceProfile> {
  const id = crypto.randomUUID()
  const profile: DeviceProfile = {
    id,
    accountId: first.accountId,
    divisionId: first.divisionId,
    name: id,
    description: '',
    requiresIdentifier: true,
    identifierPattern: undefined,
    fields: [
      { ...FIELD, id: 'hall', name: 'Hall', mandatory: true },
      { ...FIELD, id: 'colour', name: 'Colour', type: 'enum', options: ['red', 'blue'], defaultValue: 'red' },
    ],
    apiAccess: { read: false, write: false, renewCertificate: false },
    createdAt: new Date(),
    updatedAt: new Date(),
    ...changes,
  }
  await platform.world.store.deviceProfiles.add(profile)
  return profile
}

async function enrollmentProfile(changes: Partial<EnrollmentProfile>): Promise<string> {
  const id = newEnrollmentProfileId(new Date())
  await platform.world.store.enrollmentProfiles.add({ ...first, ...changes, id, name: id })
  return id
}

async function enroll(
  enrollment_profile_id: string,
  attributes: Readonly<Record<string, string>> | readonly object[],
): Promise<Answer> {
  const body = {
    enrollment_profile_id,
    server_side_key_gen: true,
    private_key_format: 'pem',
    certificate_profile_attributes: [{ id: 'subject.common_name', value: 'device' }],
    device_attributes: Array.isArray(attributes)
      ? attributes
      : Object.entries(attributes).map(([id, value]) => ({ id, value })),
  }
  const options = byKey(platform.account.service_api_key)
  return platform.ask('/iot/api/v1/certificate', {
    ...options,
    headers: { ...(options.headers as object), 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  })
}

async function enrolled(t: TestContext, id: string, attributes: Readonly<Record<string, string>>): Promise<Device> {
  const answer = await enroll(id, attributes)
  t.assert.equal(answer.status, 200, String(answer.body))
  const { certificateRequests, devices } = platform.world.store
  const request = await certificateRequests.findByCertificate(json<{ certificate_id: string }>(answer).certificate_id)
  return (await devices.find(request?.deviceId ?? ''))!
}

async function refused(
  t: TestContext,
  id: string,
  attributes: Readonly<Record<string, string>> | object[],
  status = 400,
): Promise<string> {
  const answer = await enroll(id, attributes)
  t.assert.equal(answer.status, status, String(answer.body))
  return json(answer).errors[0]!.message
}

test('what is said of a device is kept, and what is not said stays', async (t: TestContext) => {
  const profile = await deviceProfile()
  const id = await enrollmentProfile({ deviceProfileId: profile.id })
  const made = await enrolled(t, id, { DEVICE_IDENTIFIER: ' S-1 ', hall: '3' })
  t.assert.deepEqual([made.identifier, made.deviceProfileId], ['S-1', profile.id])
  t.assert.deepEqual(made.values, { hall: '3', colour: 'red' })
  const again = await enrolled(t, id, { DEVICE_IDENTIFIER: 'S-1', colour: 'blue' })
  t.assert.deepEqual([again.id, again.values], [made.id, { hall: '3', colour: 'blue' }])
  const same = await enrolled(t, id, { DEVICE_IDENTIFIER: 'S-1' })
  t.assert.deepEqual(same, again)
  const events = (await eventsOf(platform.world.store.auditEvents, first.accountId, 1_000))
    .filter(({ resourceId }) => resourceId === made.id)
    .map(({ action, details }) => [action, details.values])
  t.assert.deepEqual(events, [
    ['device.update', { hall: '3', colour: 'blue' }],
    ['device.create', { hall: '3', colour: 'red' }],
  ])
})

test('what does not fit the device profile is refused, and no device is made', async (t: TestContext) => {
  const { devices } = platform.world.store
  const profile = await deviceProfile({ identifierPattern: 'S-*' })
  const id = await enrollmentProfile({ deviceProfileId: profile.id })
  const query = { accountId: first.accountId, offset: 0, limit: 1 }
  const { total } = await devices.list(query)
  for (const [attributes, sentence] of [
    [{}, /DEVICE_IDENTIFIER is missing/],
    [{ hall: '3' }, /DEVICE_IDENTIFIER is missing/],
    [{ DEVICE_IDENTIFIER: 'S-2' }, /hall \(Hall\) is missing/],
    [{ DEVICE_IDENTIFIER: 'T-2', hall: '3' }, /look like S-\*/],
    [{ DEVICE_IDENTIFIER: 'S-\0', hall: '3' }, /1 to 255 characters on one line/],
    [{ DEVICE_IDENTIFIER: `S-${'x'.repeat(254)}`, hall: '3' }, /1 to 255 characters/],
    [{ DEVICE_IDENTIFIER: 'S-2', hall: '3', colour: 'green' }, /colour \(Colour\) .*: one of red, blue/],
    [{ DEVICE_IDENTIFIER: 'S-2', hall: '3', __proto: 'x' }, /is no field of the device profile/],
    [
      [
        { id: 'DEVICE_IDENTIFIER', value: 'S-2' },
        { id: 'DEVICE_IDENTIFIER', value: 'S-3' },
        { id: 'hall', value: '3' },
      ],
      /is there twice/,
    ],
    [
      [
        { id: 'DEVICE_IDENTIFIER', value: ['S-2', 'S-3'] },
        { id: 'hall', value: '3' },
      ],
      /DEVICE_IDENTIFIER has one value/,
    ],
  ] as const)
    t.assert.match(await refused(t, id, attributes as object[]), sentence, JSON.stringify(attributes))
  t.assert.equal((await devices.list(query)).total, total)
})

test('a device belongs where its certificates are requested, and is active', async (t: TestContext) => {
  const { devices, divisions } = platform.world.store
  const [one, other] = [await deviceProfile(), await deviceProfile({ requiresIdentifier: false, fields: [] })]
  const [id, otherId] = [
    await enrollmentProfile({ deviceProfileId: one.id }),
    await enrollmentProfile({ deviceProfileId: other.id }),
  ]
  const device = await enrolled(t, id, { DEVICE_IDENTIFIER: 'D-1', hall: '1' })
  t.assert.match(await refused(t, otherId, { DEVICE_IDENTIFIER: 'D-1' }, 409), /has another device profile/)
  // Under none it stays what it is; what had none gets one.
  t.assert.deepEqual(await enrolled(t, first.id, { DEVICE_IDENTIFIER: 'D-1' }), device)
  const bare = await enrolled(t, first.id, { DEVICE_IDENTIFIER: 'D-2' })
  t.assert.equal(bare.deviceProfileId, undefined)
  t.assert.equal((await enrolled(t, otherId, { DEVICE_IDENTIFIER: 'D-2' })).deviceProfileId, other.id)
  t.assert.equal((await enroll(otherId, {})).status, 200)
  for (const status of ['disabled', 'deleted'] as const) {
    await devices.update({ ...device, status })
    t.assert.match(await refused(t, id, { DEVICE_IDENTIFIER: 'D-1' }, 409), /is not active/)
  }
  await devices.update(device)
  const division = (await divisions.find(first.divisionId))!
  await divisions.update({ ...division, status: 'disabled' })
  t.assert.match(
    await refused(t, id, { DEVICE_IDENTIFIER: 'D-1' }, 409),
    /division of the enrollment profile is disabled/,
  )
  await divisions.update(division)
  t.assert.equal((await enroll(id, { DEVICE_IDENTIFIER: 'D-1' })).status, 200)
})

test('specification and sample tell of the fields of devices', async (t: TestContext) => {
  const profile = await deviceProfile({ requiresIdentifier: false })
  const id = await enrollmentProfile({ deviceProfileId: profile.id, keyType: { choice: 'fixed', type: 'p_384' } })
  const told = async <T>(path: string): Promise<T> => {
    const answer = await platform.ask(
      `/iot/api/v1/enrollment-profile/${id}/${path}`,
      byKey(platform.account.service_api_key),
    )
    t.assert.equal(answer.status, 200, String(answer.body))
    return json<T>(answer)
  }
  type Field = { id: string; type: string; mandatory: boolean; default_value: unknown; options: string[] }
  const { fields } = await told<{ fields: Field[] }>('enrollment-specification')
  t.assert.deepEqual(
    fields
      .filter(({ type, id }) => type === 'DEVICE' || id === 'key_type')
      .map(({ id, mandatory, default_value, options }) => [id, mandatory, default_value, options]),
    [
      ['key_type', false, 'p_384', ['p_384']],
      ['DEVICE_IDENTIFIER', true, null, []],
      ['hall', true, null, []],
      ['colour', false, 'red', ['red', 'blue']],
    ],
  )
  const sample = await told<{ device_attributes: { id: string; value: string }[] }>('sample?key_generation=server')
  t.assert.deepEqual(sample.device_attributes, [
    { id: 'DEVICE_IDENTIFIER', value: '<DEVICE_IDENTIFIER>' },
    { id: 'hall', value: '<Hall>' },
  ])
  const place = 'device_attributes'
  for (const [attributes, message] of [
    [sample.device_attributes, 'DEVICE_IDENTIFIER is "<DEVICE_IDENTIFIER>"'],
    [{ DEVICE_IDENTIFIER: 'D-9', hall: ' <Hall> ' }, 'hall is "<Hall>"'],
  ] as const) {
    const answer = await enroll(id, attributes)
    t.assert.equal(answer.status, 400)
    const { errors } = json<{ errors: { message: string }[] }>(answer)
    const whole = `${place}: ${message} as in the sample: put its value there, or leave it out.`
    t.assert.equal(errors[0]?.message, whole)
  }
  t.assert.equal((await enroll(id, { DEVICE_IDENTIFIER: 'D-9', hall: '<hall>' })).status, 200)
  const renewal = await told<{ device_attributes: object[] }>('sample?operation=renew')
  t.assert.deepEqual(renewal.device_attributes, [])
})
