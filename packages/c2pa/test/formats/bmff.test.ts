import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { bytesOf, walk } from '../../src/formats/asset.ts'
import type { Embedding } from '../../src/formats/asset-format.ts'
import { bmff } from '../../src/formats/bmff.ts'
import { detectFormat } from '../../src/formats/detect.ts'
import { sign } from '../../src/sign/sign.ts'
import { credential } from '../credential.ts'
import { refuses, survivesFlips } from '../malformed.ts'
import { box, media, UUID } from '../verify/bmff-forge.ts'

const inspect = (asset: Uint8Array) => walk(asset, bmff.inspect)
const store = new Uint8Array(500).fill(1)
store.set([0, 0, 1, 244])

/** Big-endian numbers, each of so many bytes. */
function numbers(...list: readonly (readonly [size: number, ...values: number[]])[]): Uint8Array {
  return Uint8Array.from(
    list.flatMap(([size, ...values]) =>
      values.flatMap((value) =>
        Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** (size - 1 - at)) % 256),
      ),
    ),
  )
}

const ftyp = box('ftyp', utf8Bytes('isom'), new Uint8Array(4))
const full = (version = 0, flags = 0) => numbers([1, version], [3, flags])
const uuid = (purpose: string, ...data: Uint8Array[]) => box('uuid', UUID, full(), utf8Bytes(`${purpose}\0`), ...data)
const CONTAINER = 45 + store.length
/** Far behind `ftyp`. */
const FAR = 100_000
const MOVED = FAR + CONTAINER

/** The asset with a store in it, put together as `sign` does. */
function embedded(asset: Uint8Array, bytes = store): Uint8Array {
  const { damage, embedding } = inspect(asset)
  if (damage) throw damage
  const { containerLength, surroundings, writeContainer } = embedding as Embedding
  const container = new Uint8Array(containerLength(bytes.length))
  writeContainer(container, 0, bytes)
  const { before, after } = surroundings(container.length)
  return concatBytes([
    ...before.map((part) => bytesOf(asset, part)),
    container,
    ...after.map((part) => bytesOf(asset, part)),
  ])
}

/** No file is without one. */
const moov = box('moov')

/** What stands behind the manifest. */
function movedRest(...rest: readonly Uint8Array[]): Uint8Array {
  const made = embedded(concatBytes([ftyp, moov, ...rest]))
  return made.subarray(ftyp.length + CONTAINER + moov.length)
}

test('brands tell the kinds apart', (t: TestContext) => {
  const of = (major: string, ...compatible: string[]) =>
    detectFormat(box('ftyp', utf8Bytes(major), new Uint8Array(4), utf8Bytes(compatible.join(''))))
  for (const [mediaType, ...brands] of [
    ['image/heic', 'heic', 'heix', 'heim', 'hevc'],
    ['image/avif', 'avif', 'avis'],
    ['image/heif', 'mif1', 'msf1'],
    ['video/mp4', 'isom', 'mp42', 'mp41', 'iso5', 'avc1', 'dash', 'M4V ', '3gp5', '3g2a', 'MSNV'],
    ['video/quicktime', 'qt  '],
    ['audio/mp4', 'M4A ', 'M4B '],
  ] as const)
    for (const brand of brands) {
      t.assert.equal(of(brand), mediaType, brand)
      t.assert.equal(of('XXXX', brand), mediaType, brand)
    }
  t.assert.equal(of('mif1', 'mif1', 'heic'), 'image/heic')
  t.assert.equal(of('mif1', 'mif1', 'avif', 'miaf'), 'image/avif')
  t.assert.equal(of('msf1', 'iso8', 'mif1'), 'image/heif')
  t.assert.equal(of('heic', 'mif1', 'avif'), 'image/heic')
  t.assert.equal(of('isom', 'mp42', 'M4A '), 'video/mp4')
  for (const brand of ['crx ', 'jp2 ', 'jpx ', 'XXXX']) t.assert.equal(of(brand, 'XXXX'), undefined, brand)
  t.assert.equal(of('crx ', 'isom'), undefined)
  for (const type of ['moov', 'mdat', 'wide']) t.assert.equal(detectFormat(box(type, store)), 'video/quicktime')
  t.assert.equal(detectFormat(concatBytes([numbers([4, 5]), utf8Bytes('moov')])), undefined)
  t.assert.equal(detectFormat(utf8Bytes('ftypisom')), undefined)
  t.assert.equal(detectFormat(new Uint8Array(3)), undefined)
})

