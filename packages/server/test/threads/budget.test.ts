import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createBudget } from '../../src/threads/budget.ts'

test('no more is spent at a time than there is, in the order of asking', async (t: TestContext) => {
  const budget = createBudget(10)
  const begun: string[] = []
  const ends = new Map<string, (error?: Error) => void>()
  const spend = (name: string, amount: number): Promise<string> =>
    budget.spend(amount, () => {
      begun.push(name)
      return new Promise((resolve, reject) => {
        ends.set(name, (error) => (error ? reject(error) : resolve(name)))
      })
    })
  const [a, b, c, d, e] = [spend('a', 6), spend('b', 6), spend('c', 4), spend('d', 1_000), spend('e', 1)]
  const failed = t.assert.rejects(b, /failed/)
  await turn()
  t.assert.deepEqual(begun, ['a'], 'c would fit, but b was first')
  ends.get('a')?.()
  await turn()
  t.assert.deepEqual(begun, ['a', 'b', 'c'])
  ends.get('b')?.(new Error('failed'))
  ends.get('c')?.()
  await turn()
  t.assert.deepEqual(begun, ['a', 'b', 'c', 'd'], 'what failed gives back too, and what is too much gets all')
  ends.get('d')?.()
  await turn()
  ends.get('e')?.()
  t.assert.deepEqual(await Promise.all([a, c, d, e]), ['a', 'c', 'd', 'e'])
  await failed
})
