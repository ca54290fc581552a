import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, concatBytes, decodeHex, equalBytes, latin1Text, utf8Bytes, utf8Text } from '../src/index.ts'

test('bytes are joined in order', (t) => {
  t.assert.deepEqual(concatBytes([]), new Uint8Array(0))
  t.assert.deepEqual(concatBytes([decodeHex('01'), decodeHex(''), decodeHex('0203')]), decodeHex('010203'))
})

test('equality and order are those of Buffer', (t) => {
  const values = fc.uint8Array({ maxLength: 4, max: 3 })
  fc.assert(
    fc.property(values, values, (a, b) => {
      t.assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))
      t.assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0)
    }),
    { numRuns: 500 },
  )
})

test('UTF-8 comes back, its byte order mark too, and nothing malformed is mended', (t) => {
  t.assert.equal(utf8Text(utf8Bytes('\ufeffMüller 東京 🙂')), '\ufeffMüller 東京 🙂')
  for (const hex of ['80', 'c328', 'c0af', 'eda080', 'f4908080', 'e282'])
    t.assert.throws(() => utf8Text(decodeHex(hex)), TypeError, hex)
})

test('ISO 8859-1 is a character a byte, however many there are', (t) => {
  const bytes = Uint8Array.from({ length: 10000 }, (_, index) => index & 255)
  t.assert.equal(latin1Text(bytes), Buffer.from(bytes).toString('latin1'))
})