test('the store stands behind ftyp, and is replaced there', (t: TestContext) => {
  const file = concatBytes([ftyp, moov, box('free', new Uint8Array(10)), box('mdat', store)])
  const made = embedded(file)
  const expected = concatBytes([ftyp, uuid('manifest', new Uint8Array(8), store), file.subarray(ftyp.length)])
  t.assert.deepEqual(made, expected)
  const layout = inspect(made)
  t.assert.deepEqual(layout.manifestStore, { bytes: store, container: { start: ftyp.length, length: CONTAINER } })
  t.assert.deepEqual(embedded(made), made)
  t.assert.deepEqual(embedded(embedded(made, store.subarray(0, 100))), made)
  // Wherever the old one was, and whatever followed it in its box.
  const late = concatBytes([file, uuid('manifest', new Uint8Array(8), store, new Uint8Array(9))])
  t.assert.deepEqual(inspect(late).manifestStore?.bytes, store)
  t.assert.deepEqual(embedded(late), made)
})

test('where the first box for a Merkle tree is, the box of the store tells', (t: TestContext) => {
  const file = concatBytes([ftyp, moov, box('mdat', store), uuid('merkle', store)])
  const made = embedded(file)
  const offset = ftyp.length + CONTAINER + moov.length + 508
  const at = ftyp.length + 37
  t.assert.deepEqual(made.subarray(at, at + 8), numbers([8, offset]))
  t.assert.deepEqual(made.subarray(offset), uuid('merkle', store))
})

test('two stores, or two updates, are too many', (t: TestContext) => {
  const one = uuid('manifest', new Uint8Array(8), store)
  const update = uuid('update', new Uint8Array(8), store)
  for (const boxes of [
    [one, one],
    [one, uuid('original', new Uint8Array(8), store)],
    [one, update, update],
  ])
    t.assert.throws(() => inspect(concatBytes([ftyp, ...boxes])), { code: 'multiple_manifest_stores' })
  t.assert.throws(() => inspect(concatBytes([ftyp, update])), { code: 'malformed_asset' })
  t.assert.throws(() => inspect(concatBytes([ftyp, uuid('manifest', new Uint8Array(10))])), { code: 'malformed_asset' })
  // Boxes of purposes to come are passed over.
  t.assert.equal(inspect(concatBytes([ftyp, moov, uuid('other', store), box('uuid', UUID)])).manifestStore, undefined)
})

const nest = (types: string, inside: Uint8Array): Uint8Array =>
  types.split('/').reduceRight((content, type) => box(type, content), inside)

test('offsets of chunks move with them', (t: TestContext) => {
  const table = (type: string, size: number, ...offsets: number[]) =>
    nest('moov/trak/mdia/minf/stbl', box(type, full(), numbers([4, offsets.length], [size, ...offsets])))
  const [before, after] = [
    [FAR, 5, FAR + 1],
    [MOVED, 5, MOVED + 1],
  ] as const
  t.assert.deepEqual(movedRest(table('stco', 4, ...before)), table('stco', 4, ...after))
  t.assert.deepEqual(movedRest(table('co64', 8, ...before, 2 ** 40)), table('co64', 8, ...after, 2 ** 40 + CONTAINER))
  t.assert.deepEqual(movedRest(table('saio', 4, ...before)), table('saio', 4, ...after))
  const aux = (offset: number) =>
    nest('moov/trak/mdia/minf/stbl', box('saio', full(1, 1), new Uint8Array(8), numbers([4, 1], [8, offset])))
  t.assert.deepEqual(movedRest(aux(FAR)), aux(MOVED))
  // In fragments they count from the fragment.
  const relative = nest('moof/traf', box('saio', full(), numbers([4, 1], [4, FAR])))
  t.assert.deepEqual(movedRest(relative), relative)
})

