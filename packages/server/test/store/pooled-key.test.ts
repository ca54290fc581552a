import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import type { PooledKey } from '../../src/domain/pooled-key.ts'
import { bytes, NOW } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const key = (changes: Partial<PooledKey> = {}): PooledKey => ({
  id: randomUUID(),
  type: 'rsa_2048',
  publicKey: bytes(294),
  wrapped: bytes(1_246),
  createdAt: NOW,
  ...changes,
})

onBothDatabases('pooled keys', (database) => {
  test('the oldest of a type is taken first, once', async (t: TestContext) => {
    const { pooledKeys } = await database.open()
    const later = key({ createdAt: new Date(NOW.getTime() + 1) })
    const first = key()
    const other = key({ type: 'rsa_4096' })
    for (const one of [later, first, other]) await pooledKeys.add(one)
    await t.assert.rejects(pooledKeys.add(first), { reason: 'conflict' })
    t.assert.equal(await pooledKeys.count('rsa_2048'), 2)
    t.assert.deepEqual(await pooledKeys.take('rsa_2048'), first)
    t.assert.deepEqual(await pooledKeys.take('rsa_2048'), later)
    t.assert.equal(await pooledKeys.take('rsa_2048'), undefined)
    t.assert.equal(await pooledKeys.take('rsa_3072'), undefined)
    t.assert.equal(await pooledKeys.count('rsa_4096'), 1)
  })

  test('of many who take on two nodes no two get the same key, and none gets nothing while there is one', async (t: TestContext) => {
    const place = await database.place()
    const nodes = [await database.open(place), await database.open(place)]
    const made = Array.from({ length: 20 }, () => key())
    for (const one of made) await nodes[0]!.pooledKeys.add(one)
    const taken = await Promise.all(
      Array.from({ length: 30 }, (_, index) => nodes[index % 2]!.pooledKeys.take('rsa_2048')),
    )
    const ids = taken.flatMap((one) => one?.id ?? [])
    t.assert.deepEqual(ids.toSorted(), made.map(({ id }) => id).toSorted())
  })

  test('what lies too long is removed, and all at once', async (t: TestContext) => {
    const { pooledKeys } = await database.open()
    const before = new Date(NOW.getTime() - 1)
    for (const one of [key({ createdAt: before }), key(), key({ type: 'rsa_3072', createdAt: before })])
      await pooledKeys.add(one)
    t.assert.equal(await pooledKeys.removeMadeBefore('rsa_2048', NOW), 1)
    t.assert.equal(await pooledKeys.count('rsa_2048'), 1)
    t.assert.equal(await pooledKeys.removeAll(), 2)
    t.assert.equal(await pooledKeys.count('rsa_3072'), 0)
  })

  test('what was taken is nowhere in the files of SQLite', {
    skip: database.engine !== 'sqlite' && 'of SQLite only',
  }, async (t: TestContext) => {
    const place = await database.place()
    if (!('file' in place)) throw new Error('not a file')
    const store = await database.open(place)
    const kept = key()
    await store.pooledKeys.add(kept)
    const files = async (): Promise<string> => {
      const parts = await Promise.all(['', '-wal'].map((end) => readFile(place.file + end)))
      return Buffer.concat(parts).toString('latin1')
    }
    const text = Buffer.from(kept.wrapped).toString('latin1')
    t.assert.ok((await files()).includes(text))
    await store.pooledKeys.take('rsa_2048')
    await store.overwriteDeleted()
    t.assert.equal((await files()).includes(text), false)
  })
})
