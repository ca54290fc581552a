import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import { allDone } from '../../src/domain/all-done.ts'
import type { IssuedCertificate } from '../../src/domain/certificate.ts'
import type { CertificateRequest } from '../../src/domain/certificate-request.ts'
import { newDevice } from '../../src/domain/device.ts'
import { COUNTED_CERTIFICATES, type DeviceCertificateQuery } from '../../src/domain/device-certificate.ts'
import type { Store } from '../../src/domain/store.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { account, authority, bytes, certificate, NOW, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds)
const AT = later(1_000)

onBothDatabases('searching certificates of devices', (database) => {
  let store: Store
  let raw: (sql: string) => Promise<void>
  let accountId: string
  let authorityId: string
  const profiles = ['IOT_one', 'IOT_two']
  const made: IssuedCertificate[] = []

  before(async () => {
    const place = await database.place()
    store = await database.open(place)
    raw = (sql) => database.raw(place, sql)
    const owner = account()
    accountId = owner.id
    await store.accounts.add(owner)
    const key = wrappedKey()
    await store.privateKeys.add(key)
    const issuer = authority(key.id, { purpose: 'device' })
    authorityId = issuer.id
    await store.authorities.add(issuer)
    const division = { id: 'division', accountId, name: 'All', description: '', status: 'active' as const }
    await store.divisions.add({ ...division, createdAt: NOW, updatedAt: NOW })
    await store.deviceCertificateProfiles.add({
      id: 'profile',
      accountId,
      name: 'Birth',
      fields: [],
      keyTypes: ['p_256'],
      days: 90,
      keyUsages: ['digitalSignature'],
      extendedKeyUsages: [],
      signatureHash: 'SHA-256',
      createdAt: NOW,
      updatedAt: NOW,
    })
    for (const id of profiles)
      await raw(
        `insert into enrollment_profiles (id, account_id, division_id, certificate_profile_id, name, definition, created_at)
         values ('${id}', '${accountId}', 'division', 'profile', '${id}', '{}', 0)`,
      )
    const device = newDevice(NOW, { accountId, divisionId: division.id, identifier: 'MAC0022' })
    await store.devices.add(device)
    for (const [index, { names = [], deviceId, profile = 0, ...changes }] of (
      [
        { commonName: 'cam-1', notAfter: later(500), names: ['cam-1.example', '192.0.2.7'] },
        { commonName: 'cam-2', deviceId: device.id },
        { commonName: 'cam-2', notAfter: later(9_000), profile: 1, names: ['cam-1.example'] },
        { commonName: 'cbm' },
      ] as (Partial<IssuedCertificate> & { names?: string[]; deviceId?: string; profile?: number })[]
    ).entries()) {
      const issued = certificate(authorityId, { id: uuidV7(later(index)), accountId, profile: 'device', ...changes })
      made.push(issued)
      await store.certificates.reserve(issued)
      await store.certificates.issue(issued.id, issued.bytes, bytes(32))
      const request: CertificateRequest = {
        id: randomUUID(),
        accountId,
        enrollmentProfileId: profiles[profile]!,
        deviceId,
        certificateId: issued.id,
        renewedCertificateId: undefined,
        actor: { kind: 'user', id: randomUUID() },
        method: index === 3 ? 'EST' : 'API',
        status: 'AUTO_APPROVED',
        keyGeneration: 'client',
        keyType: 'p_256',
        createdAt: later(index),
      }
      await store.certificateRequests.add(request)
      const entry = { certificate: issued, request, certificateProfileId: `profile-${profile}`, divisionId: 'division' }
      await store.deviceCertificates.add({ ...entry, names })
    }
    await store.certificates.revoke(made[2]!.id, { at: NOW, reason: 'superseded' })
  })

  /** How many, and which by their places. */
  async function found(changes: Partial<DeviceCertificateQuery>): Promise<readonly number[]> {
    const query = { accountId, at: AT, offset: 0, limit: 10, ...changes }
    const { total, records, isTotalExact } = await store.deviceCertificates.list(query)
    if (!isTotalExact) throw new Error('few are counted')
    return [total, ...records.map((record) => made.findIndex(({ id }) => id === record.certificate.id))]
  }

  test('those with the most names are recorded together', async (t: TestContext) => {
    const owner = account()
    await store.accounts.add(owner)
    const { request } = (await store.deviceCertificates.list({ accountId, at: AT, offset: 0, limit: 1 })).records[0]!
    const works = Array.from({ length: 32 }, async (_, index) => {
      const issued = certificate(authorityId, { accountId: owner.id, profile: 'device' })
      await store.certificates.reserve(issued)
      const ours = { ...request, id: randomUUID(), accountId: owner.id, certificateId: issued.id }
      const names = Array.from({ length: 400 }, (_, name) => `urn:${index}:${name}`)
      return { issued, names, entry: { request: ours, certificateProfileId: 'profile', divisionId: 'division' } }
    })
    const all = await Promise.all(works)
    await store.transaction((own) =>
      allDone(
        all.flatMap(({ issued, names, entry }) => [
          own.certificates.issue(issued.id, issued.bytes, bytes(32)),
          own.certificateRequests.add(entry.request),
          own.deviceCertificates.add({ ...entry, certificate: issued, names }),
        ]),
      ),
    )
    for (const name of ['urn:0:0', 'urn:31:399']) t.assert.deepEqual((await found({ accountId: owner.id, name }))[0], 1)
  })

  test('by each thing and by several, the newest first, a page at a time', async (t: TestContext) => {
    for (const [query, expected] of [
      [{}, [4, 3, 2, 1, 0]],
      [{ limit: 1, offset: 1 }, [4, 2]],
      [{ offset: 4 }, [4]],
      [{ status: 'ISSUED' }, [2, 3, 1]],
      [{ status: 'REVOKED' }, [1, 2]],
      [{ status: 'EXPIRED' }, [1, 0]],
      [{ status: 'EXPIRED', at: NOW }, [0]],
      [{ commonName: 'cam-2' }, [2, 2, 1]],
      [{ commonName: 'CAM-2' }, [0]],
      [{ commonName: 'cam-2', deviceIdentifier: 'MAC0022' }, [1, 1]],
      [{ deviceIdentifier: 'MAC0011' }, [0]],
      [{ serialNumber: made[0]!.serialNumber }, [1, 0]],
      [{ serialNumber: made[0]!.serialNumber, status: 'REVOKED' }, [0]],
      [{ enrollmentProfileId: 'IOT_one', limit: 2 }, [3, 3, 1]],
      [{ enrollmentProfileId: 'IOT_' }, [0]],
      [{ enrollmentProfileId: 'IOT_two', status: 'REVOKED' }, [1, 2]],
      [{ status: 'REVOKED', endsFrom: new Date(0) }, [1, 2]],
      [{ status: 'REVOKED', endsUntil: new Date(1000) }, [0]],
      [{ enrollmentProfileId: 'IOT_one', status: 'REVOKED', endsFrom: new Date(0) }, [0]],
      [{ certificateProfileId: 'profile-1' }, [1, 2]],
      [{ certificateProfileId: 'profile-1', divisionId: 'division', commonNamePrefix: 'cam' }, [1, 2]],
      [{ divisionId: 'division' }, [4, 3, 2, 1, 0]],
      [{ divisionId: 'other' }, [0]],
      [{ method: 'API' }, [3, 2, 1, 0]],
      [{ method: 'EST' }, [1, 3]],
      [{ method: 'EST', status: 'ISSUED' }, [1, 3]],
      [{ method: 'BATCH' }, [0]],
      [{ name: 'cam-1.example' }, [2, 2, 0]],
      [{ name: 'cam-1.example', status: 'EXPIRED' }, [1, 0]],
      [{ name: '192.0.2.7' }, [1, 0]],
      [{ name: 'cam' }, [0]],
    ] as const)
      t.assert.deepEqual(await found(query), expected, JSON.stringify(query))
  })

  test('a range has them in its own order', async (t: TestContext) => {
    for (const [query, expected] of [
      [{ commonNamePrefix: 'ca' }, [3, 0, 1, 2]],
      [{ commonNamePrefix: 'cam-2' }, [2, 1, 2]],
      [{ commonNamePrefix: 'CAM' }, [0]],
      [{ commonNamePrefix: 'c', offset: 3 }, [4, 3]],
      [{ commonNamePrefix: '%' }, [0]],
      [{ endsFrom: later(500), endsUntil: later(9_000) }, [1, 0]],
      [{ endsFrom: later(501), endsUntil: later(9_001) }, [1, 2]],
      [{ endsFrom: NOW }, [4, 0, 2, 1, 3]],
      [{ endsUntil: later(9_001), commonNamePrefix: 'cam' }, [2, 0, 2]],
      [{ endsFrom: NOW, status: 'ISSUED' }, [2, 1, 3]],
    ] as const)
      t.assert.deepEqual(await found(query), expected, JSON.stringify(query))
  })

  test('one that is released counts again, and is no longer among those that are revoked', async (t: TestContext) => {
    await store.certificates.revoke(made[3]!.id, { at: NOW, reason: 'certificate_hold' })
    t.assert.deepEqual(await found({ status: 'REVOKED' }), [2, 3, 2])
    t.assert.equal((await store.deviceCertificates.find(accountId, made[3]!.id))?.certificate.status, 'revoked')
    await store.certificates.release(made[3]!.id, NOW)
    t.assert.deepEqual(await found({ status: 'REVOKED' }), [1, 2])
  })

  test('nothing of another account is found, whatever of it is named', async (t: TestContext) => {
    const other = account()
    await store.accounts.add(other)
    for (const query of [
      {},
      { enrollmentProfileId: 'IOT_one' },
      { divisionId: 'division' },
      { certificateProfileId: 'profile-0' },
      { serialNumber: made[0]!.serialNumber },
      { commonName: 'cam-2' },
      { commonNamePrefix: 'cam' },
      { name: 'cam-1.example' },
      { deviceIdentifier: 'MAC0022' },
      { status: 'REVOKED' },
      { status: 'REVOKED', endsFrom: new Date(0) },
      { endsFrom: NOW },
    ] as const)
      t.assert.deepEqual(await found({ ...query, accountId: other.id }), [0], JSON.stringify(query))
  })

  test('of more than are looked at one by one each is found, and so many are counted', async (t: TestContext) => {
    const many = COUNTED_CERTIFICATES + 500
    const row = (value: string) =>
      database.engine === 'sqlite'
        ? `with recursive number (n) as (select 1 union all select n + 1 from number where n < ${many}) select ${value} from number`
        : `select ${value} from generate_series(1, ${many}) as number (n)`
    const id = `'ffffffff-0000-7000-8000-' || substr('000000000000' || n, length('000000000000' || n) - 11)`
    await raw(`insert into certificates (id, authority_id, account_id, profile, serial_number, subject, common_name,
      not_before, not_after, status, bytes, created_at)
      ${row(`${id}, '${authorityId}', '${accountId}', 'device', 'f' || n, '', 'many', 0, n, 'issued', ${database.engine === 'sqlite' ? `x'30'` : `'\\x30'::bytea`}, 0`)}`)
    await raw(`insert into certificate_requests (id, account_id, enrollment_profile_id, certificate_id, actor_kind, actor_id,
      status, key_generation, key_type, created_at)
      ${row(`${id}, '${accountId}', 'IOT_one', ${id}, 'user', 'x', 'AUTO_APPROVED', 'client', 'p_256', 0`)}`)
    await raw(`insert into device_certificates
      ${row(`${id}, '${accountId}', 'IOT_one', 'profile-0', 'division', null, 'many', n, 0, 'API'`)}`)
    const list = (changes: Partial<DeviceCertificateQuery>) =>
      store.deviceCertificates.list({ accountId, at: AT, offset: 0, limit: 3, ...changes })
    const numbers = ({ records }: Awaited<ReturnType<typeof list>>) =>
      records.map(({ certificate: { notAfter } }) => notAfter.getTime())

    for (const query of [{}, { enrollmentProfileId: 'IOT_one' }, { commonName: 'many', divisionId: 'division' }]) {
      const page = await list(query)
      t.assert.deepEqual(
        [page.total, page.isTotalExact, ...numbers(page)],
        [COUNTED_CERTIFICATES, false, many, many - 1, many - 2],
      )
    }
    const ended = await list({ status: 'EXPIRED', enrollmentProfileId: 'IOT_one', offset: 5 })
    t.assert.deepEqual([ended.isTotalExact, ...numbers(ended)], [false, 6, 7, 8])
    const named = await list({ commonNamePrefix: 'ma', status: 'EXPIRED', endsFrom: new Date(8_000) })
    t.assert.deepEqual([named.total, named.isTotalExact, ...numbers(named)], [many - 7_999, true, 8_000, 8_001, 8_002])
    const few = await list({ commonNamePrefix: 'ma', name: 'cam-1.example' })
    t.assert.deepEqual([few.total, few.isTotalExact], [0, true])
    // Whoever goes on until the total sees all.
    let offset = 0
    for (let total = 1; offset < total; ) {
      const page = await list({ offset, limit: 1_000 })
      offset += page.records.length
      total = page.total
    }
    t.assert.equal(offset, many + made.length)
  })
})
