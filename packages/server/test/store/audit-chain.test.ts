import { test } from 'node:test'
import { sealAuditEvents, verifyAuditChain } from '../../src/domain/audit-chain.ts'
import type { Store } from '../../src/domain/store.ts'
import { auditEvent } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

async function append(store: Store, count: number): Promise<void> {
  await store.transaction(async ({ auditEvents }) => {
    for (let n = 0; n < count; n++) {
      const at = new Date(1_700_000_000_000 + n)
      await auditEvents.append(auditEvent({ at, details: { n, z: 'ü', a: [{ deep: null }] } }))
    }
  })
}

onBothDatabases('the audit chain', (database) => {
  test('seals in order, names the tail, and goes on from where it was', async (t) => {
    const store = await database.open()
    t.assert.equal(await sealAuditEvents(store), 0)
    t.assert.deepEqual((await verifyAuditChain(store)).valid, true)
    await append(store, 260)
    const before = await verifyAuditChain(store)
    t.assert.deepEqual([before.valid, before.sealed, before.unsealed.count], [true, 0n, 260])
    t.assert.equal(await sealAuditEvents(store), 260)
    await append(store, 3)
    const between = await verifyAuditChain(store)
    t.assert.deepEqual([between.valid, between.sealed, between.unsealed.eventIds.length], [true, 260n, 3])
    t.assert.equal(await sealAuditEvents(store, 2), 2)
    t.assert.equal(await sealAuditEvents(store), 1)
    const after = await verifyAuditChain(store, between.head)
    t.assert.deepEqual([after.valid, after.sealed, after.faults], [true, 263n, []])
    const sequences = (await store.auditEvents.listSealed(0n, 999)).map(({ seal }) => seal.sequence)
    t.assert.deepEqual(
      sequences,
      Array.from({ length: 263 }, (_, n) => BigInt(n + 1)),
    )
  })

  test('several sealers and writers at once make one chain without a gap', async (t) => {
    const place = await database.place()
    const stores = [await database.open(place), await database.open(place), await database.open(place)]
    const work = stores.flatMap((store) => [
      ...Array.from({ length: 20 }, () => store.auditEvents.append(auditEvent())),
      ...Array.from({ length: 4 }, () => sealAuditEvents(store)),
    ])
    await Promise.all(work)
    const [store] = stores as [Store]
    await sealAuditEvents(store)
    const report = await verifyAuditChain(store)
    t.assert.deepEqual([report.valid, report.sealed, report.unsealed.count], [true, 60n, 0])
  })

  const row = (sequence: number) => `where sequence = ${sequence}`
  const attacks: readonly (readonly [name: string, sql: string, fault: string, at: bigint])[] = [
    ['a changed action', `update audit_events set action = 'content.sigh' ${row(4)}`, 'event.mismatch', 4n],
    ['a changed time', `update audit_events set at = at + 1 ${row(4)}`, 'event.mismatch', 4n],
    ['a time that is none', `update audit_events set at = 9000000000000000 ${row(4)}`, 'event.mismatch', 4n],
    ['a changed status', `update audit_events set status = 'failed' ${row(1)}`, 'event.mismatch', 1n],
    ['an added actor', `update audit_events set actor_id = 'me' ${row(9)}`, 'event.mismatch', 9n],
    ['an empty text for none', `update audit_events set resource_id = '' ${row(9)}`, 'event.mismatch', 9n],
    ['a changed id', `update audit_events set id = 'x' ${row(5)}`, 'event.mismatch', 5n],
    ['changed details', `update audit_events set details = '{"n":0}' ${row(5)}`, 'event.mismatch', 5n],
    ['spoiled details', `update audit_events set details = '{' ${row(5)}`, 'event.mismatch', 5n],
    [
      'a changed hash',
      `update audit_events set hash = (select hash from audit_events ${row(2)}) ${row(3)}`,
      'event.mismatch',
      3n,
    ],
    ['a removed hash', `update audit_events set hash = null ${row(3)}`, 'event.mismatch', 3n],
    ['a removed event', `delete from audit_events ${row(6)}`, 'event.missing', 6n],
    ['a removed beginning', `delete from audit_events where sequence < 3`, 'event.missing', 1n],
    ['a removed end', `delete from audit_events where sequence > 8`, 'event.missing', 9n],
    ['an emptied log', `delete from audit_events`, 'event.missing', 1n],
    ['an event taken out of the chain', `update audit_events set sequence = null ${row(7)}`, 'event.missing', 7n],
    [
      'two events in each other’s place',
      `update audit_events set sequence = -5 ${row(5)}; update audit_events set sequence = 5 ${row(6)}; update audit_events set sequence = 6 ${row(-5)}`,
      'event.mismatch',
      5n,
    ],
    ['an event put behind the end', `update audit_events set sequence = 99 ${row(10)}`, 'event.missing', 10n],
    ['a head moved back', `update audit_head set sequence = 9`, 'head.mismatch', 9n],
    ['a removed head', `delete from audit_head`, 'head.mismatch', 1n],
  ]
  test('finds what was changed, removed or put in another order', async (t) => {
    const place = await database.place()
    const store = await database.open(place)
    for (const [name, attack, code, sequence] of attacks) {
      await t.test(name, async (t) => {
        await database.raw(place, 'delete from audit_head; delete from audit_events')
        await append(store, 10)
        await sealAuditEvents(store)
        t.assert.equal((await verifyAuditChain(store)).valid, true)
        await database.raw(place, attack)
        const report = await verifyAuditChain(store)
        t.assert.equal(report.valid, false)
        t.assert.deepEqual([report.faults[0]?.code, report.faults[0]?.sequence], [code, sequence])
      })
    }
  })

  test('a chain written anew is found by a seal that was noted', async (t) => {
    const place = await database.place()
    const store = await database.open(place)
    await append(store, 5)
    await sealAuditEvents(store)
    const { head } = await verifyAuditChain(store)
    await database.raw(
      place,
      `delete from audit_head; update audit_events set sequence = null, hash = null, action = 'content.sigh'`,
    )
    await sealAuditEvents(store)
    t.assert.equal((await verifyAuditChain(store)).valid, true)
    const report = await verifyAuditChain(store, head)
    t.assert.deepEqual([report.valid, report.faults[0]?.code], [false, 'noted.mismatch'])
    await database.raw(place, 'delete from audit_head; delete from audit_events')
    t.assert.equal((await verifyAuditChain(store)).valid, true)
    t.assert.equal((await verifyAuditChain(store, head)).faults[0]?.code, 'noted.mismatch')
  })
})
