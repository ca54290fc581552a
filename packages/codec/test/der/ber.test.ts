import { type TestContext, test } from 'node:test'
import { concatBytes, decodeHex, der, encodeHex } from '../../src/index.ts'

function converted(hex: string): string {
  return encodeHex(der.derFromBer(decodeHex(hex)))
}

test('DER stays what it is', (t) => {
  const long = der.writeElement(0x30, [der.octetString.encode(new Uint8Array(300)), der.integer.encode(-1n)])
  t.assert.deepEqual(der.derFromBer(long), long)
  for (const hex of ['0500', '3000', 'a003020101', '8103aabbcc']) t.assert.equal(converted(hex), hex)
})

test('lengths become definite and short', (t) => {
  for (const [ber, expected] of [
    ['30800000', '3000'],
    ['3080020101 0000', '3003020101'],
    ['3080a08002010100000000', '3005a003020101'],
    ['30840000000502820001ff', '30030201ff'],
  ] as const)
    t.assert.equal(converted(ber.replaceAll(' ', '')), expected)
})

test('an OCTET STRING in pieces becomes one, pieces in pieces too', (t) => {
  t.assert.equal(converted('24800402aabb0401cc0000'), '0403aabbcc')
  t.assert.equal(converted('240824040402aabb0400'), '0402aabb')
  t.assert.equal(converted('2400'), '0400')
  // What lies inside is left to who knows what it is.
  t.assert.equal(converted('0406308002010100'), '0406308002010100')
  // Under an implicit tag nobody here can tell pieces from elements.
  t.assert.equal(converted('a0800401aa0401bb0000'), 'a0060401aa0401bb')
})

for (const [what, hex, code] of [
  ['nothing', '', 'truncated'],
  ['a tag alone', '30', 'truncated'],
  ['an indefinite length without an end', '3080', 'truncated'],
  ['half an end', '308000', 'truncated'],
  ['an indefinite length of a primitive element', '0480aa0000', 'length'],
  ['a length past the end', '300201', 'truncated'],
  ['an element that reaches beyond the one around it', '3002040200aa', 'truncated'],
  ['an end beyond the element around it', '30023080aa', 'truncated'],
  ['a length of five bytes', '30850000000001', 'length'],
  ['a length cut off', '308200', 'truncated'],
  ['a tag number of more than one byte', '1f8101', 'tag'],
  ['bytes after the end', '308000000500', 'trailing'],
  ['a constructed BIT STRING', '2304030200aa', 'tag'],
  ['a piece of another type', '24030201aa', 'tag'],
] as const)
  test(`refused: ${what}`, (t) => {
    t.assert.throws(() => der.derFromBer(decodeHex(hex)), { name: 'DerError', code })
  })

test('nesting is bounded', (t) => {
  const nested = (depth: number) =>
    concatBytes([
      ...Array.from({ length: depth }, () => Uint8Array.of(0x30, 0x80)),
      ...Array.from({ length: depth }, () => new Uint8Array(2)),
    ])
  t.assert.doesNotThrow(() => der.derFromBer(nested(40)))
  for (const depth of [60, 100_000])
    t.assert.throws(() => der.derFromBer(nested(depth)), { name: 'DerError', code: 'depth' })
})

test('so is the number of elements, which cost more than their bytes', (t) => {
  const many = (count: number) =>
    der.writeElement(0x30, [new Uint8Array(2 * count).map((_, at) => (at % 2 === 0 ? 4 : 0))])
  t.assert.doesNotThrow(() => der.derFromBer(many(49_999)))
  t.assert.throws(() => der.derFromBer(many(50_000)), { name: 'DerError', code: 'value' })
})

test('whatever was cut off or flipped, nothing else is thrown', (t: TestContext) => {
  const bytes = decodeHex('308002010124800402aabb0401cc0000a080300602010204010500000000')
  const attempt = (candidate: Uint8Array): void => {
    try {
      der.derFromBer(candidate)
    } catch (error) {
      t.assert.ok(error instanceof der.DerError, String(error))
    }
  }
  for (let length = 0; length <= bytes.length; length++) attempt(bytes.subarray(0, length))
  for (let index = 0; index < bytes.length; index++)
    for (let mask = 1; mask < 256; mask++) {
      const flipped = bytes.slice()
      flipped[index] = (flipped[index] as number) ^ mask
      attempt(flipped)
    }
})
