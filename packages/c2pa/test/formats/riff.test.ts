import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../../src/c2pa-error.ts'
import { type AssetReader, bytesOf, walk } from '../../src/formats/asset.ts'
import type { AssetFormat, ByteRange, Embedding } from '../../src/formats/asset-format.ts'
import { detectFormat } from '../../src/formats/detect.ts'
import { avi, wav, webp } from '../../src/formats/riff.ts'
import { longAvi, riffChunk, riffFile, riffList, silence, uint32, uint64 } from '../chunks.ts'
import { refuses, survivesFlips } from '../malformed.ts'
import { noise } from '../pictures.ts'

const media = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../test/vectors/media/${name}`, import.meta.url)))
const inspect = (format: AssetFormat, asset: Uint8Array) => walk(asset, format.inspect)
const boxesOf = (format: AssetFormat, asset: Uint8Array) =>
  walk(asset, format.boxes as NonNullable<typeof format.boxes>)
const store = new Uint8Array(500).map((_, index) => index & 0xff)
const tone = riffFile('WAVE', ...silence)

/** The asset with a store in it, put together as `sign` does. */
function embedded(format: AssetFormat, asset: Uint8Array, bytes = store): Uint8Array {
  const embedding = inspect(format, asset).embedding as Embedding
  const container = new Uint8Array(embedding.containerLength(bytes.length))
  embedding.writeContainer(container, 0, bytes)
  const { before, after } = embedding.surroundings(container.length)
  const parts = (list: typeof before) => list.map((part) => bytesOf(asset, part))
  const head = concatBytes(parts(before))
  if (head.length !== embedding.position) throw new Error('what stands before is not as long as the position')
  return concatBytes([head, container, ...parts(after)])
}

test('each kind is told from the others', (t: TestContext) => {
  t.assert.equal(detectFormat(riffFile('WEBP')), 'image/webp')
  t.assert.equal(detectFormat(tone), 'audio/wav')
  t.assert.equal(detectFormat(media('tone-rf64.wav')), 'audio/wav')
  t.assert.equal(detectFormat(riffFile('AVI ')), 'video/avi')
  t.assert.equal(detectFormat(riffFile('ACON')), undefined)
  t.assert.equal(detectFormat(tone.subarray(0, 11)), undefined)
})

test('the store is the last chunk, and the length of the form counts it and its padding', (t: TestContext) => {
  for (const length of [500, 501]) {
    const bytes = store.slice(0, length - 1)
    const signed = embedded(wav, tone, bytes)
    t.assert.deepEqual(signed, riffFile('WAVE', ...silence, riffChunk('C2PA', bytes)))
    const layout = inspect(wav, signed)
    t.assert.equal(layout.damage, undefined)
    const padding = length % 2 === 0 ? { padding: 1 } : {}
    const container = { start: tone.length, length: length + 7, ...padding }
    t.assert.deepEqual(layout.manifestStore, { bytes, container })
    t.assert.deepEqual(embedded(wav, signed, store), embedded(wav, tone))
  }
})

test('a store that stands elsewhere is read, and goes to the end when it is replaced', (t: TestContext) => {
  const [format = tone, data = tone] = silence
  const early = riffFile('WAVE', format, riffChunk('C2PA', store), data)
  t.assert.deepEqual(inspect(wav, early).manifestStore, {
    bytes: store,
    container: { start: 12 + format.length, length: 508 },
  })
  t.assert.deepEqual(embedded(wav, early), embedded(wav, tone))
})

test('what follows the form stays behind it', (t: TestContext) => {
  const tag = utf8Bytes('TAG and more of ID3')
  t.assert.deepEqual(embedded(wav, concatBytes([tone, tag])), concatBytes([embedded(wav, tone), tag]))
})

test('padding that the last chunk lacks is given to it', (t: TestContext) => {
  const whole = riffFile('WAVE', ...silence, riffChunk('note', Uint8Array.of(1)))
  const cut = whole.slice(0, -1)
  cut.set(uint32(cut.length - 8), 4)
  t.assert.deepEqual(embedded(wav, cut), embedded(wav, whole))
  // The padding is there, and not counted.
  const uncounted = concatBytes([cut, Uint8Array.of(0)])
  t.assert.deepEqual(embedded(wav, uncounted), embedded(wav, whole))
})

test('in RF64 the lengths stand in another chunk', (t: TestContext) => {
  const long = media('tone-rf64.wav')
  const signed = embedded(wav, long)
  t.assert.deepEqual(inspect(wav, signed).manifestStore?.bytes, store)
  t.assert.deepEqual(signed.subarray(20, 28), uint64(signed.length - 8))
  t.assert.deepEqual(
    concatBytes([signed.subarray(0, 20), signed.subarray(28, long.length)]),
    concatBytes([long.subarray(0, 20), long.subarray(28)]),
  )
  const table = (...lengths: readonly Uint8Array[]) =>
    concatBytes([
      utf8Bytes('RF64'),
      uint32(0xffffffff),
      utf8Bytes('WAVE'),
      riffChunk('ds64', uint64(1000), uint64(40), uint64(20), uint32(1), ...lengths),
      ...silence,
    ])
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    t.assert.throws(() => inspect(wav, bytes), { message: pattern })
  refused(table(), /ds64 chunk is none/)
  refused(table(utf8Bytes('data'), uint64(40)), /shorter than it states/)
  refused(concatBytes([utf8Bytes('RF64'), tone.subarray(4)]), /no ds64|ds64 chunk is none/)
})

test('a file of four gigabytes is signed as RF64 and refused as RIFF', async (t: TestContext) => {
  const long = 5_000_000_000
  const reader = (head: Uint8Array, size: number): AssetReader => ({
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start)
      if (start < head.length) bytes.set(head.subarray(start, Math.min(end, head.length)))
      return bytes
    },
  })
  const [format = tone] = silence
  const ds64 = riffChunk('ds64', uint64(long - 8), uint64(long - 80), uint64(0), uint32(0))
  const rf64 = concatBytes([
    utf8Bytes('RF64'),
    uint32(0xffffffff),
    utf8Bytes('WAVE'),
    ds64,
    format,
    utf8Bytes('data'),
    uint32(0xffffffff),
  ])
  t.assert.equal(rf64.length, 80)
  const { embedding } = await walk(reader(rf64, long), wav.inspect)
  t.assert.equal(embedding?.position, long)
  t.assert.deepEqual(embedding?.surroundings(1000).before[1], uint64(long + 1000 - 8))

  const size = 0xffffff00
  const riff = concatBytes([
    utf8Bytes('RIFF'),
    uint32(size - 8),
    utf8Bytes('WAVE'),
    format,
    utf8Bytes('data'),
    uint32(size - 44),
  ])
  const layout = await walk(reader(riff, size), wav.inspect)
  t.assert.deepEqual(layout.embedding?.surroundings(200).before[1], uint32(size + 192))
  t.assert.throws(() => layout.embedding?.surroundings(1000), { code: 'too_large', message: /too long for RIFF/ })
})

test('the indexes of a long AVI are right again', async (t: TestContext) => {
  const frames = await Promise.all(
    [1, 2, 3, 4].map(
      async (factor) =>
        new Uint8Array(
          await noise(32, 24)
            .modulate({ brightness: factor / 3 })
            .jpeg()
            .toBuffer(),
        ),
    ),
  )
  const long = longAvi(frames, 32, 24)
  const expected = longAvi(frames, 32, 24, riffChunk('C2PA', store))
  t.assert.deepEqual(embedded(avi, long), expected)
  t.assert.deepEqual(
    embedded(avi, expected, store.subarray(0, 33)),
    longAvi(frames, 32, 24, riffChunk('C2PA', store.subarray(0, 33))),
  )
  const late = concatBytes([expected, utf8Bytes('RIFF'), uint32(4000), utf8Bytes('AVIX')])
  t.assert.match(inspect(avi, late).damage?.message ?? '', /shorter than it states/)
  const astray = long.slice()
  const at = Buffer.from(long).indexOf('indx') + 8 + 24
  astray.set(uint64(2 ** 60), at)
  t.assert.throws(() => inspect(avi, astray), { message: /index at offset \d+ is none/ })
  astray.set(uint64(12), at)
  t.assert.throws(() => inspect(avi, astray), { message: /none of chunks/ })
  const many = long.slice()
  many.set(uint32(0xffffff), at - 20)
  t.assert.throws(() => inspect(avi, many), { message: /more entries than bytes/ })
  survivesFlips(expected.subarray(0, 400), (bytes) => inspect(avi, concatBytes([bytes, expected.subarray(400)])))
})

test('the chunks of all forms of an AVI count together where it is hashed by boxes', (t: TestContext) => {
  const tiny = concatBytes(Array<Uint8Array>(150_000).fill(riffChunk('JUNK', new Uint8Array())))
  const further = concatBytes([utf8Bytes('RIFF'), uint32(4 + tiny.length), utf8Bytes('AVIX'), tiny])
  const two = concatBytes([riffFile('AVI ', tiny), further])
  t.assert.throws(() => boxesOf(avi, two), /more than 250000 chunks/)
})

test('two stores are refused; one in a list is none', (t: TestContext) => {
  const chunk = riffChunk('C2PA', store)
  t.assert.throws(() => inspect(wav, riffFile('WAVE', ...silence, chunk, chunk)), { code: 'multiple_manifest_stores' })
  t.assert.equal(inspect(wav, riffFile('WAVE', ...silence, riffList('INFO', chunk))).manifestStore, undefined)
  t.assert.equal(inspect(wav, riffFile('WAVE', ...silence, riffList('C2PA', chunk))).manifestStore, undefined)
})

test('a damaged file is refused with a sentence, and read where its store is whole', (t: TestContext) => {
  const refused = (bytes: Uint8Array, pattern: RegExp, format = wav) =>
    t.assert.throws(
      () => inspect(format, bytes),
      (error) => error instanceof C2paError && error.code === 'malformed_asset' && pattern.test(error.message),
    )
  for (let length = 12; length < tone.length; length++) refused(tone.subarray(0, length), /^The file is damaged: .+\.$/)
  refused(riffFile('WAVE', ...silence.slice(1)), /no fmt chunk/)
  refused(riffFile('WEBP', riffChunk('VP8X', new Uint8Array(10))), /no VP8 or VP8L or ANMF chunk/, webp)
  refused(riffFile('AVI ', riffList('hdrl')), /no movi chunk/, avi)
  refused(riffFile('WAVE', ...silence, Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0)), /no chunk at offset 84/)
  refused(riffFile('WAVE', ...silence, Uint8Array.of(0, 0)), /no chunk at offset 84/)
  refused(riffFile('WAVE', ...silence, utf8Bytes('LIST'), uint32(0)), /LIST at offset 84 has no type/)
  refused(riffFile('WAVE', ...silence, utf8Bytes('more'), uint32(9)), /more chunk at offset 84 goes on past the end/)
  const signed = riffFile('WAVE', riffChunk('C2PA', store), ...silence)
  const cut = inspect(wav, signed.subarray(0, -1))
  t.assert.match(cut.damage?.message ?? '', /goes on past the end/)
  t.assert.deepEqual(cut.manifestStore?.bytes, store)
})

test('lists are not gone into, however deep they are, nor more chunks looked at than any file has', (t: TestContext) => {
  let nested: Uint8Array = new Uint8Array()
  for (let depth = 0; depth < 2000; depth++) nested = riffList('INFO', nested)
  const bomb = riffFile('WAVE', ...silence, nested)
  t.assert.equal(inspect(wav, bomb).damage, undefined)
  t.assert.deepEqual(boxesOf(wav, bomb).at(-1), { name: 'INFO', start: 84, length: bomb.length - 84 })
  const chunks = new Uint8Array(8 * 260_000)
  for (let at = 0; at < chunks.length; at += 8) chunks.set(utf8Bytes('JUNK'), at)
  t.assert.throws(() => inspect(wav, riffFile('WAVE', ...silence, chunks)), /more than 250000 chunks/)
})

test('metadata are Exif, XMP and the like, and each text of a list', (t: TestContext) => {
  const bytes = riffFile(
    'WAVE',
    riffChunk('bext', utf8Bytes('broadcast')),
    ...silence,
    riffList('INFO', riffChunk('INAM', utf8Bytes('a name')), riffChunk('IART', utf8Bytes('an artist'))),
    riffList('adtl', riffChunk('labl', utf8Bytes('a cue'))),
    riffChunk('XMP ', utf8Bytes('<x/>')),
  )
  const texts = (asset: Uint8Array) => {
    const found: string[] = []
    walk(asset, function* (source) {
      yield* wav.metadata?.(source, ({ start, length }: ByteRange) => {
        t.assert.ok(start + length <= asset.length)
        return found.push(Buffer.from(asset.subarray(start, start + length)).toString()) > 0
      }) ?? []
    })
    return found
  }
  t.assert.deepEqual(texts(bytes), ['broadcast', 'a name', 'an artist', '<x/>'])
  for (let length = 12; length < bytes.length; length++) texts(bytes.subarray(0, length))
})

test('boxes are the header of the form, then each chunk with its padding', (t: TestContext) => {
  const bytes = riffFile(
    'WAVE',
    ...silence,
    riffList('INFO', riffChunk('INAM', utf8Bytes('odd'))),
    riffChunk('C2PA', store.subarray(1)),
  )
  const boxes = boxesOf(wav, concatBytes([bytes, Uint8Array.of(1)]))
  t.assert.deepEqual(
    boxes.map(({ name, start, length }) => [name, start, length]),
    [
      ['WAVE', 0, 12],
      ['fmt ', 12, 24],
      ['data', 36, 48],
      ['INFO', 84, 24],
      ['C2PA', 108, 508],
    ],
  )
})

test('bytes changed in any way are refused or read', () => {
  for (const [format, bytes] of [
    [wav, embedded(wav, tone, store.subarray(0, 40))],
    [wav, media('tone-rf64.wav').subarray(0, 200)],
    [avi, media('test.avi').subarray(0, 600)],
  ] as const) {
    survivesFlips(bytes, (changed) => inspect(format, changed))
    for (let length = 0; length < bytes.length; length++)
      refuses(() => inspect(format, bytes.subarray(0, length)), `cut to ${length}`)
  }
})
