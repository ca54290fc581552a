import { test } from 'node:test'
import fc from 'fast-check'
import { decodeHex, encodeHex } from '../src/index.ts'

test('any bytes come back, in either case', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      t.assert.equal(encodeHex(bytes), Buffer.from(bytes).toString('hex'))
      t.assert.deepEqual(decodeHex(encodeHex(bytes)), bytes)
      t.assert.deepEqual(decodeHex(encodeHex(bytes).toUpperCase()), bytes)
    }),
  )
})

for (const text of ['0', '000', '0g', ' 00', '00 ', '0x00', 'é0', '+1', '1e+1']) {
  test(`${JSON.stringify(text)} is not hexadecimal`, (t) => {
    t.assert.throws(() => decodeHex(text), TypeError)
  })
}
