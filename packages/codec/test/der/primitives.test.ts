import { test } from 'node:test'
import fc from 'fast-check'
import { DerError, decodeHex, der, encodeHex } from '../../src/index.ts'

/** A type of whatever value. */
type AnyType = { encode(value: never): Uint8Array; decode(bytes: Uint8Array): unknown }

const time = (text: string): Date => new Date(text)

/** Values beside their encodings, from X.690 §8 and RFC 5280, or made with `openssl asn1parse -genstr`. */
const known: readonly (readonly [string, AnyType, unknown, string])[] = [
  ['boolean', der.boolean, true, '0101ff'],
  ['boolean', der.boolean, false, '010100'],
  ['integer', der.integer, 0n, '020100'],
  ['integer', der.integer, 127n, '02017f'],
  ['integer', der.integer, 128n, '02020080'],
  ['integer', der.integer, 256n, '02020100'],
  ['integer', der.integer, -1n, '0201ff'],
  ['integer', der.integer, -128n, '020180'],
  ['integer', der.integer, -129n, '0202ff7f'],
  ['smallInteger', der.smallInteger, 65537, '0203010001'],
  ['enumerated', der.enumerated, 6, '0a0106'],
  ['bitString', der.bitString, { bytes: decodeHex('0a3b5f291cd0'), unusedBits: 4 }, '0307040a3b5f291cd0'],
  ['bitStringBytes', der.bitStringBytes, decodeHex('0102'), '0303000102'],
  ['bitStringBytes', der.bitStringBytes, decodeHex(''), '030100'],
  ['namedBits', der.namedBits, new Set([0, 5, 6]), '03020186'],
  ['namedBits', der.namedBits, new Set([8]), '0303070080'],
  ['namedBits', der.namedBits, new Set(), '030100'],
  ['octetString', der.octetString, decodeHex('0123456789abcdef'), '04080123456789abcdef'],
  ['nullValue', der.nullValue, null, '0500'],
  ['oid', der.oid, '2.999.3', '0603883703'],
  ['oid', der.oid, '1.2.840.113549', '06062a864886f70d'],
  ['oid', der.oid, '0.39', '060127'],
  ['oid', der.oid, '2.25.329800735698586629295641978511506172918', '06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776'],
  ['utf8String', der.utf8String, 'Müller', '0c074dc3bc6c6c6572'],
  ['printableString', der.printableString, 'Test User 1', '130b5465737420557365722031'],
  ['ia5String', der.ia5String, 'test1@rsa.com', '160d7465737431407273612e636f6d'],
  ['numericString', der.numericString, '12 3', '120431322033'],
  ['visibleString', der.visibleString, 'a~', '1a02617e'],
  ['teletexString', der.teletexString, 'é', '1401e9'],
  ['bmpString', der.bmpString, 'Aé', '1e04004100e9'],
  ['utcTime', der.utcTime, time('1991-05-06T23:45:40Z'), '170d3931303530363233343534305a'],
  ['utcTime', der.utcTime, time('2049-12-31T23:59:59Z'), '170d3439313233313233353935395a'],
  ['utcTime', der.utcTime, time('1950-01-01T00:00:00Z'), '170d3530303130313030303030305a'],
  ['generalizedTime', der.generalizedTime, time('9999-12-31T23:59:59Z'), '180f39393939313233313233353935395a'],
  ['generalizedTime', der.generalizedTime, time('2024-02-29T00:00:00Z'), '180f32303234303232393030303030305a'],
  [
    'generalizedTimeWithFraction',
    der.generalizedTimeWithFraction,
    time('1992-07-22T13:21:00.300Z'),
    '1811' + '31393932303732323133323130302e335a',
  ],
  ['any', der.any, decodeHex('0500'), '0500'],
]

for (const [name, type, value, hex] of known) {
  test(`${name}: ${hex}`, (t) => {
    t.assert.equal(encodeHex(type.encode(value as never)), hex)
    t.assert.deepEqual(type.decode(decodeHex(hex)), value)
  })
}

