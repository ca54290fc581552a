import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BatchSettings } from '../../src/domain/batch.ts'
import { cancelBatch } from '../../src/domain/manage-batches.ts'
import { type BatchUpload, receiveBatch } from '../../src/domain/receive-batch.ts'
import type { FinishedBatch } from '../../src/domain/run-batch.ts'
import { HELD_MS } from '../../src/domain/run-batch.ts'
import { wipeBatches } from '../../src/domain/wipe-batches.ts'
import type { World } from '../../src/domain/world.ts'
import { createBatchRunner } from '../../src/jobs/run-batches.ts'
import { startForBatches, worldOn } from '../batch-world.ts'
import { onBothDatabases } from '../store/test-database.ts'

const RUNNER = fileURLToPath(new URL('./batch-runner.ts', import.meta.url))

const run = (world: World, leaving?: AbortSignal, onFinished?: (finished: FinishedBatch) => void): Promise<void> =>
  createBatchRunner(world, {
    leaving,
    onFinished,
    onError(error) {
      throw error
    },
  })()

/** Waits until some of a batch is done. */
async function untilBegun(world: World, id: string, least = 1): Promise<void> {
  while ((await world.store.batches.listResults(id, 0, 10_000)).filter(({ certificate }) => certificate).length < least)
    await pause(5)
}

onBothDatabases('batches that are worked on', (database) => {
  test('by two nodes at once have each request done once', async (t: TestContext) => {
    const place = await database.place()
    const nodes = [worldOn(await database.open(place)), worldOn(await database.open(place))] as const
    const [world] = nodes
    const { asker, send, certified, issued } = await startForBatches(world)
    const principal = await asker()
    const sent = [await send(principal, 60), await send(principal, 30)]
    const finished: FinishedBatch[] = []
    await Promise.all(nodes.map((node) => run(node, undefined, (one) => finished.push(one))))
    t.assert.deepEqual(finished.map(({ status, succeeded, failed }) => [status, succeeded, failed]).sort(), [
      ['COMPLETE', 30, 0],
      ['COMPLETE', 60, 0],
    ])
    for (const { id, total } of sent) {
      t.assert.equal(new Set(await certified(id)).size, total)
      const { status, succeeded, failed } = (await world.store.batches.find(id))!
      t.assert.deepEqual([status, succeeded, failed], ['COMPLETE', total, 0])
    }
    t.assert.equal(await issued(), 90)
  })

  test('by a node that is killed go on where it was', async (t: TestContext) => {
    const place = await database.place()
    const store = await database.open(place)
    const world = worldOn(store)
    const { asker, send, certified, issued } = await startForBatches(world)
    const { id } = await send(await asker(), 100)
    const child = spawn(process.execPath, [RUNNER, JSON.stringify(place)], { stdio: 'inherit' })
    const closed = once(child, 'close')
    await untilBegun(world, id, 20)
    child.kill('SIGKILL')
    await closed
    const before = await certified(id)
    t.assert.ok(before.length >= 20 && before.length < 100, String(before.length))
    // What it held is left alone for a while: it may only be slow.
    await run(world)
    t.assert.equal((await certified(id)).length, before.length)
    await run(worldOn(store, () => new Date(Date.now() + HELD_MS)))
    const after = await certified(id)
    t.assert.equal(new Set(after).size, 100)
    t.assert.deepEqual(
      before.filter((one) => !after.includes(one)),
      [],
    )
    t.assert.equal(await issued(), 100)
    const { status, succeeded } = (await store.batches.find(id))!
    t.assert.deepEqual([status, succeeded], ['COMPLETE', 100])
  })

  test('end where they are cancelled, or where who asked may ask no more', async (t: TestContext) => {
    const world = worldOn(await database.open())
    const { batches, apiKeys, users } = world.store
    const { user, asker, send, certified, issued } = await startForBatches(world)
    const ends: readonly (readonly [
      count: number,
      end: (id: string, key: string) => Promise<unknown>,
      status: string,
      reason: RegExp,
    ])[] = [
      [60, async (id) => cancelBatch(world, await asker(), id), 'CANCELLED', /^$/],
      [60, () => users.update({ ...user, permissions: [] }), 'FAILED', /permission MANAGE_IOT_CERTIFICATE\.$/],
      [60, () => users.update({ ...user, status: 'disabled' }), 'FAILED', /: the user is disabled\.$/],
      // Looked at before some more than a hundred are taken.
      [160, (_, key) => apiKeys.remove(key), 'FAILED', /: the API key was deleted\.$/],
    ]
    let all = 0
    for (const [count, end, status, reason] of ends) {
      const principal = await asker()
      const { id } = await send(principal, count)
      const running = run(world)
      await untilBegun(world, id)
      await end(id, principal.apiKey.id)
      await running
      await users.update(user)
      const ended = (await batches.find(id))!
      t.assert.equal(ended.status, status)
      t.assert.match(ended.reason ?? '', reason)
      const made = await certified(id)
      t.assert.ok(made.length < count, status)
      t.assert.equal(ended.succeeded, made.length)
      all += made.length
      t.assert.equal(await issued(), all)
    }
    // A month later nothing is left of them.
    const later = { ...world, now: () => new Date(Date.now() + 31 * 86_400_000) }
    t.assert.equal(await wipeBatches(world), 0)
    t.assert.equal(await wipeBatches(later), ends.length)
    t.assert.deepEqual(await batches.listFinishedBefore(later.now()), [])
    t.assert.equal(await issued(), all)
  })

  test('stop where the platform does, and go on with the next', async (t: TestContext) => {
    const world = worldOn(await database.open())
    const { asker, send, certified } = await startForBatches(world)
    const { id } = await send(await asker(), 60)
    const leaving = new AbortController()
    const running = run(world, leaving.signal)
    await untilBegun(world, id)
    leaving.abort()
    await running
    t.assert.ok((await certified(id)).length < 60)
    await run(world)
    t.assert.equal((await certified(id)).length, 60)
  })

  test('that come in too slowly are refused, and nothing of them stays', async (t: TestContext) => {
    const world = worldOn(await database.open())
    const { account, asker, upload } = await startForBatches(world)
    const principal = await asker()
    const later = { ...world, now: () => new Date(Date.now() + 2 * 3_600_000) }
    async function* slowly(meanwhile: () => Promise<unknown>, isWhole: boolean): BatchUpload {
      const [first, second, third] = [upload(1), upload(2), upload(0)]
      for await (const rows of first) yield rows
      await meanwhile()
      if (!isWhole) for await (const [, row] of second) yield row ? [row] : []
      await third.next()
      return (await third.next()).value as BatchSettings
    }
    const [wholly, notYet] = [() => wipeBatches(later), () => wipeBatches(later, AbortSignal.abort())]
    for (const [meanwhile, isWhole] of [
      [wholly, true],
      [wholly, false],
      [notYet, true],
    ] as const) {
      const refused = { reason: 'too_slow', code: 'request_timeout' }
      await t.assert.rejects(receiveBatch(world, principal, undefined, slowly(meanwhile, isWhole)), refused)
      t.assert.deepEqual(await world.store.batches.count(account.id), { all: 0, open: 0 })
    }
  })
})
