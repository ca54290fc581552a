import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import { PLATFORM } from '../../src/domain/record-event.ts'
import type { Store } from '../../src/domain/store.ts'
import type { TrustAnchor } from '../../src/domain/trust-anchor.ts'
import { addTrustAnchors, removeTrustAnchor, trustLists } from '../../src/domain/trust-settings.ts'
import { createTestAuthority } from '../http/test-authority.ts'
import { bytes, NOW } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

function anchor(changes: Partial<TrustAnchor> = {}): TrustAnchor {
  return {
    id: randomUUID(),
    purpose: 'signers',
    sha256: bytes(32),
    certificate: bytes(600),
    subject: 'CN=Überseering „Root“ 📰,C=DE',
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 1),
    source: 'added',
    createdAt: NOW,
    ...changes,
  }
}

onBothDatabases('trust anchors', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  test('an anchor comes back as it went in, once for each purpose, and is removed', async (t) => {
    const one = anchor()
    const twin = anchor({ purpose: 'time-stamps', sha256: one.sha256, source: 'c2pa', createdAt: new Date(+NOW + 1) })
    await store.trustAnchors.add(one)
    await store.trustAnchors.add(twin)
    t.assert.deepEqual(await store.trustAnchors.find(one.id), one)
    t.assert.deepEqual(await store.trustAnchors.list(), [one, twin])
    await t.assert.rejects(store.trustAnchors.add(anchor({ sha256: one.sha256 })), {
      reason: 'conflict',
      code: 'trust_anchor_exists',
    })
    await store.trustAnchors.remove(one.id)
    t.assert.equal(await store.trustAnchors.find(one.id), undefined)
    t.assert.deepEqual(await store.trustAnchors.list(), [twin])
  })

  test('another process on the same database goes by a change within seconds, with its audit event', async (t) => {
    const place = await database.place()
    const [one, other] = [await database.open(place), await database.open(place)]
    let time = NOW.getTime()
    const now = (): Date => new Date(time)
    t.assert.deepEqual((await trustLists({ store: other, now })).signers, [])
    const { certificate: pem } = await createTestAuthority('Partner')
    const { added } = await addTrustAnchors({ store: one, now }, PLATFORM, { purpose: 'signers', pem })
    t.assert.deepEqual(
      (await other.auditEvents.listUnsealed(10)).map(({ action }) => action),
      ['trust_anchor.add'],
    )
    time += 3_000
    t.assert.deepEqual((await trustLists({ store: other, now })).signers, [added[0]!.certificate])
    await removeTrustAnchor({ store: one, now }, PLATFORM, added[0]!.id)
    time += 3_000
    t.assert.deepEqual((await trustLists({ store: other, now })).signers, [])
  })
})
