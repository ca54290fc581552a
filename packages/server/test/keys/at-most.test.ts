import { test } from 'node:test'
import { atMost } from '../../src/keys/at-most.ts'

test('so many run at once, in the order in which they came, and what is too much is refused', async (t) => {
  const run = atMost(2, 3, 'things are being done')
  const ends: (() => void)[] = []
  const began: number[] = []
  const work = (n: number) =>
    run(() => {
      began.push(n)
      return new Promise<number>((resolve) => ends.push(() => resolve(n)))
    })
  const all = [1, 2, 3, 4, 5].map(work)
  await t.assert.rejects(work(6), { reason: 'unavailable' })
  t.assert.deepEqual(began, [1, 2])
  for (let index = 0; index < 5; index++) {
    await new Promise(setImmediate)
    ends[index]?.()
  }
  t.assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5])
  t.assert.deepEqual(began, [1, 2, 3, 4, 5])
})

test('work that fails gives its place on', async (t) => {
  const run = atMost(1, 1, 'things are being done')
  const failing = run(() => Promise.reject(new Error('no')))
  const next = run(async () => 'yes')
  await t.assert.rejects(failing, /no/)
  t.assert.equal(await next, 'yes')
})
