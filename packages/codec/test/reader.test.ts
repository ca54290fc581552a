import { test } from 'node:test'
import { decodeHex, Reader } from '../src/index.ts'

const bytes = decodeHex('ff0102030405060708090a0b0c0d0e0f10')

test('numbers are big-endian, one after the other', (t) => {
  const reader = new Reader(bytes, 1)
  t.assert.equal(reader.uint8(), 0x01)
  t.assert.equal(reader.uint16(), 0x0203)
  t.assert.equal(reader.uint32(), 0x04050607)
  t.assert.equal(reader.position, 8)
  t.assert.equal(reader.remaining, 9)
  t.assert.equal(new Reader(decodeHex('0000000100000002')).uint64(), 2 ** 32 + 2)
})

test('a part of a larger buffer is read from its own start', (t) => {
  const reader = new Reader(bytes.subarray(3, 5))
  t.assert.equal(reader.uint16(), 0x0304)
  t.assert.equal(reader.remaining, 0)
})

test('what is taken is a view', (t) => {
  const reader = new Reader(bytes)
  reader.skip(2)
  t.assert.deepEqual(reader.take(2), decodeHex('0203'))
  t.assert.equal(reader.take(0).length, 0)
  t.assert.equal(reader.take(1).buffer, bytes.buffer)
})

test('nothing is read past the end, and the reader stays where it was', (t) => {
  const reads: readonly ((reader: Reader) => unknown)[] = [
    (reader) => reader.uint16(),
    (reader) => reader.uint32(),
    (reader) => reader.uint64(),
    (reader) => reader.take(2),
    (reader) => reader.skip(2),
    (reader) => reader.take(Number.MAX_SAFE_INTEGER),
  ]
  for (const read of reads) {
    const reader = new Reader(bytes, bytes.length - 1)
    t.assert.throws(() => read(reader), { name: 'ReadError', code: 'truncated' })
    t.assert.equal(reader.position, bytes.length - 1)
  }
  t.assert.throws(() => new Reader(new Uint8Array(0)).uint8(), { name: 'ReadError' })
})

test('no way leads back, or to half a byte', (t) => {
  for (const length of [-1, 0.5, Number.NaN]) {
    t.assert.throws(() => new Reader(bytes, 4).take(length), { name: 'ReadError' })
    t.assert.throws(() => new Reader(bytes, 4).skip(length), { name: 'ReadError' })
  }
})

test('a length past 2^53 is refused', (t) => {
  t.assert.throws(() => new Reader(decodeHex('0020000000000001')).uint64(), { name: 'ReadError' })
  t.assert.equal(new Reader(decodeHex('001fffffffffffff')).uint64(), Number.MAX_SAFE_INTEGER)
})