test('offsets of fragments move with them', (t: TestContext) => {
  const tfhd = (flags: number, offset: number) =>
    nest('moof/traf', box('tfhd', full(0, flags), numbers([4, 1], [8, offset])))
  t.assert.deepEqual(movedRest(tfhd(1, FAR)), tfhd(1, MOVED))
  t.assert.deepEqual(movedRest(tfhd(0x39, FAR)), tfhd(0x39, MOVED))
  t.assert.deepEqual(movedRest(tfhd(0x20008, FAR)), tfhd(0x20008, FAR))
  for (const [version, size, sizes] of [
    [0, 4, 0],
    [1, 8, 0b000110],
    [0, 4, 0b111111],
  ] as const) {
    const rest = 3 + ((sizes >> 4) & 3) + ((sizes >> 2) & 3) + (sizes & 3)
    const tfra = (offset: number) =>
      nest(
        'mfra',
        box(
          'tfra',
          full(version),
          numbers(
            [4, 1, sizes, 2],
            [size, 9, offset],
            [1, ...new Array(rest).fill(7)],
            [size, 9, offset + 8],
            [1, ...new Array(rest).fill(7)],
          ),
        ),
      )
    t.assert.deepEqual(movedRest(tfra(FAR)), tfra(MOVED))
  }
})

/** One item of two extents; sizes of offsets, lengths, base and index, and whether the box is in `meta` of a track. */
function iloc(
  version: number,
  [offsetSize, baseSize]: readonly [number, number],
  [base, ...offsets]: readonly number[],
  { method = 0, reference = 0, index = 0 } = {},
): Uint8Array {
  const idSize = version === 2 ? 4 : 2
  return box(
    'iloc',
    full(version),
    numbers([1, offsetSize * 16 + 4, baseSize * 16 + index], [idSize, 1, 9]),
    ...(version > 0 ? [numbers([2, method])] : []),
    numbers([2, reference], [baseSize, base ?? 0], [2, offsets.length]),
    ...offsets.map((offset) => numbers([index, 1], [offsetSize, offset], [4, 10])),
  )
}

