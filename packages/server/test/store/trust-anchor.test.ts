import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import type { TrustAnchor } from '../../src/domain/trust-anchor.ts'
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
})
