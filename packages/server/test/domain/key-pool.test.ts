import { createPrivateKey, createPublicKey } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { addPooledKey, deviceKeyPair, dropStaleKeys, emptyKeyPools, POOL_SIZES } from '../../src/domain/key-pool.ts'
import type { DeviceKeyPair } from '../../src/domain/keys.ts'
import type { World } from '../../src/domain/world.ts'
import { KeyError } from '../../src/keys/key-error.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { temporaryStore } from '../test-world.ts'

const DAY = 86_400_000

async function poolWorld(t: TestContext) {
  const { store } = await temporaryStore(t)
  let time = Date.parse('2026-11-23T00:00:00Z')
  const now = (): Date => new Date(time)
  const world: Pick<World, 'store' | 'keys' | 'now'> = {
    store,
    keys: createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now }),
    now,
  }
  return {
    world,
    wait(days: number): void {
      time += days * DAY
    },
  }
}

/** What is no key lies in the pool. */
const add = ({ store, now }: Pick<World, 'store' | 'now'>): Promise<void> =>
  store.pooledKeys.add({
    id: crypto.randomUUID(),
    type: 'rsa_2048',
    publicKey: Uint8Array.of(1),
    wrapped: Uint8Array.of(2),
    createdAt: now(),
  })

/** Whether private and public key are one pair. */
function belong({ publicKey, privateKey }: DeviceKeyPair): boolean {
  const opened = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  return createPublicKey(opened).export({ type: 'spki', format: 'der' }).equals(Buffer.from(publicKey))
}

test('keys are made ahead once their type was asked for, each is handed out once, and no more than the pool holds', async (t: TestContext) => {
  const { world } = await poolWorld(t)
  const { pooledKeys } = world.store
  t.assert.equal(await addPooledKey(world), false)
  t.assert.ok(belong(await deviceKeyPair(world, 'rsa_2048')))
  for (let count = 0; count < 3; count++) t.assert.equal(await addPooledKey(world), true)
  t.assert.equal(await pooledKeys.count('rsa_2048'), 3)
  t.assert.equal(await pooledKeys.count('rsa_3072'), 0)
  // One more than there are: it is made on the spot.
  const taken = await Promise.all(Array.from({ length: 4 }, () => deviceKeyPair(world, 'rsa_2048')))
  t.assert.ok(taken.every(belong))
  t.assert.equal(new Set(taken.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'))).size, taken.length)
  t.assert.equal(await pooledKeys.count('rsa_2048'), 0)
  for (let count = 0; count < POOL_SIZES.rsa_2048; count++) await add(world)
  t.assert.equal(await addPooledKey(world), false)
})

test('what nobody asks for any more is dropped, and no key lies for longer than a week', async (t: TestContext) => {
  const { world, wait } = await poolWorld(t)
  const { pooledKeys } = world.store
  await deviceKeyPair(world, 'rsa_2048')
  for (let count = 0; count < 3; count++) await add(world)
  wait(5)
  // Neither key nor wrapping is one, and it is gone: no other request gets it.
  await t.assert.rejects(deviceKeyPair(world, 'rsa_2048'), KeyError)
  await add(world)
  t.assert.equal(await dropStaleKeys(world), 0)
  wait(3)
  t.assert.equal(await dropStaleKeys(world), 2)
  t.assert.equal(await pooledKeys.count('rsa_2048'), 1)
  wait(5)
  t.assert.equal(await dropStaleKeys(world), 1)
  t.assert.equal(await addPooledKey(world), false)
})

test('a pooled key opens as itself alone', async (t: TestContext) => {
  const { world } = await poolWorld(t)
  const { pooledKeys, settings } = world.store
  await settings.put('key_pool.rsa_2048.asked_at', world.now().toISOString())
  t.assert.equal(await addPooledKey(world), true)
  const key = await pooledKeys.take('rsa_2048')
  t.assert.ok(key)
  for (const changed of [
    { ...key, id: crypto.randomUUID() },
    { ...key, publicKey: key.publicKey.toReversed() },
  ]) {
    await pooledKeys.add(changed)
    await t.assert.rejects(deviceKeyPair(world, 'rsa_2048'), KeyError)
  }
  await pooledKeys.add(key)
  t.assert.ok(belong(await deviceKeyPair(world, 'rsa_2048')))
})

test('a start empties the pools: a backup may hold keys that were handed out since', async (t: TestContext) => {
  const { world } = await poolWorld(t)
  await add(world)
  await emptyKeyPools(world)
  t.assert.equal(await world.store.pooledKeys.count('rsa_2048'), 0)
})
