import { type TestContext, test } from 'node:test'
import { byteSearch } from '../../src/formats/byte-search.ts'

const needle = Uint8Array.from({ length: 20 }, (_, index) => (index * 7) % 11)

test('a needle is found at every place from the first one asked for, and nowhere else', (t: TestContext) => {
  const isIn = byteSearch(needle)
  for (const filler of [0xff, needle[0] as number, needle[19] as number]) {
    const haystack = new Uint8Array(300).fill(filler)
    t.assert.equal(isIn(haystack, 0), false)
    for (let place = 0; place + needle.length <= haystack.length; place++) {
      const holding = haystack.slice()
      holding.set(needle, place)
      t.assert.equal(isIn(holding, 0), true, `at ${place} among ${filler}`)
      t.assert.equal(isIn(holding, place), true, `at ${place} from there`)
      t.assert.equal(isIn(holding, place + 1), false, `at ${place} from behind it`)
      t.assert.equal(isIn(holding.subarray(0, place + needle.length), 0), true, `at ${place}, the end`)
      t.assert.equal(isIn(holding.subarray(0, place + needle.length - 1), 0), false, `at ${place}, cut`)
    }
  }
})

test('where the bytes stand in memory makes no difference', (t: TestContext) => {
  const isIn = byteSearch(needle)
  const memory = new Uint8Array(700).fill(needle[3] as number)
  for (let offset = 0; offset < 4; offset++)
    for (let place = 0; place + needle.length <= 600; place++) {
      memory.fill(needle[3] as number)
      memory.set(needle, offset + place)
      const bytes = memory.subarray(offset, offset + 600)
      t.assert.equal(isIn(bytes, 0), true, `at ${place} of bytes that begin at ${offset}`)
      t.assert.equal(isIn(bytes.subarray(0, place + needle.length - 1), 0), false)
      t.assert.equal(isIn(bytes, place + 1), false)
    }
  for (let length = 0; length < 4; length++)
    for (let from = 0; from <= length + 1; from++) t.assert.equal(isIn(new Uint8Array(length), from), false)
})
