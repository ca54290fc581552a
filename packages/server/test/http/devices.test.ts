import { type TestContext, test } from 'node:test'
import { type Asker, onBothPlatforms } from './both-platforms.ts'
import { certificationRequest, UNKNOWN_ID } from './operations.ts'
import { json } from './test-platform.ts'

type Named = { id: string; name: string }
type Field = { id: string; name: string; value: string | null; mandatory: boolean }
type Profile = Named & {
  fields: Record<string, unknown>[]
  device_identifier_pattern: string | null
  updated_at: string
}
type Device = {
  id: string
  device_identifier: string
  device_profile: Named | null
  division: Named
  status: string
  fields: Field[]
  device_api_allow_read: boolean
  device_api_allow_write: boolean
}
type Page<T> = { limit: number; offset: number; total: number; records: T[] }

const V2 = '/iot/api/v2/device'
const PROFILES = '/iot/api/v1/device-profile'

const FIELDS = [
  { id: 'mac', name: 'MAC address', type: 'MAC_ADDRESS', mandatory: true },
  { id: 'site', name: 'Site', type: 'enum', options: ['north', 'süd'], default_value: 'süd' },
  { name: 'Address', type: 'ip_address' },
]

onBothPlatforms('devices', (asker: () => Asker) => {
  const newDivision = (name: string) => asker().get<Named>('POST', '/iot/api/v1/division', { name })
  const newProfile = (divisionId: string, more: object) =>
    asker().get<Profile>('POST', PROFILES, { division_id: divisionId, fields: FIELDS, ...more })

  test('a device profile is made, found, changed and deleted', async (t: TestContext) => {
    const { get, refusal, ask, actionsOn } = asker()
    const division = await newDivision('Profiles')
    const made = await newProfile(division.id, { name: 'Camera', device_api_allow_read: true })
    const [mac, site, address] = made.fields
    t.assert.deepEqual(mac, { ...FIELDS[0], type: 'mac_address', options: [], default_value: null, pattern: null })
    t.assert.deepEqual([site!.default_value, address!.mandatory], ['süd', false])
    t.assert.match(String(address!.id), /^[0-9a-f-]{36}$/)
    t.assert.deepEqual(await get('GET', `${PROFILES}/${made.id}`), made)
    t.assert.deepEqual((await get<Page<Profile>>('GET', `${PROFILES}?name=Camera&limit=1`)).records, [made])
    t.assert.equal((await get<Page<Profile>>('GET', `${PROFILES}?division_id=${UNKNOWN_ID}`)).total, 0)
    const again = { name: 'Camera', division_id: division.id }
    t.assert.deepEqual((await refusal('POST', PROFILES, again)).slice(0, 2), [409, 'device_profile_exists'])
    // What an answer says is what a change takes.
    const changed = await get<Profile>('PUT', `${PROFILES}/${made.id}`, {
      fields: made.fields,
      device_identifier_pattern: 'CAM-*',
    })
    t.assert.deepEqual({ ...changed, updated_at: '' }, { ...made, device_identifier_pattern: 'CAM-*', updated_at: '' })
    const without = { device_identifier_pattern: null }
    t.assert.equal((await get<Profile>('PUT', `${PROFILES}/${made.id}`, without)).device_identifier_pattern, null)
    t.assert.equal((await ask('DELETE', `${PROFILES}/${made.id}`)).status, 204)
    t.assert.deepEqual((await refusal('GET', `${PROFILES}/${made.id}`)).slice(0, 2), [404, 'device_profile_not_found'])
    t.assert.deepEqual((await actionsOn(made.id)).at(0), 'device_profile.delete')
  })

  test('what is no device profile is refused, and nothing is stored of it', async (t: TestContext) => {
    const { get, refusal } = asker()
    const { id: division_id } = (await get<Page<Named>>('GET', '/iot/api/v1/division')).records[0]!
    const { total } = await get<Page<Profile>>('GET', PROFILES)
    const field = { name: 'F', type: 'text' }
    for (const [body, sentence] of [
      [{ fields: [{ ...field, type: 'date' }] }, /^fields\[0\]\.type: one of text, /],
      [{ fields: [{ ...field, typ: 'x' }] }, /^There is no field "typ"/],
      [{ fields: [{ ...field, id: 'csr' }] }, /^fields\[0\]\.id: /],
      [{ fields: [{ ...field, type: 'enum' }] }, /^fields\[0\]\.options: /],
      [{ fields: [field, field] }, /^fields\[1\]\.name: another/],
      [{ fields: [{ ...field, mandatory: 'true' }] }, /mandatory/],
      [{ fields: Array.from({ length: 101 }, () => field) }, /fields/],
      [{ fields: Array.from({ length: 51 }, (_, index) => ({ ...field, name: `${index}` })) }, /at most 50/],
      [{ fields: [null] }, /fields/],
      [{ fields: {} }, /fields/],
      [{ name: 'a\u0000' }, /^name: 1 to 100/],
      [{ device_identifier_pattern: '' }, /^device_identifier_pattern: 1 to 255/],
      [{ device_api_allow_read: 1 }, /device_api_allow_read/],
      [{ unknown: 1 }, /no field "unknown"/],
    ] as const) {
      const [status, code, message] = await refusal('POST', PROFILES, { name: 'x', division_id, ...body })
      t.assert.deepEqual([status, code], [400, 'invalid_request'], JSON.stringify(body).slice(0, 100))
      t.assert.match(message, sentence)
    }
    t.assert.equal((await get<Page<Profile>>('GET', PROFILES)).total, total)
  })

  test('a device is made in the shape that clients know, found by all that it is, and changed', async (t: TestContext) => {
    const { get, refusal, platform, actionsOn } = asker()
    const division = await newDivision('Cameras')
    const profile = await newProfile(division.id, { name: 'Hall 3', device_api_allow_read: true })
    const wish = { division_id: division.id, device_identifier: 'CAM-1', device_profile_id: profile.id }
    const made = await get<Device>('POST', V2, { ...wish, fields: [{ id: 'mac', value: '001a2b3c4d5e' }] })
    const { id, created, updated, ...view } = made as Device & { created: string; updated: string }
    t.assert.match(`${created} ${updated}`, /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ?){2}$/)
    t.assert.deepEqual(view, {
      account_id: platform.account.account_id,
      division: { id: division.id, name: 'Cameras' },
      device_identifier: 'CAM-1',
      device_profile: { id: profile.id, name: 'Hall 3' },
      status: 'ACTIVE',
      fields: [
        { id: 'mac', name: 'MAC address', value: '00:1A:2B:3C:4D:5E', mandatory: true },
        { id: 'site', name: 'Site', value: 'süd', mandatory: false },
        { id: profile.fields[2]!.id, name: 'Address', value: null, mandatory: false },
      ],
      device_api_allow_read: true,
      device_api_allow_write: false,
      device_api_allow_renew_certificate: false,
    })
    for (const path of [V2, '/iot/api/v1/device']) t.assert.deepEqual(await get('GET', `${path}/${id}/`), made)
    const day = created.slice(0, 10)
    for (const [query, total] of [
      [`device_identifier=CAM-1&division_id=${division.id}&device_profile_id=${profile.id}&status=Active`, 1],
      [`created_from=${day}&created_to=${day}&updated_from=${day}&updated_to=${day}&division_id=${division.id}`, 1],
      ['device_identifier=cam-1', 0],
      ['created_to=2020-01-01', 0],
      [`division_id=${UNKNOWN_ID}`, 0],
      ['status=deleted', 0],
    ] as const)
      t.assert.equal((await get<Page<Device>>('GET', `${V2}?${query}`)).total, total, query)
    for (const query of ['created_from=x', 'created_from=2026-02-30', 'identifier=x', 'status=x', 'limit=0'])
      t.assert.equal((await refusal('GET', `${V2}?${query}`))[0], 400, query)

    const [status, code, sentence] = await refusal('POST', V2, { ...wish, device_profile_id: undefined })
    t.assert.deepEqual([status, code], [400, 'invalid_input'])
    t.assert.ok(sentence.includes(id))
    const renamed = await get<Device>('PUT', `${V2}/${id}`, {
      device_identifier: 'CAM-2',
      device_api_allow_write: true,
    })
    t.assert.deepEqual(renamed.fields, made.fields)
    t.assert.deepEqual([renamed.device_identifier, renamed.device_api_allow_write], ['CAM-2', true])
    const fields = [
      { id: 'mac', value: '00:00:00:00:00:01' },
      { id: 'site', value: '' },
    ]
    const refilled = await get<Device>('PUT', `/iot/api/v1/device/${id}`, { fields })
    t.assert.deepEqual(
      refilled.fields.map(({ value }) => value),
      ['00:00:00:00:00:01', 'süd', null],
    )
    t.assert.match((await refusal('PUT', `${V2}/${id}`, { fields: [] }))[2], /^fields: mac \(MAC address\) is missing/)
    t.assert.deepEqual((await actionsOn(id))[0], 'device.update')
    // Access that the device does not have an own word on is its profile's.
    await get('PUT', `${PROFILES}/${profile.id}`, { device_api_allow_read: false, device_api_allow_write: false })
    const later = await get<Device>('GET', `${V2}/${id}`)
    t.assert.deepEqual([later.device_api_allow_read, later.device_api_allow_write], [false, true])
    // A field that is there no more is not told, and is not in the way.
    await get('PUT', `${PROFILES}/${profile.id}`, { fields: [{ ...FIELDS[2], mandatory: true }] })
    t.assert.deepEqual(
      (await get<Device>('PUT', `${V2}/${id}`, { device_identifier: 'CAM-3' })).fields.map(({ value }) => value),
      [null],
    )
    t.assert.deepEqual((await refusal('DELETE', `${PROFILES}/${profile.id}`))[2].split(':')[0], 'In use by 1 device')
    t.assert.equal((await refusal('DELETE', `/iot/api/v1/division/${division.id}`))[1], 'division_in_use')
  })

  test('a device that had certificates is disabled and deleted, and comes back', async (t: TestContext) => {
    const { get, ask, refusal, platform } = asker()
    const { certificate_id } = await get<{ certificate_id: string }>('POST', '/iot/api/v1/certificate', {
      enrollment_profile_id: platform.account.enrollment_profile_id,
      csr: (await certificationRequest()).csr,
      device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'MAC0011' }],
    })
    const [found] = (await get<Page<Device>>('GET', `${V2}?device_identifier=MAC0011`)).records
    const { id } = found!
    t.assert.deepEqual([found!.device_profile, found!.fields, found!.division.name], [null, [], 'Devices'])
    t.assert.deepEqual((await refusal('DELETE', `${V2}/${id}`)).slice(1), [
      'device_in_use',
      '1 certificate of the device counts: revoke it first, or disable the device.',
    ])
    const revoke = (reason: string) => ask('PUT', `/iot/api/v1/certificate/${certificate_id}/revoke`, { reason })
    t.assert.equal((await revoke('certificate_hold')).status, 204)
    t.assert.equal((await refusal('DELETE', `${V2}/${id}`))[1], 'device_in_use')
    t.assert.equal((await revoke('superseded')).status, 204)
    t.assert.equal((await get<Device>('PUT', `${V2}/${id}/disable`)).status, 'DISABLED')
    t.assert.equal((await ask('DELETE', `${V2}/${id}`)).status, 204)
    t.assert.equal((await get<Device>('GET', `${V2}/${id}`)).status, 'DELETED')
    t.assert.equal((await get<Page<Device>>('GET', `${V2}?device_identifier=MAC0011`)).total, 0)
    t.assert.equal((await get<Page<Device>>('GET', `${V2}?device_identifier=MAC0011&status=DELETED`)).total, 1)
    for (const [method, path, body] of [
      ['PUT', `${V2}/${id}`, {}],
      ['PUT', `${V2}/${id}/disable`, undefined],
      ['DELETE', `${V2}/${id}`, undefined],
    ] as const)
      t.assert.deepEqual((await refusal(method, path, body)).slice(0, 2), [409, 'device_deleted'])
    const wish = { division_id: found!.division.id, device_identifier: 'MAC0011' }
    t.assert.match((await refusal('POST', V2, wish))[2], /was deleted: enable it again/)
    t.assert.equal((await get<Device>('PUT', `${V2}/${id}/enable`)).status, 'ACTIVE')
    // As public examples send it: a JSON type and no body.
    const bare = await platform.ask(`${V2}/${id}/disable`, {
      door: 'api',
      method: 'PUT',
      headers: { 'x-api-key': platform.account.admin_api_key, 'content-type': 'application/json' },
    })
    t.assert.equal(bare.status, 200, String(bare.body))
    const other = await get<Device>('POST', V2, { ...wish, device_identifier: 'never certified' })
    t.assert.equal((await ask('DELETE', `${V2}/${other.id}`)).status, 204)
    t.assert.deepEqual((await refusal('GET', `${V2}/${other.id}`)).slice(0, 2), [404, 'entity_not_found'])
  })

  test('what is no device is refused, and so is what belongs elsewhere', async (t: TestContext) => {
    const { get, ask, refusal, stranger, somebody, platform } = asker()
    const [mine, other] = [await newDivision('Mine'), await newDivision('Other')]
    const profile = await newProfile(mine.id, { name: 'Of mine', device_identifier_pattern: 'S-*' })
    const elsewhere = await newProfile(other.id, { name: 'Of other', fields: [] })
    const key = await stranger()
    const theirs = json<Named>(await ask('POST', '/iot/api/v1/division', { name: 'Theirs' }, key))
    const theirProfile = json<Named>(await ask('POST', PROFILES, { name: 'Theirs', division_id: theirs.id }, key))
    const { total } = await get<Page<Device>>('GET', V2)
    const wish = { division_id: mine.id, device_identifier: 'S-1', device_profile_id: profile.id }
    const mac = { id: 'mac', value: '001a2b3c4d5e' }
    const deep = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) as unknown
    for (const [change, status] of [
      [{ fields: [] }, 400],
      [{ fields: [mac, mac] }, 400],
      [{ fields: [mac, { id: 'unknown', value: 'x' }] }, 400],
      [{ fields: [{ id: 'mac', value: 'x' }] }, 400],
      [{ fields: [{ id: 'mac', value: 1 }] }, 400],
      [{ fields: [{ id: 'mac', value: null }] }, 400],
      [{ fields: [mac, { id: '__proto__', value: 'x' }] }, 400],
      [{ fields: Array.from({ length: 10_000 }, () => mac) }, 400],
      [{ fields: 'mac' }, 400],
      [{ fields: deep }, 400],
      [{ device_identifier: 'X-1', fields: [mac] }, 400],
      [{ device_identifier: `S-${'x'.repeat(254)}`, fields: [mac] }, 400],
      [{ device_identifier: 'S-\u0000', fields: [mac] }, 400],
      [{ device_identifier: '', fields: [mac] }, 400],
      [{ device_identifier: 7, fields: [mac] }, 400],
      [{ device_identifier: undefined, fields: [mac] }, 400],
      [{ division_id: undefined, fields: [mac] }, 400],
      [{ division_id: [mine.id], fields: [mac] }, 400],
      [{ device_profile_id: null, fields: [mac] }, 400],
      [{ device_profile_id: undefined, fields: [mac] }, 400],
      [{ status: 'ACTIVE', fields: [mac] }, 400],
      [{ device_profile_id: elsewhere.id, fields: [] }, 400],
      [{ division_id: theirs.id, fields: [mac] }, 404],
      [{ device_profile_id: theirProfile.id, fields: [] }, 404],
      [{ division_id: UNKNOWN_ID, fields: [mac] }, 404],
      [{ division_id: "' or 1=1 --", fields: [mac] }, 404],
    ] as const)
      t.assert.equal(
        (await refusal('POST', V2, { ...wish, ...change }))[0],
        status,
        JSON.stringify(change).slice(0, 90),
      )
    for (const body of [[], 'x', null, 1]) t.assert.equal((await refusal('POST', V2, body))[0], 400)
    t.assert.equal((await get<Page<Device>>('GET', V2)).total, total)
    t.assert.equal((await refusal('POST', PROFILES, { name: 'x', division_id: theirs.id }))[1], 'division_not_found')

    const { id } = await get<Device>('POST', V2, { ...wish, fields: [mac] })
    t.assert.deepEqual(await refusal('PUT', `${V2}/${id}`, { division_id: other.id }).then(([status]) => status), 400)
    for (const [method, path, body] of [
      ['GET', id, undefined],
      ['PUT', id, { device_identifier: 'theirs' }],
      ['PUT', `${id}/disable`, undefined],
      ['PUT', `${id}/enable`, undefined],
      ['DELETE', id, undefined],
    ] as const)
      t.assert.deepEqual((await refusal(method, `${V2}/${path}`, body, key)).slice(0, 2), [404, 'entity_not_found'])
    t.assert.equal(json<Page<Device>>(await ask('GET', V2, undefined, key)).total, 0)
    t.assert.equal((await refusal('PUT', `${V2}/${id}`, {}, await somebody(['VIEW_IOT_DEVICE'])))[0], 403)
    // In a disabled division nothing new is made.
    await get('PUT', `/iot/api/v1/division/${mine.id}`, { status: 'DISABLED' })
    const late = { ...wish, device_identifier: 'S-2', fields: [mac] }
    t.assert.deepEqual((await refusal('POST', V2, late)).slice(0, 2), [409, 'division_disabled'])
    t.assert.equal((await refusal('POST', PROFILES, { name: 'x', division_id: mine.id }))[1], 'division_disabled')
    t.assert.ok(!platform.log.join('').includes('unexpected error'))
  })

  test('of requests that make the same device at once one does', async (t: TestContext) => {
    const { get, ask } = asker()
    const { id } = (await get<Page<Named>>('GET', '/iot/api/v1/division?name=Devices')).records[0]!
    const wish = { division_id: id, device_identifier: 'raced' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', V2, wish)))
    t.assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 7 }, () => 400)])
  })
})