test('items move by their base or by their extents, in all versions', (t: TestContext) => {
  const meta = (table: Uint8Array) => box('meta', full(), box('hdlr', full()), table)
  const plain = (table: Uint8Array) => box('meta', box('hdlr', full()), table)
  for (const version of [0, 1, 2])
    for (const index of version > 0 ? [0, 4, 8] : [0])
      for (const [sizes, from, to] of [
        [
          [4, 0],
          [0, FAR, FAR + 10],
          [0, MOVED, MOVED + 10],
        ],
        [
          [8, 0],
          [0, FAR, 2 ** 40],
          [0, MOVED, 2 ** 40 + CONTAINER],
        ],
        [
          [4, 4],
          [FAR, 0, 10],
          [MOVED, 0, 10],
        ],
        [
          [0, 4],
          [FAR, 0],
          [MOVED, 0],
        ],
        [
          [0, 8],
          [FAR, 0],
          [MOVED, 0],
        ],
        [
          [4, 4],
          [0, FAR, FAR + 10],
          [0, MOVED, MOVED + 10],
        ],
        // One extent before the manifest, one behind it: the base can't move.
        [
          [4, 4],
          [8, 0, FAR],
          [8, 0, MOVED],
        ],
        [
          [4, 0],
          [0, 3],
          [0, 3],
        ],
        [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      ] as const) {
        const made = (places: readonly number[]) => iloc(version, sizes, places, { index })
        t.assert.deepEqual(movedRest(meta(made(from))), meta(made(to)), `version ${version}, ${sizes}, ${from}`)
        t.assert.deepEqual(movedRest(plain(made(from))), plain(made(to)))
        for (const parent of ['moov', 'moov/trak', 'moov/udta', 'moof', 'moof/traf', 'meco', 'moov/meco'])
          t.assert.deepEqual(movedRest(nest(parent, meta(made(from)))), nest(parent, meta(made(to))), parent)
      }
  // In `idat`, or in other items: where they are does not change.
  for (const method of [1, 2]) {
    const made = meta(iloc(1, [4, 4], [FAR, FAR], { method }))
    t.assert.deepEqual(movedRest(made), made)
  }
})

test('what lies in other files stays there', (t: TestContext) => {
  const dinf = (...flags: number[]) =>
    nest('dinf', box('dref', full(), numbers([4, flags.length]), ...flags.map((flag) => box('url ', full(0, flag)))))
  const track = (references: readonly number[], flags: readonly number[], offset: number) => {
    const entries = references.map((reference) => box('avc1', numbers([6, 0], [2, reference])))
    const stsd = box('stsd', full(), numbers([4, entries.length]), ...entries)
    const stco = box('stco', full(), numbers([4, 1, offset]))
    return nest('moov/trak/mdia', box('minf', dinf(...flags), box('stbl', stsd, stco)))
  }
  t.assert.deepEqual(movedRest(track([1], [1], FAR)), track([1], [1], MOVED))
  t.assert.deepEqual(movedRest(track([1], [0], FAR)), track([1], [0], FAR))
  t.assert.deepEqual(movedRest(track([2], [0, 1], FAR)), track([2], [0, 1], MOVED))
  t.assert.deepEqual(movedRest(track([1], [0, 1], FAR)), track([1], [0, 1], FAR))
  t.assert.throws(() => movedRest(track([1, 2], [0, 1], FAR)), { code: 'malformed_asset' })

  const meta = (reference: number, flag: number, offset: number) =>
    box('meta', full(), box('hdlr', full()), iloc(1, [4, 0], [0, offset], { reference }), dinf(flag))
  t.assert.deepEqual(movedRest(meta(1, 1, FAR)), meta(1, 1, MOVED))
  t.assert.deepEqual(movedRest(meta(1, 0, FAR)), meta(1, 0, FAR))
  t.assert.deepEqual(movedRest(meta(0, 0, FAR)), meta(0, 0, MOVED))
})

test('offsets that have no room left are an error that says so', (t: TestContext) => {
  const near = 2 ** 32 - 10
  const stco = nest('moov/trak/mdia/minf/stbl', box('stco', full(), numbers([4, 1, near])))
  t.assert.throws(() => movedRest(stco), { code: 'too_large', message: /64-bit/ })
  const meta = (table: Uint8Array) => box('meta', full(), box('hdlr', full()), table)
  t.assert.throws(() => movedRest(meta(iloc(0, [4, 0], [0, near]))), { code: 'too_large' })
  // A base that has room takes it.
  t.assert.deepEqual(movedRest(meta(iloc(0, [4, 8], [0, near]))), meta(iloc(0, [4, 8], [CONTAINER, near])))
})

test('tables that lie are damage', (t: TestContext) => {
  const inTrack = (...content: Uint8Array[]) => nest('moov/trak/mdia/minf/stbl', concatBytes(content))
  const meta = (...content: Uint8Array[]) => box('meta', full(), box('hdlr', full()), ...content)
  for (const broken of [
    inTrack(box('stco', full(), numbers([4, 2, 1]))),
    inTrack(box('stco', full(), numbers([4, 0xffffffff]))),
    inTrack(box('co64', full(), numbers([4, 1, 1]))),
    inTrack(box('stco', full())),
    inTrack(box('saio', full(0, 1), numbers([4, 1, 1]))),
    nest('moof/traf', box('tfhd', full(0, 1), numbers([4, 1]))),
    nest('mfra', box('tfra', full(), numbers([4, 1, 0, 1, 1]))),
    nest('moov/cmov', new Uint8Array(8)),
    nest('moov/moov', new Uint8Array()),
    nest('moov/trak/trak', new Uint8Array()),
    meta(box('iloc', full(3), numbers([2, 0x4400]))),
    meta(box('iloc', full(0), numbers([2, 0x5400]))),
    meta(box('iloc', full(0), numbers([2, 0x4400, 1]))),
    meta(box('iloc', full(0), numbers([2, 0x4400, 1, 1, 0, 0xffff]))),
    meta(box('iloc', full(0), numbers([2, 0, 1, 1, 0, 0xffff]))),
  ]) {
    t.assert.throws(() => inspect(concatBytes([ftyp, broken])), { code: 'malformed_asset' })
    const signed = inspect(concatBytes([ftyp, uuid('manifest', new Uint8Array(8), store), broken]))
    t.assert.deepEqual(signed.manifestStore?.bytes, store)
    t.assert.equal(signed.damage?.code, 'malformed_asset')
  }
})

test('what holds nothing is damage, and so is a brand without end', (t: TestContext) => {
  for (const file of [
    ftyp,
    concatBytes([ftyp, box('mdat', store)]),
    concatBytes([numbers([4, 0]), ftyp.subarray(4), moov]),
    media('progressive.mp4').subarray(0, 5166),
  ])
    t.assert.throws(() => inspect(file), { code: 'malformed_asset' })
})

test('sizes that lie, and sizes of every kind', (t: TestContext) => {
  const mdat = utf8Bytes('mdat')
  const large = concatBytes([numbers([4, 1]), mdat, numbers([8, 20]), new Uint8Array(4)])
  const open = concatBytes([numbers([4, 0]), mdat, new Uint8Array(9)])
  t.assert.deepEqual(movedRest(large), large)
  t.assert.deepEqual(movedRest(open), concatBytes([numbers([4, 17]), open.subarray(4)]))
  t.assert.deepEqual(movedRest(large, open).subarray(0, 20), large)
  for (const broken of [
    concatBytes([numbers([4, 7]), mdat]),
    concatBytes([numbers([4, 9]), mdat]),
    concatBytes([numbers([4, 1]), mdat, numbers([8, 15])]),
    concatBytes([numbers([4, 1]), mdat, numbers([8, 17])]),
    concatBytes([numbers([4, 1]), mdat, numbers([4, 0])]),
    concatBytes([numbers([4, 1]), mdat, new Uint8Array(8).fill(255)]),
    new Uint8Array(7),
  ])
    t.assert.throws(() => inspect(concatBytes([ftyp, broken])), { code: 'malformed_asset' })
  // Open boxes inside of others are none.
  t.assert.equal(inspect(concatBytes([ftyp, nest('moov/trak', open), box('free')])).damage, undefined)
})

test('depth and number of boxes are bounded', (t: TestContext) => {
  let deep = new Uint8Array()
  for (let depth = 0; depth < 5000; depth++) deep = box('udta', deep) as Uint8Array<ArrayBuffer>
  t.assert.equal(inspect(concatBytes([ftyp, box('moov', deep)])).damage, undefined)
  for (const [count, within] of [
    [70_000, (boxes: Uint8Array) => boxes],
    [500_000, (boxes: Uint8Array) => nest('moov/trak', boxes)],
  ] as const) {
    const many = within(Buffer.alloc(8 * count, box('free')))
    t.assert.throws(() => inspect(concatBytes([ftyp, many])), { code: 'too_large' })
  }
  const items = box('iloc', full(), numbers([2, 0, 0xffff]), new Uint8Array(17 * 1024 * 1024))
  t.assert.throws(() => inspect(concatBytes([ftyp, box('meta', full(), items)])), { code: 'too_large' })
})

test('malformed files are refused or read, and nothing else', async (t: TestContext) => {
  for (const name of ['still.avif', 'grid.heic', 'fragmented-base.mp4', 'progressive.mp4']) {
    const asset = media(name)
    for (let length = 8; length < asset.length; length++)
      refuses(() => inspect(asset.subarray(0, length)), `cut to ${length}`)
    const { manifestStore } = inspect(asset)
    t.assert.equal(manifestStore, undefined)
  }
  const signed = await sign(media('still.avif'), { ...(await credential()), claimGenerator: { name: 'Example' } })
  const { start, length } = signed.container
  const shell = concatBytes([signed.asset.subarray(0, start + 60), signed.asset.subarray(start + length)])
  new DataView(shell.buffer).setUint32(start, 60)
  survivesFlips(shell, (bytes) => {
    const { embedding } = inspect(bytes)
    embedding?.surroundings(1000)
    for (const part of embedding?.bmffHashed?.(1000) ?? []) if (part.length < 0) throw new Error('a negative length')
  })
})
