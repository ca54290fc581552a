import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import { type Device, type DeviceQuery, newDevice } from '../../src/domain/device.ts'
import type { DeviceProfile } from '../../src/domain/device-profile.ts'
import type { Division } from '../../src/domain/division.ts'
import type { Store } from '../../src/domain/store.ts'
import { account, NOW } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds)

onBothDatabases('devices', (database) => {
  let store: Store
  let accountId: string
  let division: Division
  let profile: DeviceProfile
  before(async () => {
    store = await database.open()
    const owner = account()
    accountId = owner.id
    await store.accounts.add(owner)
    const common = { accountId, description: '', createdAt: NOW, updatedAt: NOW }
    division = { ...common, id: randomUUID(), name: 'Cameras', status: 'active' }
    const field = { mandatory: false, options: [], defaultValue: undefined, pattern: undefined }
    profile = {
      ...common,
      id: randomUUID(),
      divisionId: division.id,
      name: 'Camera',
      requiresIdentifier: true,
      identifierPattern: undefined,
      fields: [
        { ...field, id: 'mac', name: 'MAC', type: 'mac_address', mandatory: true },
        { ...field, id: 'site', name: 'Site', type: 'enum', options: ['north', 'süd'], defaultValue: 'süd' },
        { ...field, id: 'rack', name: 'Rack', type: 'text', pattern: 'R-*' },
      ],
      apiAccess: { read: true, write: false, renewCertificate: true },
    }
    await store.divisions.add(division)
    await store.deviceProfiles.add(profile)
  })

  test('divisions and device profiles are changed, listed and removed', async (t: TestContext) => {
    const { divisions, deviceProfiles } = store
    t.assert.deepStrictEqual(await deviceProfiles.find(profile.id), profile)
    const changed: DeviceProfile = { ...profile, name: 'Lens', identifierPattern: 'MAC*', updatedAt: later(1) }
    await deviceProfiles.update(changed)
    t.assert.deepStrictEqual(await deviceProfiles.find(profile.id), changed)
    await deviceProfiles.update(profile)
    const twin = { ...profile, id: randomUUID() }
    await t.assert.rejects(deviceProfiles.add(twin), { reason: 'conflict', code: 'device_profile_exists' })
    await t.assert.rejects(deviceProfiles.update(twin), { reason: 'not_found' })
    const second = { ...profile, id: randomUUID(), name: 'Second', createdAt: later(1) }
    await deviceProfiles.add(second)
    const query = { accountId, offset: 0, limit: 10 }
    t.assert.deepEqual(await deviceProfiles.list(query), { total: 2, records: [second, profile] })
    t.assert.deepEqual(await deviceProfiles.list({ ...query, limit: 1, offset: 1 }), { total: 2, records: [profile] })
    t.assert.deepEqual(await deviceProfiles.list({ ...query, name: 'Second' }), { total: 1, records: [second] })
    t.assert.equal((await deviceProfiles.list({ ...query, divisionId: randomUUID() })).total, 0)
    t.assert.equal((await deviceProfiles.list({ ...query, accountId: randomUUID() })).total, 0)
    await store.transaction(async (inside) => {
      t.assert.deepEqual(await inside.deviceProfiles.hold(second.id), second)
      t.assert.equal(await inside.deviceProfiles.hold(randomUUID()), undefined)
    })
    await deviceProfiles.remove(second.id)
    t.assert.equal(await deviceProfiles.find(second.id), undefined)

    const retired: Division = { ...division, id: randomUUID(), name: 'Old', status: 'disabled', createdAt: later(1) }
    await divisions.add(retired)
    t.assert.deepEqual(await divisions.list(query), { total: 2, records: [retired, division] })
    t.assert.deepEqual(await divisions.list({ ...query, status: 'active' }), { total: 1, records: [division] })
    t.assert.deepEqual(await divisions.list({ ...query, name: 'Old' }), { total: 1, records: [retired] })
    const renamed = { ...retired, name: 'Older', description: 'was', status: 'active' as const, updatedAt: later(2) }
    await divisions.update(renamed)
    t.assert.deepEqual(await divisions.find(retired.id), renamed)
    await divisions.remove(retired.id)
    t.assert.equal(await divisions.find(retired.id), undefined)
    await t.assert.rejects(divisions.update(renamed), { reason: 'not_found' })
  })

  test('certificate profiles are changed, listed and removed', async (t: TestContext) => {
    const { deviceCertificateProfiles: profiles } = store
    const made = {
      id: randomUUID(),
      accountId,
      name: 'Birth',
      fields: [],
      keyTypes: ['p_256' as const],
      days: 1,
      keyUsages: ['digitalSignature' as const],
      extendedKeyUsages: [],
      signatureHash: 'SHA-256' as const,
      createdAt: NOW,
      updatedAt: NOW,
    }
    await profiles.add(made)
    const changed = { ...made, name: 'Operation', days: 2, updatedAt: later(1) }
    await profiles.update(changed)
    const query = { accountId, offset: 0, limit: 10 }
    t.assert.deepEqual(await profiles.list(query), { total: 1, records: [changed] })
    t.assert.deepEqual(await profiles.list({ ...query, name: 'Birth' }), { total: 0, records: [] })
    await profiles.remove(made.id)
    t.assert.equal(await profiles.find(made.id), undefined)
    await t.assert.rejects(profiles.update(changed), { reason: 'not_found' })
  })

  test('what something refers to is not removed', async (t: TestContext) => {
    const device = newDevice(NOW, {
      accountId,
      divisionId: division.id,
      identifier: 'kept',
      deviceProfileId: profile.id,
    })
    await store.devices.add(device)
    const conflict = { reason: 'conflict' }
    await t.assert.rejects(store.divisions.remove(division.id), { ...conflict, code: 'division_in_use' })
    await t.assert.rejects(store.deviceProfiles.remove(profile.id), { ...conflict, code: 'device_profile_in_use' })
    await store.devices.remove(device.id)
    t.assert.equal(await store.devices.find(device.id), undefined)
  })

  test('devices are found by all that is asked, the newest first, deleted ones only where they are meant', async (t: TestContext) => {
    const { devices } = store
    const of = (index: number, changes: Partial<Device>): Device => ({
      ...newDevice(later(index), { accountId, divisionId: division.id, identifier: `d${index}` }),
      ...changes,
    })
    const made = [
      of(0, { deviceProfileId: profile.id, values: { mac: 'A', constructor: 'x' }, apiAccess: { write: true } }),
      of(1, { status: 'disabled', updatedAt: later(500) }),
      of(2, { status: 'deleted' }),
    ] as const
    for (const device of made) await devices.add(device)
    const [first, second, third] = made
    t.assert.deepEqual(await devices.find(first.id), first)
    const found = async (changes: Partial<DeviceQuery>): Promise<unknown[]> => {
      const { total, records } = await devices.list({ accountId, offset: 0, limit: 10, ...changes })
      return [total, ...records.map(({ identifier }) => identifier)]
    }
    t.assert.deepEqual(await found({}), [2, 'd1', 'd0'])
    t.assert.deepEqual(await found({ limit: 1, offset: 1 }), [2, 'd0'])
    t.assert.deepEqual(await found({ updatedUntil: later(1_000) }), [2, 'd1', 'd0'])
    t.assert.equal((await devices.list({ accountId, offset: 0, limit: 1 })).isTotalExact, true)
    t.assert.deepEqual(await found({ status: 'deleted' }), [1, 'd2'])
    t.assert.deepEqual(await found({ status: 'active' }), [1, 'd0'])
    t.assert.deepEqual(await found({ identifier: 'd1' }), [1, 'd1'])
    t.assert.deepEqual(await found({ identifier: 'D1' }), [0])
    t.assert.deepEqual(await found({ deviceProfileId: profile.id }), [1, 'd0'])
    t.assert.deepEqual(await found({ divisionId: division.id, createdFrom: later(1) }), [1, 'd1'])
    t.assert.deepEqual(await found({ createdUntil: later(1) }), [1, 'd0'])
    t.assert.deepEqual(await found({ updatedFrom: later(500), updatedUntil: later(501) }), [1, 'd1'])
    t.assert.deepEqual(await found({ accountId: randomUUID() }), [0])
    await devices.update({ ...second, identifier: 'named', values: { site: 'süd' }, status: 'active' })
    t.assert.deepEqual((await devices.find(second.id))?.values, { site: 'süd' })
    await t.assert.rejects(devices.update({ ...third, id: randomUUID() }), { reason: 'not_found' })
    t.assert.deepEqual([await devices.hasHistory(first.id), await devices.countCertificates(first.id, NOW)], [false, 0])
  })
})
