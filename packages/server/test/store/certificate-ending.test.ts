import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import type { Account } from '../../src/domain/account.ts'
import { newDevice } from '../../src/domain/device.ts'
import type { Store } from '../../src/domain/store.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { warnOfDeviceEnds } from '../../src/domain/warn-of-device-ends.ts'
import { account, authority, bytes, certificate, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const DAY = 86_400_000
const START = Date.parse('2026-03-04T05:06:07.891Z')
const inDays = (days: number): Date => new Date(START + days * DAY)

onBothDatabases('ends of devices’ certificates', (database) => {
  let store: Store
  let raw: (sql: string) => Promise<void>
  let owner: Account
  let authorityId: string
  let webhookId: string
  let deviceId: string
  let time = START
  const now = (): Date => new Date(time)
  const warn = () => warnOfDeviceEnds({ store, now })

  before(async () => {
    const place = await database.place()
    store = await database.open(place)
    raw = (sql) => database.raw(place, sql)
    owner = account({ servicePeriod: { from: inDays(-1), to: undefined } })
    await store.accounts.add(owner)
    const key = wrappedKey()
    await store.privateKeys.add(key)
    const issuer = authority(key.id, { purpose: 'device' })
    authorityId = issuer.id
    await store.authorities.add(issuer)
    const division = { id: 'division', accountId: owner.id, name: 'All', description: '', status: 'active' as const }
    await store.divisions.add({ ...division, createdAt: now(), updatedAt: now() })
    const device = newDevice(now(), { accountId: owner.id, divisionId: division.id, identifier: 'MAC-1' })
    deviceId = device.id
    await store.devices.add(device)
    webhookId = randomUUID()
    await store.webhooks.add({
      id: webhookId,
      accountId: owner.id,
      url: 'https://fleet.example/',
      events: ['certificate.ending', 'certificate.ended'],
      enabled: true,
      wrappedSecret: bytes(40),
      previous: undefined,
      failingSince: undefined,
      createdAt: now(),
      createdBy: randomUUID(),
    })
    await warn()
  })

  async function issued(commonName: string, endsAt: Date, { device = false, issuedAt = now() } = {}): Promise<string> {
    const one = certificate(authorityId, {
      id: uuidV7(issuedAt),
      accountId: owner.id,
      profile: 'device',
      commonName,
      notAfter: endsAt,
      createdAt: issuedAt,
    })
    await store.certificates.reserve(one)
    await store.certificates.issue(one.id, one.bytes, bytes(32))
    const request = {
      accountId: owner.id,
      enrollmentProfileId: 'IOT_1',
      deviceId: device ? deviceId : undefined,
      method: 'API',
    }
    await store.deviceCertificates.add({
      certificate: one,
      request: request as never,
      certificateProfileId: 'profile',
      divisionId: 'division',
      names: [],
    })
    return one.id
  }

  /** What waits for the webhook, taken away: event, name, days. */
  async function told(): Promise<readonly (readonly [string, string, number | undefined, string | null])[]> {
    const deliveries = await store.webhookDeliveries.list(webhookId, 10_000)
    await raw('delete from webhook_deliveries')
    return deliveries
      .map(
        ({ body }) =>
          JSON.parse(body) as { event: string; data: { name: string; days?: number; holder: string | null } },
      )
      .map(({ event, data }) => [event, data.name, data.days, data.holder] as const)
      .sort((a, b) => (a[1] < b[1] ? -1 : 1))
  }

  test('are told once for each number of days, by whichever node, and when they have come', async (t: TestContext) => {
    time = START
    await issued('long', inDays(100), { device: true })
    await issued('short', inDays(20))
    await store.certificates.revoke(await issued('revoked', inDays(100)), { at: now(), reason: 'superseded' })
    const all: unknown[] = []
    for (const day of [0, 5, 6, 9, 10, 12, 13, 18, 19, 20, 21, 39, 40, 70, 86, 93, 99, 100, 101]) {
      time = inDays(day).getTime()
      const done = await Promise.all([warn(), warn()])
      if (done.every((count) => count === 0)) continue
      for (const [event, name, days, holder] of await told()) {
        t.assert.equal(holder, name === 'long' ? 'MAC-1' : null)
        const end = name === 'long' ? 100 : 20
        t.assert.equal((inDays(end).getTime() - time) / DAY, days ?? 0)
        all.push(`${name} ${event} ${days}`)
      }
    }
    t.assert.deepEqual(all, [
      'short certificate.ending 14',
      'long certificate.ending 90',
      'short certificate.ending 7',
      'short certificate.ending 1',
      'short certificate.ended undefined',
      ...[60, 30, 14, 7, 1].map((days) => `long certificate.ending ${days}`),
      'long certificate.ended undefined',
    ])
    const audited = (await store.auditEvents.listUnsealed(1_000)).filter(({ action }) => action === 'expiry.warn')
    t.assert.equal(audited.length, 9)
    t.assert.deepEqual(audited[0]?.details, { days: 14, certificates: 1, recipients: 0 })
  })

  test('are not told where the device has a later one of the same name and profile', async (t: TestContext) => {
    await issued('renewed', new Date(time + 31 * DAY), { device: true, issuedAt: new Date(time - 300 * DAY) })
    await issued('other name', new Date(time + 31 * DAY), { device: true, issuedAt: new Date(time - 300 * DAY) })
    await issued('renewed', new Date(time + 365 * DAY), { device: true })
    await warn()
    await told()
    time += 2 * DAY
    await warn()
    t.assert.deepEqual(await told(), [['certificate.ending', 'other name', 30, 'MAC-1']])
  })

  test('of many at once each is told, and after a standstill those alone that are still to come', async (t: TestContext) => {
    for (let index = 0; index < 120; index++)
      await issued(`many ${index}`, new Date(time + 31 * DAY), { issuedAt: new Date(time - 300 * DAY) })
    await issued('soon', new Date(time + 8 * DAY), { issuedAt: new Date(time - 300 * DAY) })
    await warn()
    await told()
    time += 1.5 * DAY
    await warn()
    const counts = Map.groupBy(await told(), ([, name, days]) => `${name.split(' ')[0]} ${days}`)
    t.assert.deepEqual([...counts].map(([what, { length }]) => `${what}: ${length}`).sort(), [
      'many 30: 120',
      'soon 7: 1',
    ])
    // Nobody was there for three weeks: what was to be told 14 days ahead is told when it is nine.
    time += 21 * DAY
    await warn()
    const late = await told()
    t.assert.deepEqual([...new Set(late.map(([event, , days]) => `${event} ${days}`))].sort(), [
      'certificate.ending 14',
      'certificate.ending 7',
    ])
    t.assert.equal(late.length, 120 + 1)
  })

  test('of an account that is not served nothing is told', async (t: TestContext) => {
    await issued('unserved', new Date(time + 31 * DAY), { issuedAt: new Date(time - 300 * DAY) })
    await warn()
    await store.accounts.update({ ...owner, active: false })
    time += 2 * DAY
    await warn()
    await store.accounts.update(owner)
    await warn()
    t.assert.deepEqual(
      (await told()).filter(([, name]) => name === 'unserved'),
      [],
    )
  })
})
