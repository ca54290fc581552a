import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFileBuffers } from '../src/file-buffers.ts'

const MEGABYTE = 1024 * 1024

test('what was given back is used for the next file that it fits', () => {
  const buffers = createFileBuffers()
  const first = buffers.take(MEGABYTE)
  assert.equal(first.length, MEGABYTE)
  buffers.giveBack(first)
  const second = buffers.take(MEGABYTE - 1000)
  assert.equal(second.buffer, first.buffer)
  assert.equal(second.length, MEGABYTE - 1000)
})

test('two files that are open at once never share memory', () => {
  const buffers = createFileBuffers()
  const [first, second] = [buffers.take(10), buffers.take(10)]
  assert.notEqual(first.buffer, second.buffer)
  buffers.giveBack(first)
  assert.notEqual(buffers.take(10).buffer, second.buffer)
})

test('a small file takes no large buffer, and a large one no small one', () => {
  const buffers = createFileBuffers()
  const [large, small] = [buffers.take(32 * MEGABYTE), buffers.take(100)]
  buffers.giveBack(large)
  buffers.giveBack(small)
  assert.equal(buffers.take(MEGABYTE).buffer.byteLength, MEGABYTE)
  assert.equal(buffers.take(40 * MEGABYTE).buffer.byteLength, 40 * MEGABYTE)
  assert.equal(buffers.take(20 * MEGABYTE).buffer, large.buffer)
})

test('no more than 128 MB are kept', () => {
  const buffers = createFileBuffers()
  const taken = Array.from({ length: 5 }, () => buffers.take(30 * MEGABYTE))
  for (const bytes of taken) buffers.giveBack(bytes)
  const again = Array.from({ length: 5 }, () => buffers.take(30 * MEGABYTE).buffer)
  assert.equal(again.filter((buffer) => taken.some((bytes) => bytes.buffer === buffer)).length, 4)
})

test('an empty file has a buffer, too', () => {
  assert.equal(createFileBuffers().take(0).length, 0)
})
