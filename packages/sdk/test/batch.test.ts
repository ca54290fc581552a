import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inBatches } from '../src/batch.ts'

type Batches = { readonly batches: (readonly string[])[]; readonly ask: (asked: string) => Promise<string> }

function recorded(most: number, coming?: () => number): Batches {
  const batches: (readonly string[])[] = []
  const work = async (batch: readonly string[]): Promise<readonly string[]> => {
    batches.push(batch)
    return batch.map((asked) => asked.toUpperCase())
  }
  return { batches, ask: inBatches(most, work, coming) }
}

test('who asks in the same turn goes along, and no more than there may be', async () => {
  const { batches, ask } = recorded(2)
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(ask)), ['A', 'B', 'C'])
  assert.deepEqual(batches, [['a', 'b'], ['c']])
})

test('a batch waits for who is about to ask, and for no more than make it full', async () => {
  const late = ['b', 'c', 'd']
  const asked: Promise<string>[] = []
  const { batches, ask } = recorded(3, () => {
    const next = late.shift()
    if (next !== undefined) asked.push(ask(next))
    return late.length + 1
  })
  assert.equal(await ask('a'), 'A')
  assert.deepEqual(batches[0], ['a', 'b', 'c'])
  late.length = 0
  await Promise.all(asked)
})

test('it does not wait for ever for who never asks', async () => {
  const { batches, ask } = recorded(3, () => 1)
  assert.equal(await ask('a'), 'A')
  assert.deepEqual(batches, [['a']])
})

test('who was in a batch that failed is told, and the next one goes', async () => {
  let isFailing = true
  const ask = inBatches<string, string>(2, async (batch) => {
    if (isFailing) throw new Error('no')
    return batch
  })
  await Promise.all(['a', 'b'].map((asked) => assert.rejects(ask(asked), /no/)))
  isFailing = false
  assert.equal(await ask('c'), 'c')
})
