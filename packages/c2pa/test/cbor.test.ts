import { type TestContext, test } from 'node:test'
import { concatBytes, decodeHex, encodeHex, equalBytes } from '@countersign/codec'
import { encode, rfc8949EncodeOptions } from 'cborg'
import fc from 'fast-check'
import { C2paError } from '../src/c2pa-error.ts'
import { CborTag, type CborValue, cborField, decodeCbor, isCborObject } from '../src/cbor.ts'
import { encodeCbor } from '../src/cbor-encode.ts'
import { refuses, refusesMalformed } from './malformed.ts'

const hex = (text: string): Uint8Array => decodeHex(text.replaceAll(' ', ''))

/** RFC 8949 Appendix A, those in deterministic encoding. */
const VECTORS: readonly (readonly [string, unknown])[] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['20', -1],
  ['3903e7', -1000],
  ['f90000', 0],
  ['f93c00', 1],
  ['fb3ff199999999999a', 1.1],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['f4', false],
  ['f6', null],
  ['f7', undefined],
  ['c11a514b67b0', new CborTag(1, 1363896240)],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['62c3bc', 'ü'],
  ['64f0908591', '𐅑'],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['826161a161626163', ['a', { b: 'c' }]],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['bf6346756ef563416d7421ff', { Fun: true, Amt: -2 }],
]
for (const [text, value] of VECTORS)
  test(`RFC 8949 ${text}`, (t: TestContext) => {
    const decoded = decodeCbor(hex(text))
    t.assert.deepEqual(isCborObject(decoded) ? { ...decoded } : decoded, value)
  })

test('maps are written in the bytewise order of their keys', (t: TestContext) => {
  t.assert.equal(encodeHex(encodeCbor({ b: 1, aa: 2, a: 3 })), 'a3616103616201626161 02'.replace(' ', ''))
  t.assert.equal(
    encodeHex(
      encodeCbor(
        new Map<string | number, number>([
          ['a', 1],
          [33, 2],
          [1, 3],
        ]),
      ),
    ),
    'a3010318210261' + '6101',
  )
  t.assert.equal(encodeHex(encodeCbor({ a: undefined, b: 1 })), 'a1616201')
})

test('a tag comes back as it was', (t: TestContext) => {
  const value = new CborTag(18, [new Uint8Array([1]), new CborTag(0, '2026-01-01T00:00:00Z')])
  t.assert.deepEqual(decodeCbor(encodeCbor(value)), value)
})

test('keys from outside never reach a prototype', (t: TestContext) => {
  const decoded = decodeCbor(
    concatBytes([hex('a2 69'), new TextEncoder().encode('__proto__'), hex('a1 61 78 01 61 61 02')]),
  )
  t.assert.equal(cborField(decoded, 'x'), undefined)
  t.assert.equal(cborField(decoded, 'a'), 2)
  t.assert.equal(cborField(decoded, 'constructor'), undefined)
  t.assert.equal(({} as { x?: number }).x, undefined)
})

test('what is not well-formed is refused', (t: TestContext) => {
  const refused = (text: string) =>
    t.assert.ok(
      refuses(() => decodeCbor(hex(text)), text),
      `${text} was read`,
    )
  for (const text of [
    '',
    '18',
    '1c',
    '5803aabb',
    '61',
    '62c328',
    '62ff00',
    '8201',
    'a101',
    'a2616101616102',
    'ff',
    '81ff',
    'a1ff',
    'a101ff',
    'd8',
    'c0',
    '0000',
    'f800',
    '9f01',
    'bf01ff',
  ])
    refused(text)
  // 2^32 and 2^63 items or bytes that are not there.
  for (const text of [
    '9affffffff',
    '9b7fffffffffffffff',
    '5affffffff',
    '5b7fffffffffffffff',
    '7affffffff',
    'baffffffff',
    'bb7fffffffffffffff',
  ])
    refused(text)
})

test('depth and number of items are bounded', (t: TestContext) => {
  for (const [open, name] of [
    [0x81, 'arrays'],
    [0xc1, 'tags'],
    [0x9f, 'arrays of unknown length'],
  ] as const)
    t.assert.ok(
      refuses(() => decodeCbor(concatBytes([new Uint8Array(100_000).fill(open), hex('00')])), name),
      name,
    )
  const maps = concatBytes(Array.from({ length: 50_000 }, () => hex('a100')))
  t.assert.ok(refuses(() => decodeCbor(concatBytes([maps, hex('00')])), 'maps'))
  t.assert.ok(
    refuses(() => decodeCbor(concatBytes([hex('9a001e8480'), new Uint8Array(2_000_000)])), 'two million items'),
  )
})

test('strict reading takes the shortest forms only', (t: TestContext) => {
  for (const text of ['1800', '190001', '5801aa', '9f01ff']) {
    t.assert.ok(decodeCbor(hex(text)) !== undefined)
    t.assert.throws(() => decodeCbor(hex(text), { strict: true }), C2paError)
  }
})

test('malformed in every way', () => {
  refusesMalformed(
    encodeCbor({
      a: [1, -300, 70_000, 'text', null, true, 1.5],
      b: new Map([[1, new Uint8Array(30)]]),
      c: new CborTag(0, 'x'),
    }),
    decodeCbor,
  )
})

test('a budget of items is spent by all that is read with it', (t: TestContext) => {
  const budget = { left: 5 }
  decodeCbor(hex('820102'), { budget })
  t.assert.equal(budget.left, 2)
  t.assert.ok(refuses(() => decodeCbor(hex('820102'), { budget }), 'the second time'))
})

test('what is written here is what cborg writes', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('ü', 'z', 'aa', '𐅑', '\uff61', '__proto__'),
  )
  const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.maxSafeInteger(),
      fc.double(),
      fc.bigInt({ min: -(1n << 64n), max: (1n << 64n) - 1n }),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.uint8Array({ maxLength: 300 }),
      fc.array(tie('value')),
      fc.dictionary(text, tie('value')),
      fc
        .uniqueArray(fc.tuple(fc.oneof(fc.nat(), text), tie('value')), { selector: ([key]) => key })
        .map((entries) => new Map(entries)),
    ) as fc.Arbitrary<CborValue>,
  }))
  const options = { ...rfc8949EncodeOptions, ignoreUndefinedProperties: true }
  fc.assert(
    fc.property(value, (item) => equalBytes(encodeCbor(item), encode(item, options))),
    { numRuns: 500, examples: [[new Map([['pad', undefined]])]] },
  )
})

test('nothing is written that is nested deeper than what is read', (t: TestContext) => {
  const nested = (depth: number): CborValue => (depth === 0 ? 1 : [nested(depth - 1)])
  t.assert.deepEqual(decodeCbor(encodeCbor(nested(32))), nested(32))
  t.assert.throws(() => encodeCbor(nested(33)), RangeError)
  const circle: { [key: string]: CborValue } = {}
  circle.self = circle
  t.assert.throws(() => encodeCbor(circle), RangeError)
})
