import { test } from 'node:test'
import { concatBytes, type Der, decodeHex, der, encodeHex } from '../../src/index.ts'

test('lengths take as many bytes as they need', (t) => {
  for (const [length, head] of [
    [0, '0400'],
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65535, '0482ffff'],
    [65536, '0483010000'],
    [2 ** 24, '048401000000'],
  ] as const) {
    const written = der.writeElement(4, [new Uint8Array(length)])
    t.assert.equal(encodeHex(written.subarray(0, head.length / 2)), head)
    t.assert.equal(written.length, head.length / 2 + length)
    t.assert.equal(der.onlyElement(written).content.length, length)
  }
})

test('an element is a view of the bytes it was read from', (t) => {
  const bytes = decodeHex('ff040201020500')
  const element = der.readElement(bytes, 1, 3)
  t.assert.equal(element.bytes.buffer, bytes.buffer)
  t.assert.deepEqual(element, { tag: 4, content: decodeHex('0102'), bytes: decodeHex('04020102'), depth: 3 })
})

const refused: { readonly [what: string]: readonly [string, string] } = {
  'nothing at all': ['', 'truncated'],
  'a tag alone': ['30', 'truncated'],
  'a length without its bytes': ['3082', 'truncated'],
  'a length cut off': ['308201', 'truncated'],
  'a length past the end': ['300201', 'truncated'],
  'a length of 4 GB': ['3084ffffffff', 'truncated'],
  'a length of five bytes': ['30850000000001', 'length'],
  'a length of 127 bytes': ['30ff', 'length'],
  'an indefinite length': ['30800000', 'length'],
  'a short length in two bytes': ['04817f', 'length'],
  'a length with a leading zero': ['04820080', 'length'],
  'a tag number of more than one byte': ['1f8101', 'tag'],
  'bytes after the end': ['050000', 'trailing'],
}

for (const [what, [hex, code]] of Object.entries(refused)) {
  test(`refused: ${what}`, (t) => {
    t.assert.throws(() => der.onlyElement(decodeHex(hex)), { name: 'DerError', code })
  })
}

test('nesting is bounded, whatever asks for it', (t) => {
  type Tree = readonly Tree[]
  const Tree: Der<Tree> = der.lazy(() => der.sequenceOf(Tree))
  const nested = (depth: number): Uint8Array => {
    let bytes: Uint8Array = new Uint8Array(0)
    for (let level = 0; level < depth; level++) bytes = der.writeElement(0x30, [bytes])
    return bytes
  }
  t.assert.doesNotThrow(() => Tree.decode(nested(der.MAX_DEPTH)))
  t.assert.throws(() => Tree.decode(nested(der.MAX_DEPTH + 2)), { name: 'DerError', code: 'depth' })
  t.assert.throws(() => Tree.decode(nested(20000)), { name: 'DerError', code: 'depth' })
  const wrapped = (depth: number): Uint8Array => {
    let bytes: Uint8Array = new Uint8Array(0)
    for (let level = 0; level < depth; level++) bytes = der.writeElement(level % 2 === 0 ? 0x30 : 4, [bytes])
    return bytes
  }
  const Wrapped: Der<unknown> = der.lazy(() => der.sequenceOf(der.octetStringOf(Wrapped) as Der<unknown>))
  t.assert.throws(() => Wrapped.decode(wrapped(2001)), { name: 'DerError', code: 'depth' })
})

test('the elements inside one are those written, in order', (t) => {
  const parts = [decodeHex('0500'), decodeHex('0101ff'), decodeHex('0400')]
  const outer = der.writeElement(0x30, parts)
  const inside = der.elementsOf(der.onlyElement(outer))
  t.assert.deepEqual(concatBytes(inside.map(({ bytes }) => bytes)), concatBytes(parts))
  t.assert.deepEqual(
    inside.map(({ depth }) => depth),
    [1, 1, 1],
  )
})
