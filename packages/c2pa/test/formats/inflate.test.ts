import { type TestContext, test } from 'node:test'
import { constants, deflateSync } from 'node:zlib'
import { inflate } from '../../src/formats/inflate.ts'
import { refuses, survivesFlips } from '../malformed.ts'

const text = new Uint8Array(Buffer.from('Peter Piper picked a peck of pickled peppers. '.repeat(40)))
const mixed = Uint8Array.from({ length: 20_000 }, (_, index) =>
  index % 7 === 0 ? (index * 2654435761) >>> 24 : index & 15,
)
const MOST = 1 << 20

test('what zlib compresses comes back, whatever its blocks', (t: TestContext) => {
  for (const bytes of [new Uint8Array(), Uint8Array.of(1), text, mixed, new Uint8Array(100_000)])
    for (const level of [0, 1, 6, 9])
      for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY])
        t.assert.deepEqual(inflate(new Uint8Array(deflateSync(bytes, { level, strategy })), MOST), bytes)
})

test('never more bytes than are asked for', (t: TestContext) => {
  const bomb = new Uint8Array(deflateSync(new Uint8Array(10_000_000)))
  t.assert.throws(() => inflate(bomb, MOST), { code: 'too_large' })
  t.assert.equal(inflate(new Uint8Array(deflateSync(text)), text.length).length, text.length)
  t.assert.throws(() => inflate(new Uint8Array(deflateSync(text)), text.length - 1), { code: 'too_large' })
})

test('malformed data are refused', (t: TestContext) => {
  const whole = new Uint8Array(deflateSync(mixed.subarray(0, 600)))
  // The checksum at the end is not looked at.
  for (let length = 0; length < whole.length - 4; length++)
    t.assert.ok(refuses(() => inflate(whole.subarray(0, length), MOST), `cut to ${length}`))
  survivesFlips(whole, (bytes) => inflate(bytes, MOST))
  const refused = (...bytes: number[]) =>
    t.assert.throws(() => inflate(Uint8Array.of(0x78, 0x9c, ...bytes), MOST), { code: 'malformed_asset' })
  refused(0x07)
  t.assert.throws(() => inflate(Uint8Array.of(0x78, 0x9d, 3, 0), MOST), { code: 'malformed_asset' })
})
