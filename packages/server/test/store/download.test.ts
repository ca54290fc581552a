import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import type { Store } from '../../src/domain/store.ts'
import { bytes, NOW } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

onBothDatabases('downloads', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  test('a download is taken once, by one of those who ask', async (t) => {
    const download = { id: randomUUID(), wrapped: bytes(3_000), endsAt: NOW }
    await store.downloads.add(download)
    await t.assert.rejects(store.downloads.add(download), { reason: 'conflict' })
    const taken = await Promise.all(Array.from({ length: 5 }, () => store.downloads.take(download.id)))
    t.assert.deepEqual(
      taken.filter((one) => one !== undefined),
      [download],
    )
    t.assert.equal(await store.downloads.take(download.id), undefined)
  })

  test('those that ended are removed', async (t) => {
    const ends = [0, 1, 2].map((milliseconds) => new Date(NOW.getTime() + milliseconds))
    for (const endsAt of ends) await store.downloads.add({ id: randomUUID(), wrapped: bytes(3), endsAt })
    t.assert.equal(await store.downloads.removeEnded(ends[1]!), 1)
    t.assert.equal(await store.downloads.removeEnded(new Date(NOW.getTime() + 9)), 2)
  })
})
