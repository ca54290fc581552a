import { type TestContext, test } from 'node:test'
import { deviceKeyPair, POOL_SIZES } from '../../src/domain/key-pool.ts'
import { fillKeyPools } from '../../src/jobs/fill-key-pools.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { temporaryStore } from '../test-world.ts'

test('pools fill to their size, unless the platform stops', async (t: TestContext) => {
  const { store } = await temporaryStore(t)
  const now = (): Date => new Date('2026-11-23T00:00:00Z')
  const world = { store, keys: createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now }), now }
  t.assert.equal(await fillKeyPools(world), 0)
  await deviceKeyPair(world, 'rsa_2048')
  t.assert.equal(await fillKeyPools(world, AbortSignal.abort()), 0)
  t.assert.equal(await fillKeyPools(world), POOL_SIZES.rsa_2048)
  t.assert.equal(await store.pooledKeys.count('rsa_2048'), POOL_SIZES.rsa_2048)
  t.assert.equal(await fillKeyPools(world), 0)
})
