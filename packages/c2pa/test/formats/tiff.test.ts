import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { bytesOf, walk } from '../../src/formats/asset.ts'
import { type AssetLayout, type ByteRange, type Embedding, lengthOfParts } from '../../src/formats/asset-format.ts'
import { detectFormat } from '../../src/formats/detect.ts'
import { tiff } from '../../src/formats/tiff.ts'
import { sign } from '../../src/sign/sign.ts'
import { credential } from '../credential.ts'
import { isInstalled, judged } from '../decoders.ts'
import { refusesMalformed, survivesFlips } from '../malformed.ts'
import { outcomeOf, walkByBytes } from '../short-windows.ts'
import { type Field, LONG, PIXELS, picture, SHORT, TiffWriter, tiffFile, UNDEFINED } from '../tiff-writer.ts'

const C2PA = 52545
const media = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../test/vectors/media/${name}`, import.meta.url)))
const inspect = (bytes: Uint8Array) => walk(bytes, tiff.inspect)
const store = Uint8Array.from({ length: 501 }, (_, index) => index & 0xff)
const KINDS = [true, false].flatMap((littleEndian) => [true, false].map((isBig) => ({ littleEndian, isBig })))

/** With a store in it, put together as `sign` does. */
function embedded(asset: Uint8Array, bytes = store): Uint8Array {
  const embedding = inspect(asset).embedding as Embedding
  const container = new Uint8Array(embedding.containerLength(bytes.length))
  embedding.writeContainer(container, 0, bytes)
  const { before, after } = embedding.surroundings(container.length)
  const head = concatBytes(before.map((part) => bytesOf(asset, part)))
  if (head.length !== embedding.position) throw new Error('what stands before is not as long as the position')
  return concatBytes([head, container, ...after.map((part) => bytesOf(asset, part))])
}

test('both orders of bytes, both widths, and DNG by its version', (t: TestContext) => {
  for (const kind of KINDS) {
    t.assert.equal(detectFormat(tiffFile([], kind)), 'image/tiff')
    t.assert.equal(inspect(tiffFile([], kind)).mediaType, 'image/tiff')
    t.assert.equal(inspect(tiffFile([[50706, 1, [1, 4, 0, 0]]], kind)).mediaType, 'image/x-adobe-dng')
  }
  for (const text of ['II*\0', 'MM\0+\0\x08\0\x01\0\0\0\0\0\0\0\0', 'IIU\0\x08\0\0\0', 'IM*\0\x08\0\0\0'])
    t.assert.equal(detectFormat(utf8Bytes(text)), undefined)
})

test('the store goes behind the file, and no byte before it changes but the offset of the directory', (t: TestContext) => {
  for (const kind of KINDS) {
    const plain = tiffFile([[60000, SHORT, [7]]], kind)
    const signed = embedded(plain)
    const { manifestStore, damage } = inspect(signed)
    t.assert.equal(damage, undefined)
    t.assert.deepEqual(manifestStore?.bytes, store)
    const start = signed.length - store.length
    t.assert.deepEqual(manifestStore?.container, { start, length: store.length })
    t.assert.equal(start % 2, 0)
    const pointer = kind.isBig ? [8, 16] : [4, 8]
    const changed = [...plain.keys()].filter((at) => plain[at] !== signed[at])
    t.assert.ok(changed.every((at) => at >= (pointer[0] as number) && at < (pointer[1] as number)))
    t.assert.equal(embedded(signed, store.subarray(0, 100)).length, signed.length - 401)
    t.assert.deepEqual(embedded(embedded(signed, store.subarray(0, 100))), signed)
  }
})

test('the field of the store is in its place in the order, in the directory of the last page', (t: TestContext) => {
  const signed = embedded(media('pages.tif'))
  const tags: number[][] = []
  const view = new DataView(signed.buffer, signed.byteOffset)
  for (let at = view.getUint32(4, true); at !== 0; ) {
    const count = view.getUint16(at, true)
    tags.push(Array.from({ length: count }, (_, index) => view.getUint16(at + 2 + index * 12, true)))
    at = view.getUint32(at + 2 + count * 12, true)
  }
  t.assert.deepEqual(
    tags.map((page) => page.includes(C2PA)),
    [false, false, true],
  )
  for (const page of tags)
    t.assert.deepEqual(
      page,
      page.toSorted((a, b) => a - b),
    )
})

test('a store is found in whichever directory of the chain has it, and two are refused', (t: TestContext) => {
  const file = (first: readonly Field[], last?: readonly Field[]): Uint8Array => {
    const writer = new TiffWriter()
    const strip = writer.append(PIXELS)
    const next = last ? writer.directory(last) : 0
    return writer.end(writer.directory(picture(strip, first), next))
  }
  const field: Field = [C2PA, UNDEFINED, store]
  for (const asset of [file([field]), file([field], picture(8)), file([], [field]), file([], picture(8, [field]))]) {
    t.assert.deepEqual(inspect(asset).manifestStore?.bytes, store)
    const signed = embedded(asset, utf8Bytes('another store'))
    t.assert.deepEqual(inspect(signed).manifestStore?.bytes, utf8Bytes('another store'))
    t.assert.deepEqual(embedded(signed, utf8Bytes('another store')), signed)
  }
  t.assert.throws(() => inspect(file([field], [field])), { code: 'multiple_manifest_stores' })
  t.assert.throws(() => inspect(file([field, field])), { code: 'multiple_manifest_stores' })
})

const refused: readonly (readonly [string, () => Uint8Array, RegExp])[] = [
  ['a store of another type', () => tiffFile([[C2PA, 1, store]]), /C2PA field is of type 1/],
  ['a store in the entry', () => tiffFile([[C2PA, UNDEFINED, [1, 2]]]), /C2PA field has 2 bytes/],
  ['a store that ends behind the file', () => tiffFile([[C2PA, UNDEFINED, store, 5000]]), /is not in the file/],
  ['no directory', () => new TiffWriter().end(0), /no directory/],
  ['a directory in the header', () => tiffFile().fill(4, 4, 5).fill(0, 5, 8), /in its header/],
  ['a directory behind the file', () => new TiffWriter().end(4000), /at offset 4000 is not in the file/],
  ['a strip behind the file', () => tiffFile([[273, LONG, [130]]]), /field 273 leads to at offset 130 is not/],
  [
    'a strip of no length',
    () =>
      tiffFile([
        [279, LONG, [0]],
        [278, SHORT, [900]],
        [257, SHORT, [900]],
      ]),
    /not in the/,
  ],
  ['strips without lengths', () => tiffFile([[273, LONG, [8, 9]]]), /field 273 has 2 values, field 279 1/],
  ['tiles without lengths', () => tiffFile([[324, LONG, [8]]]), /field 324 has 1 values, field 325 0/],
  ['a JPEG without length', () => tiffFile([[513, LONG, [8]]]), /field 513 has 1/],
  ['a value behind the file', () => tiffFile([[270, 2, utf8Bytes('abcdefg'), 900]]), /value of field 270/],
  ['offsets that are no numbers', () => tiffFile([[273, 2, utf8Bytes('a')]]), /values of type 2/],
  ['a SubIFD behind the file', () => tiffFile([[330, LONG, [4000]]]), /directory at offset 4000/],
  [
    'an Exif directory that is none',
    () => tiffFile([[34665, 2, utf8Bytes('abcd')]]),
    /field 34665 has values of type 2/,
  ],
]

for (const [what, file, message] of refused)
  test(`refused: ${what}`, (t: TestContext) => {
    t.assert.throws(() => inspect(file()), { code: 'malformed_asset', message })
  })

test('directories that lead back to themselves end', (t: TestContext) => {
  const loop = tiffFile()
  const view = new DataView(loop.buffer)
  view.setUint32(loop.length - 4, view.getUint32(4, true), true)
  t.assert.throws(() => inspect(loop), { message: /lead back/ })
  const writer = new TiffWriter()
  const strip = writer.append(PIXELS)
  // One that is its own parent, and which a second leads to as well.
  const own = writer.directory(picture(strip, [[330, LONG, [writer.length]]]))
  t.assert.equal(inspect(writer.end(writer.directory(picture(strip, [[330, LONG, [own, own]]])))).damage, undefined)
})

test('directories that share what they lead to are read no longer than the file is', (t: TestContext) => {
  const writer = new TiffWriter()
  const offsets = writer.append(new Uint8Array(40_000))
  const shared = (tag: number): Field => [tag, LONG, new Uint8Array([offsets, 0, 0, 0]), 10_000]
  const directories = Array.from({ length: 500 }, () => writer.directory([shared(273), shared(279)]))
  t.assert.throws(() => inspect(writer.end(writer.directory([[330, LONG, directories]]))), {
    message: /share what they lead to/,
  })
  const wide = new TiffWriter()
  const pages = Array.from({ length: 65_537 }, () => wide.directory([]))
  const lists = Array.from({ length: 17 }, (_, index) => pages.slice(index * 4000, (index + 1) * 4000))
  const tree = wide.directory(lists.map((list): Field => [330, LONG, list]))
  t.assert.throws(() => inspect(wide.end(tree)), { message: /too many directories/ })
  const full = Array.from({ length: 4097 }, (): Field => [300, SHORT, [1]])
  t.assert.throws(() => inspect(tiffFile(full)), { message: /has 4106 entries/ })
  const deep = new TiffWriter()
  let below = deep.directory([])
  for (let depth = 0; depth < 5000; depth++) below = deep.directory([[330, LONG, [below]]])
  t.assert.equal(inspect(deep.end(below)).damage, undefined)
})

test('a picture in the manifest store is no damage but a reason to refuse: what is there is not hashed', (t: TestContext) => {
  const writer = new TiffWriter()
  const content = writer.append(store)
  const field: Field = [C2PA, UNDEFINED, new Uint8Array([content, 0, 0, 0]), store.length]
  const asset = writer.end(writer.directory(picture(content + 100, [field])))
  t.assert.throws(() => inspect(asset), { message: /has what field 273 leads to in its C2PA manifest store/ })
  const same = writer.end(writer.directory(picture(content, [field, [279, LONG, [store.length]]])))
  t.assert.throws(() => inspect(same), { message: /has what field 273 leads to in its/ })
  const other = new TiffWriter()
  const strip = other.append(PIXELS)
  const start = other.length
  const directory = other.directory(picture(strip))
  const around: Field = [C2PA, UNDEFINED, new Uint8Array([start, 0, 0, 0]), other.length - start]
  t.assert.throws(() => inspect(other.end(other.directory(picture(strip, [around, [330, LONG, [directory]]])))), {
    message: /has a directory in its C2PA manifest store/,
  })
})

test('what is wrong beside a manifest store is damage', (t: TestContext) => {
  const writer = new TiffWriter()
  const strip = writer.append(PIXELS)
  const damaged = writer.end(
    writer.directory(
      picture(strip, [
        [C2PA, UNDEFINED, store],
        [330, LONG, [9000]],
      ]),
    ),
  )
  const { manifestStore, damage } = inspect(damaged)
  t.assert.deepEqual(manifestStore?.bytes, store)
  t.assert.match(damage?.message ?? '', /directory at offset 9000/)
})

test('a classic TIFF does not outgrow its offsets', (t: TestContext) => {
  const file = tiffFile()
  const source = { length: 0xffffff00, peek: (start: number) => file.subarray(start) }
  const outcome = tiff.inspect(source).next()
  t.assert.ok(outcome.done)
  t.assert.throws(() => outcome.value.embedding?.containerLength(1000), { code: 'too_large', message: /4 GiB/ })
})

test('of a BigTIFF of 5 GiB only the directories are read', async (t: TestContext) => {
  const file = tiffFile([], { isBig: true })
  const size = 5 * 2 ** 30 + 1
  let bytesRead = 0
  const asset = {
    size,
    async read(start: number, end: number) {
      bytesRead += end - start
      const bytes = new Uint8Array(end - start)
      bytes.set(file.subarray(start, end))
      return bytes
    },
  }
  const { embedding } = await walk<AssetLayout>(asset, tiff.inspect)
  t.assert.equal(embedding?.position, size + 7 + 8 + 10 * 20 + 8)
  t.assert.equal(lengthOfParts(embedding?.surroundings(1000).before ?? []), embedding?.position)
  t.assert.ok(bytesRead < 1_000_000)
})

test('metadata: fields of text, all of Exif and GPS, and the count of the store', (t: TestContext) => {
  const signed = embedded(media('exif.tif'))
  const ranges: ByteRange[] = []
  walk(signed, function* (source) {
    yield* tiff.metadata?.(source, (range) => ranges.push(range) > 0) ?? []
  })
  const texts = ranges.map(({ start, length }) =>
    Buffer.from(signed.subarray(start, start + length)).toString('latin1'),
  )
  for (const expected of [/^A pattern\0$/, /^Nobody\0$/, /<x:xmpmeta/, /^2026:01:02 03:04:05\0$/, /^N\0$/])
    t.assert.ok(
      texts.some((text) => expected.test(text)),
      `${expected} of ${texts}`,
    )
  t.assert.equal(texts.filter((text) => text === String.fromCharCode(501 & 0xff, 501 >> 8, 0, 0)).length, 1)
  t.assert.deepEqual(
    ranges,
    ranges.toSorted((a, b) => a.start - b.start),
  )
  const [strip, stripEnd] = [3418, 3418 + 1296]
  t.assert.ok(!ranges.some(({ start, length }) => start < stripEnd && start + length > strip))
})

test('whatever is cut off or changed is refused or read, and nothing is asked for that is not there', (t: TestContext) => {
  for (const kind of KINDS) {
    const signed = embedded(tiffFile([[270, 2, utf8Bytes('a text\0')]], kind), store.subarray(0, 40))
    const metadata = (bytes: Uint8Array) =>
      walkByBytes(bytes, function* (source) {
        if (detectFormat(bytes)) yield* tiff.metadata?.(source, () => true) ?? []
      })
    const parse = (bytes: Uint8Array) => {
      metadata(bytes)
      return walkByBytes(bytes, tiff.inspect)
    }
    refusesMalformed(signed, parse)
    survivesFlips(embedded(tiffFile([], kind), store.subarray(0, 40)), parse)
    for (let length = 0; length <= signed.length; length += 7) {
      const bytes = signed.subarray(0, length)
      t.assert.equal(
        outcomeOf(() => walkByBytes(bytes, tiff.inspect)),
        outcomeOf(() => inspect(bytes)),
      )
    }
  }
})

const options = { ...(await credential()), claimGenerator: { name: 'Example' } }

for (const name of ['exif.tif', 'pages.tif', 'big-endian.tif', 'bigtiff.tif', 'tiled.tif', 'raw.dng'])
  test(`${name}: libtiff and exiftool read of the signed file what they read before`, async (t: TestContext) => {
    const plain = media(name)
    const once = await sign(plain, options)
    const { asset } = await sign(once.asset, options)
    if (isInstalled('tiffinfo')) {
      const directories = (bytes: Uint8Array) =>
        judged(bytes, 'tif', ['tiffinfo'])
          .split('\n')
          .filter((line) => !/Tag 52545|Warning, Unknown field with tag 52545|TIFF [Dd]irectory|\/file\.tif/.test(line))
      t.assert.deepEqual(directories(asset), directories(plain))
    } else t.diagnostic('tiffinfo is not installed')
    if (isInstalled('exiftool')) {
      const tags = (bytes: Uint8Array) =>
        judged(bytes, 'tif', ['exiftool', '-a', '-G1', '-s', '-n', '--System:all', '--JUMBF:all'])
          .split('\n')
          .filter((line) => !/C2PA|JUMBF|Cbor|Jumd|Warning/i.test(line))
      t.assert.deepEqual(tags(asset), tags(plain))
    } else t.diagnostic('exiftool is not installed')
  })