/** What each type must refuse to read, and with which code. */
const refused: readonly (readonly [string, AnyType, string, string, string])[] = [
  ['boolean', der.boolean, 'TRUE that is not FF', '010101', 'value'],
  ['boolean', der.boolean, 'two bytes', '01020000', 'value'],
  ['boolean', der.boolean, 'no content', '0100', 'value'],
  ['integer', der.integer, 'no content', '0200', 'value'],
  ['integer', der.integer, 'a zero too many', '0202007f', 'value'],
  ['integer', der.integer, 'an FF too many', '0202ff80', 'value'],
  ['integer', der.integer, '4097 bytes', `02821001${'7f'.repeat(4097)}`, 'value'],
  ['smallInteger', der.smallInteger, 'seven bytes', '02077f000000000000', 'value'],
  ['bitString', der.bitString, 'no content', '0300', 'value'],
  ['bitString', der.bitString, 'eight unused bits', '03020800', 'value'],
  ['bitString', der.bitString, 'unused bits of nothing', '030101', 'value'],
  ['bitString', der.bitString, 'unused bits that are set', '03020101', 'value'],
  ['bitStringBytes', der.bitStringBytes, 'a part of a byte', '03020180', 'value'],
  ['namedBits', der.namedBits, '33 bytes', `032200${'ff'.repeat(33)}`, 'value'],
  ['nullValue', der.nullValue, 'content', '050100', 'value'],
  ['oid', der.oid, 'no content', '0600', 'value'],
  ['oid', der.oid, 'a padded arc', '06032a8001', 'value'],
  ['oid', der.oid, 'an arc cut off', '06022a86', 'value'],
  ['oid', der.oid, '20 bytes of one arc', `06152a${'ff'.repeat(19)}7f`, 'value'],
  ['oid', der.oid, '129 bytes', `068181${'2a'.repeat(129)}`, 'value'],
  ['utf8String', der.utf8String, 'bytes that are not UTF-8', '0c02c328', 'value'],
  ['utf8String', der.utf8String, 'an overlong encoding', '0c02c0af', 'value'],
  ['utf8String', der.utf8String, 'half a surrogate', '0c03eda080', 'value'],
  ['printableString', der.printableString, 'an asterisk', '13012a', 'value'],
  ['ia5String', der.ia5String, 'a byte above 7F', '160180', 'value'],
  ['numericString', der.numericString, 'a letter', '120141', 'value'],
  ['visibleString', der.visibleString, 'a line feed', '1a010a', 'value'],
  ['bmpString', der.bmpString, 'an odd number of bytes', '1e0141', 'value'],
  ['utcTime', der.utcTime, 'no seconds', '170b393130353036323334355a', 'value'],
  ['utcTime', der.utcTime, 'an offset', '17113931303530363233343534302b30303030', 'value'],
  ['utcTime', der.utcTime, 'the 31st of June', '170d3931303633313233343534305a', 'value'],
  ['utcTime', der.utcTime, 'the 29th of February 2023', '170d3233303232393030303030305a', 'value'],
  ['utcTime', der.utcTime, 'month 13', '170d3931313330313233343534305a', 'value'],
  ['utcTime', der.utcTime, 'hour 24', '170d3931303530363234303030305a', 'value'],
  ['utcTime', der.utcTime, 'second 60', '170d3931303530363233353936305a', 'value'],
  ['generalizedTime', der.generalizedTime, 'a fraction', '181131393932303732323133323130302e335a', 'value'],
  ['generalizedTime', der.generalizedTime, 'local time', '180e3139393230373232313332313030', 'value'],
  ['generalizedTime', der.generalizedTime, 'the year 0', '180f30303030303130313030303030305a', 'value'],
  [
    'generalizedTimeWithFraction',
    der.generalizedTimeWithFraction,
    'a trailing zero',
    '1812' + '31393932303732323133323130302e33305a',
    'value',
  ],
  ['octetString', der.octetString, 'another tag', '0500', 'tag'],
  ['octetString', der.octetString, 'the constructed form', '2403040100', 'tag'],
]

for (const [name, type, what, hex, code] of refused) {
  test(`${name} refuses ${what}`, (t) => {
    t.assert.throws(() => type.decode(decodeHex(hex)), { name: 'DerError', code })
  })
}

/** What each type must refuse to write. */
const unwritable: readonly (readonly [string, AnyType, unknown])[] = [
  ['oid', der.oid, ''],
  ['oid', der.oid, '1'],
  ['oid', der.oid, '3.1'],
  ['oid', der.oid, '1.40'],
  ['oid', der.oid, '1.2.03'],
  ['oid', der.oid, '1..2'],
  ['oid', der.oid, `2.${1n << 133n}`],
  ['printableString', der.printableString, 'a*b'],
  ['ia5String', der.ia5String, 'ä'],
  ['utcTime', der.utcTime, time('2050-01-01T00:00:00Z')],
  ['utcTime', der.utcTime, time('1949-12-31T23:59:59Z')],
  ['utcTime', der.utcTime, new Date(Number.NaN)],
  ['generalizedTime', der.generalizedTime, new Date(8.64e15)],
  ['generalizedTime', der.generalizedTime, new Date(Number.NaN)],
]

for (const [name, type, value] of unwritable) {
  test(`${name} does not write ${value}`, (t) => {
    t.assert.throws(() => type.encode(value as never), DerError)
  })
}

const seconds = (from: string, to: string) =>
  fc
    .integer({ min: Date.parse(from) / 1000, max: Date.parse(to) / 1000 })
    .map((second: number) => new Date(second * 1000))

const arbitrary: { readonly [name: string]: readonly [AnyType, fc.Arbitrary<unknown>] } = {
  integer: [der.integer, fc.bigInt({ min: -(1n << 300n), max: 1n << 300n })],
  smallInteger: [der.smallInteger, fc.integer()],
  bitStringBytes: [der.bitStringBytes, fc.uint8Array({ maxLength: 300 })],
  octetString: [der.octetString, fc.uint8Array({ maxLength: 70000 })],
  namedBits: [
    der.namedBits,
    fc.uniqueArray(fc.nat({ max: 255 })).map((bits) => new Set(bits.toSorted((a, b) => a - b))),
  ],
  oid: [
    der.oid,
    fc
      .tuple(
        fc.nat({ max: 2 }),
        fc.nat({ max: 39 }),
        fc.array(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), { maxLength: 5 }),
      )
      .map(([first, second, rest]) => [first, second, ...rest].join('.')),
  ],
  utf8String: [der.utf8String, fc.string({ unit: 'grapheme' })],
  bmpString: [der.bmpString, fc.string({ unit: fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)) })],
  utcTime: [der.utcTime, seconds('1950-01-01T00:00:00Z', '2049-12-31T23:59:59Z')],
  generalizedTime: [der.generalizedTime, seconds('0100-01-01T00:00:00Z', '9999-12-31T23:59:59Z')],
  generalizedTimeWithFraction: [
    der.generalizedTimeWithFraction,
    fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59Z') }).map((millisecond) => new Date(millisecond)),
  ],
}

for (const [name, [type, values]] of Object.entries(arbitrary)) {
  test(`${name}: what is written is read back`, (t) => {
    fc.assert(
      fc.property(values, (value) => {
        t.assert.deepEqual(type.decode(type.encode(value as never)), value)
      }),
      { numRuns: 200 },
    )
  })
}
