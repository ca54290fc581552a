import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { brotliBudget, decompressBrotli } from '../../src/compression/brotli.ts'
import { BrotliError } from '../../src/compression/prefix-code.ts'

const PLENTY = 1 << 24
const text = (name: string): Uint8Array => readFileSync(new URL(`../../../../${name}`, import.meta.url))
/** Every pair of bytes, so that each context is met. */
const pairs = Uint8Array.from({ length: 131_072 }, (_, index) => (index % 2 === 0 ? index >> 9 : index >> 1) & 0xff)
const random = (length: number, alphabet: number): Uint8Array => {
  let seed = 12345
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return (seed >>> 16) % alphabet
  })
}

const SAMPLES: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['one byte', Uint8Array.of(7)],
  ['zeros', new Uint8Array(300_000)],
  ['noise', random(70_000, 256)],
  ['noise of few letters', random(70_000, 3)],
  ['prose', text('ARCHITECTURE.md')],
  ['shouted prose', new TextEncoder().encode(text('ARCHITECTURE.md').toString().toUpperCase())],
  ['source', text('package-lock.json').subarray(0, 200_000)],
  [
    'HTML and its words',
    new TextEncoder().encode(
      '<title>The United States of America, with Information about the Government.</title>'.repeat(3),
    ),
  ],
  ['Cyrillic', new TextEncoder().encode('Российская Федерация, и другие страны мира. '.repeat(30))],
  [
    'mixed',
    new Uint8Array(Buffer.concat([text('README.md'), random(5000, 256), text('README.md'), new Uint8Array(5000)])),
  ],
]

for (const [name, sample] of SAMPLES)
  test(`what Node compresses is decompressed: ${name}`, async (t: TestContext) => {
    for (const quality of [0, 1, 3, 5, 9, 11])
      for (const window of [10, 16, 22])
        for (const mode of [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_TEXT]) {
          const params = {
            [constants.BROTLI_PARAM_QUALITY]: quality,
            [constants.BROTLI_PARAM_LGWIN]: window,
            [constants.BROTLI_PARAM_MODE]: mode,
          }
          const brotli = new Uint8Array(brotliCompressSync(sample, { params }))
          const found = await decompressBrotli(brotli, brotliBudget(sample.length))
          t.assert.ok(Buffer.from(found).equals(sample), `quality ${quality}, window ${window}, mode ${mode}`)
        }
  })

test('literals after all pairs of bytes', async (t: TestContext) => {
  for (const mode of [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_TEXT]) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_MODE]: mode }
    const found = await decompressBrotli(brotliCompressSync(pairs, { params }), brotliBudget(PLENTY))
    t.assert.ok(Buffer.from(found).equals(pairs))
  }
})

test('distances with postfix bits and direct codes, as fonts are compressed', async (t: TestContext) => {
  for (const postfix of [0, 1, 2, 3])
    for (const direct of [0, 1, 7, 15]) {
      const params = { [constants.BROTLI_PARAM_NPOSTFIX]: postfix, [constants.BROTLI_PARAM_NDIRECT]: direct << postfix }
      const sample = text('package-lock.json').subarray(0, 60_000)
      const found = await decompressBrotli(brotliCompressSync(sample, { params }), brotliBudget(PLENTY))
      t.assert.ok(Buffer.from(found).equals(sample))
    }
})

test('no more comes out than was asked for', async (t: TestContext) => {
  for (const [, sample] of SAMPLES) {
    if (sample.length === 0) continue
    await t.assert.rejects(decompressBrotli(brotliCompressSync(sample), brotliBudget(sample.length - 1)), BrotliError)
  }
})

test('streams that share a budget have it together', async (t: TestContext) => {
  const brotli = brotliCompressSync(new Uint8Array(1000))
  const budget = brotliBudget(2500)
  await decompressBrotli(brotli, budget)
  await decompressBrotli(brotli, budget)
  await t.assert.rejects(decompressBrotli(brotli, budget), BrotliError)
})

test('every truncation is refused', async (t: TestContext) => {
  const whole = brotliCompressSync(text('README.md').subarray(0, 3000))
  for (let length = 0; length < whole.length; length++)
    await t.assert.rejects(decompressBrotli(whole.subarray(0, length), brotliBudget(PLENTY)), BrotliError)
})

test('bytes after the end are refused, and bits too', async (t: TestContext) => {
  const whole = brotliCompressSync(Uint8Array.of(1, 2, 3))
  await t.assert.rejects(decompressBrotli(Buffer.concat([whole, Buffer.of(0)]), brotliBudget(PLENTY)), BrotliError)
})

test('flipped bytes: an error of its own, or what Node makes of them too', async (t: TestContext) => {
  const whole = brotliCompressSync(text('README.md').subarray(0, 1500))
  for (let index = 0; index < whole.length; index++)
    for (const flip of [0x01, 0x08, 0x40, 0xff]) {
      const changed = Buffer.from(whole)
      changed[index] = (changed[index] as number) ^ flip
      const found = await decompressBrotli(changed, brotliBudget(1 << 20)).catch((error: unknown) => {
        t.assert.ok(error instanceof BrotliError, String(error))
        return undefined
      })
      if (found) t.assert.deepEqual(Buffer.from(found), brotliDecompressSync(changed))
    }
})

test('random bytes end, and say so by an error of their own', async (t: TestContext) => {
  for (let seed = 0; seed < 3000; seed++) {
    const bytes = random(40 + seed, 256).subarray(seed)
    await decompressBrotli(bytes, brotliBudget(1 << 20)).catch((error: unknown) =>
      t.assert.ok(error instanceof BrotliError, String(error)),
    )
  }
})
