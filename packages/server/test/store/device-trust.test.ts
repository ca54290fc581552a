import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import type { CertificateRequest } from '../../src/domain/certificate-request.ts'
import { newDevice } from '../../src/domain/device.ts'
import type { DeviceCertificateProfile } from '../../src/domain/device-certificate-profile.ts'
import type { Division } from '../../src/domain/division.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { Store } from '../../src/domain/store.ts'
import { account, addIssued, authority, bytes, certificate, NOW, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('device trust', (database) => {
  let store: Store
  let accountId: string
  let division: Division
  let certificateProfile: DeviceCertificateProfile
  let enrollmentProfile: EnrollmentProfile
  before(async () => {
    store = await database.open()
    const owner = account()
    accountId = owner.id
    await store.accounts.add(owner)
    division = {
      id: randomUUID(),
      accountId,
      name: 'Cameras',
      description: 'All of them',
      status: 'active',
      createdAt: NOW,
      updatedAt: NOW,
    }
    certificateProfile = {
      id: randomUUID(),
      accountId,
      name: 'Birth',
      fields: [
        {
          id: 'subject.common_name',
          rule: 'required',
          values: [],
          pattern: 'cam-*',
          most: 1,
          isFromCsr: true,
        },
        {
          id: 'subject.organization_name',
          rule: 'fixed',
          values: ['Maker'],
          pattern: undefined,
          most: 1,
          isFromCsr: false,
        },
      ],
      keyTypes: ['p_256', 'ml_dsa_44'],
      days: 90,
      keyUsages: ['digitalSignature'],
      extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'],
      signatureHash: 'SHA-384',
      createdAt: NOW,
      updatedAt: NOW,
    }
    enrollmentProfile = {
      id: newEnrollmentProfileId(NOW),
      accountId,
      divisionId: division.id,
      certificateProfileId: certificateProfile.id,
      deviceProfileId: undefined,
      name: 'Line 1',
      status: 'active',
      enrollmentMethods: ['API'],
      keyGenerationOption: 'server_side',
      keyType: { choice: 'fixed', type: 'ml_dsa_44' },
      approval: 'automatic',
      renewal: { windowDays: undefined, allowsKeyReuse: false, allowsNameChange: false },
      limits: { startsAt: undefined, endsAt: undefined, usageLimit: undefined, networks: [] },
      numberOfUsage: undefined,
      createdAt: NOW,
      updatedAt: NOW,
    }
    await store.divisions.add(division)
    await store.deviceCertificateProfiles.add(certificateProfile)
    await store.enrollmentProfiles.add(enrollmentProfile)
  })

  test('divisions and profiles are as they were', async (t) => {
    t.assert.deepEqual(await store.divisions.find(division.id), division)
    t.assert.deepEqual(await store.deviceCertificateProfiles.find(certificateProfile.id), certificateProfile)
    t.assert.deepEqual(await store.enrollmentProfiles.find(enrollmentProfile.id), enrollmentProfile)
    t.assert.match(enrollmentProfile.id, /^IOT_[0-9a-f]{8}-[0-9a-f-]{27}$/)
    t.assert.equal(await store.divisions.find(randomUUID()), undefined)
    t.assert.equal(await store.deviceCertificateProfiles.find(randomUUID()), undefined)
    t.assert.equal(await store.enrollmentProfiles.find(randomUUID()), undefined)
  })

  test('enrollment profiles are changed, and found by all that is asked, the newest first', async (t) => {
    const { enrollmentProfiles } = store
    const later = new Date(NOW.getTime() + 1_000)
    const whole: EnrollmentProfile = {
      ...enrollmentProfile,
      id: newEnrollmentProfileId(later),
      name: 'Line 2',
      createdAt: later,
      updatedAt: later,
    }
    await enrollmentProfiles.add(whole)
    const changed: EnrollmentProfile = {
      ...whole,
      name: 'Line 3',
      status: 'disabled',
      enrollmentMethods: ['EST', 'BATCH'],
      approval: 'manual',
      renewal: { windowDays: 30, allowsKeyReuse: true, allowsNameChange: false },
      limits: { startsAt: NOW, endsAt: later, usageLimit: 2, networks: ['192.0.2.0/24'] },
      numberOfUsage: 0,
      updatedAt: new Date(later.getTime() + 1),
    }
    await enrollmentProfiles.update(changed)
    t.assert.deepEqual(await enrollmentProfiles.find(whole.id), changed)
    const found = async (query: object): Promise<unknown[]> => {
      const { total, records } = await enrollmentProfiles.list({ accountId, offset: 0, limit: 10, ...query })
      return [total, ...records.map(({ name }) => name)]
    }
    t.assert.deepEqual(await found({}), [2, 'Line 3', 'Line 1'])
    t.assert.deepEqual(await found({ limit: 1, offset: 1 }), [2, 'Line 1'])
    t.assert.deepEqual(await found({ status: 'active' }), [1, 'Line 1'])
    t.assert.deepEqual(await found({ name: 'line 3' }), [0])
    t.assert.deepEqual(await found({ divisionId: division.id, name: 'Line 3' }), [1, 'Line 3'])
    t.assert.deepEqual(await found({ certificateProfileId: randomUUID() }), [0])
    t.assert.deepEqual(await found({ deviceProfileId: randomUUID() }), [0])
    t.assert.deepEqual(await found({ accountId: randomUUID() }), [0])
    // Three at once, of which two are left; one that has no limit counts none.
    const uses = await store.transaction((own) =>
      Promise.all([whole.id, enrollmentProfile.id, whole.id, whole.id].map((id) => own.enrollmentProfiles.use(id))),
    )
    t.assert.deepEqual(uses, [true, false, true, false])
    await store.transaction(async (own) => {
      const ids = [whole.id, enrollmentProfile.id, newEnrollmentProfileId(NOW)]
      const held = await Promise.all(ids.map((id) => own.enrollmentProfiles.hold(id)))
      t.assert.deepEqual(held, [{ ...changed, numberOfUsage: 2 }, enrollmentProfile, undefined])
      t.assert.deepEqual(await own.enrollmentProfiles.holdToChange(whole.id), held[0])
    })
    await enrollmentProfiles.remove(whole.id)
    t.assert.equal(await enrollmentProfiles.find(whole.id), undefined)
    await t.assert.rejects(enrollmentProfiles.update(changed), { reason: 'not_found' })
  })

  test('a name is one division’s and one profile’s within the account, and may be used in others', async (t) => {
    const other = account()
    await store.accounts.add(other)
    const conflict = { reason: 'conflict' }
    await t.assert.rejects(store.divisions.add({ ...division, id: randomUUID() }), conflict)
    await t.assert.rejects(store.deviceCertificateProfiles.add({ ...certificateProfile, id: randomUUID() }), conflict)
    await t.assert.rejects(
      store.enrollmentProfiles.add({ ...enrollmentProfile, id: newEnrollmentProfileId(NOW) }),
      conflict,
    )
    await store.divisions.add({ ...division, id: randomUUID(), accountId: other.id })
  })

  test('a device is found by its id and, within its account, by its identifier', async (t) => {
    const device = newDevice(NOW, { accountId, divisionId: division.id, identifier: 'MAC0011' })
    await store.devices.add(device)
    t.assert.deepEqual(await store.devices.find(device.id), device)
    t.assert.deepEqual(await store.devices.findByIdentifier(accountId, 'MAC0011'), device)
    t.assert.equal(await store.devices.findByIdentifier(accountId, 'mac0011'), undefined)
    t.assert.equal(await store.devices.findByIdentifier(randomUUID(), 'MAC0011'), undefined)
    await t.assert.rejects(store.devices.add({ ...device, id: randomUUID() }), { reason: 'conflict' })
  })

  test('a request is found by its id and by its certificate, of which it is the only one', async (t) => {
    const key = wrappedKey()
    await store.privateKeys.add(key)
    const issuer = authority(key.id, { purpose: 'device' })
    await store.authorities.add(issuer)
    const issued = await addIssued(store, certificate(issuer.id, { accountId, profile: 'device' }))
    const request: CertificateRequest = {
      id: randomUUID(),
      accountId,
      enrollmentProfileId: enrollmentProfile.id,
      deviceId: undefined,
      certificateId: issued.id,
      renewedCertificateId: undefined,
      actor: { kind: 'user', id: randomUUID() },
      method: 'API',
      status: 'AUTO_APPROVED',
      keyGeneration: 'server',
      keyType: 'ml_dsa_44',
      createdAt: NOW,
    }
    await store.certificateRequests.add(request)
    t.assert.deepEqual(await store.certificateRequests.find(request.id), request)
    t.assert.deepEqual(await store.certificateRequests.findByCertificate(issued.id), request)
    t.assert.equal(await store.certificateRequests.findByCertificate(randomUUID()), undefined)
    t.assert.deepEqual(await store.deviceCertificates.find(accountId, issued.id), {
      certificate: issued,
      request,
      enrollmentProfileName: 'Line 1',
      deviceIdentifier: undefined,
    })
    t.assert.equal(await store.deviceCertificates.find(randomUUID(), issued.id), undefined)
    await t.assert.rejects(store.certificateRequests.add({ ...request, id: randomUUID() }), { reason: 'conflict' })
  })

  test('a hold ends by a release, or by a revocation for another reason', async (t) => {
    const key = wrappedKey()
    await store.privateKeys.add(key)
    const issuer = authority(key.id, { purpose: 'device' })
    await store.authorities.add(issuer)
    const { certificates } = store
    const issued = certificate(issuer.id, { accountId, profile: 'device' })
    await certificates.reserve(issued)
    t.assert.equal(await certificates.release(issued.id, NOW), false)
    t.assert.equal(await certificates.revoke(issued.id, { at: NOW, reason: 'certificate_hold' }), false)
    await certificates.issue(issued.id, issued.bytes, bytes(32))
    t.assert.equal(await certificates.release(issued.id, NOW), false)
    t.assert.equal(await certificates.revoke(issued.id, { at: NOW, reason: 'certificate_hold' }), true)
    t.assert.equal(await certificates.revoke(issued.id, { at: NOW, reason: 'certificate_hold' }), false)
    t.assert.equal((await certificates.listRevoked(issuer.id, NOW)).length, 1)
    t.assert.equal(await certificates.release(issued.id, NOW), true)
    t.assert.equal((await certificates.find(issued.id))?.status, 'issued')
    t.assert.equal((await certificates.find(issued.id))?.revocation, undefined)
    t.assert.deepEqual(await certificates.listRevoked(issuer.id, NOW), [])
    t.assert.equal(await certificates.revoke(issued.id, { at: NOW, reason: 'certificate_hold' }), true)
    t.assert.equal(await certificates.revoke(issued.id, { at: NOW, reason: 'superseded' }), true)
    t.assert.equal(await certificates.release(issued.id, NOW), false)
    t.assert.equal((await certificates.find(issued.id))?.revocation?.reason, 'superseded')
  })
})
