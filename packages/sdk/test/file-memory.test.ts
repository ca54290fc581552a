import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFileMemory } from '../src/file-memory.ts'

const MEGABYTE = 1024 * 1024

test('what was given back is used for the next file that it fits', () => {
  const memory = createFileMemory(2 * MEGABYTE)
  const first = memory.take(MEGABYTE)!
  const second = memory.take(MEGABYTE)!
  assert.equal(memory.take(1), undefined)
  memory.giveBack(first.byteOffset)
  assert.equal(memory.take(MEGABYTE + 1), undefined)
  const third = memory.take(MEGABYTE - 1000)!
  assert.deepEqual([third.byteOffset, third.length], [first.byteOffset, MEGABYTE - 1000])
  assert.equal(third.buffer, second.buffer)
})

test('files that are open at once never share a byte, whatever order they come and go in', () => {
  const memory = createFileMemory(64 * 1024)
  const open = new Map<Uint8Array, number>()
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647
    return seed % below
  }
  for (let step = 0, none = 0; step < 5000 || none === 0; step++) {
    const bytes = random(3) > 0 ? memory.take(random(9000)) : undefined
    if (bytes) {
      open.set(bytes.fill(step % 251), step % 251)
      continue
    }
    none++
    const [given] = [...open.keys()].slice(random(open.size || 1))
    if (!given) continue
    assert.ok(given.every((byte) => byte === open.get(given)))
    open.delete(given)
    memory.giveBack(given.byteOffset)
  }
  for (const bytes of open.keys()) memory.giveBack(bytes.byteOffset)
  // All of it is one again.
  assert.equal(memory.take(64 * 1024)?.length, 64 * 1024)
})

test('an empty file has memory, too, and one of its own', () => {
  const memory = createFileMemory(MEGABYTE)
  const [empty, other] = [memory.take(0)!, memory.take(10)!]
  assert.equal(empty.length, 0)
  memory.giveBack(empty.byteOffset)
  memory.giveBack(other.byteOffset)
  // Once is enough.
  memory.giveBack(other.byteOffset)
  assert.equal(memory.take(MEGABYTE)?.length, MEGABYTE)
})
