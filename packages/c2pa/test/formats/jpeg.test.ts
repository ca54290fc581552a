import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../../src/c2pa-error.ts'
import { walk } from '../../src/formats/asset.ts'
import type { Embedding } from '../../src/formats/asset-format.ts'
import { detectFormat, hasManifest } from '../../src/formats/detect.ts'
import { jpeg } from '../../src/formats/jpeg.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { MANIFEST_STORE } from '../../src/jumbf/content-type.ts'
import { encodeSuperbox } from '../../src/jumbf/superbox.ts'
import { refuses, survivesFlips } from '../malformed.ts'
import { foreignJumbf, noise, segment, withSegments } from '../pictures.ts'

const inspect = (image: Uint8Array) => walk(image, jpeg.inspect)
const embeddingIn = (image: Uint8Array) => inspect(image).embedding as Embedding
const picture = new Uint8Array(await noise(24, 16).jpeg().toBuffer())

function storeOf(length: number): Uint8Array {
  return encodeSuperbox(
    { type: MANIFEST_STORE, requestable: true, label: 'c2pa' },
    encodeBox(
      'free',
      new Uint8Array(length).map((_, index) => index & 0xff),
    ),
  )
}

function containerOf(store: Uint8Array, image: Uint8Array = picture): Uint8Array {
  const embedding = embeddingIn(image)
  const container = new Uint8Array(embedding.containerLength(store.length))
  embedding.writeContainer(container, 0, store)
  return container
}

const insert = (image: Uint8Array, at: number, part: Uint8Array) =>
  concatBytes([image.subarray(0, at), part, image.subarray(at)])

test('a store of any length comes back from its segments', (t: TestContext) => {
  for (const length of [0, 1, 63_900, 63_945, 63_946, 63_947, 63_948, 64_000, 127_930, 200_000]) {
    const store = storeOf(length)
    const container = containerOf(store)
    const layout = inspect(insert(picture, 2, container))
    t.assert.equal(layout.damage, undefined)
    t.assert.deepEqual(layout.manifestStore?.bytes, store)
    t.assert.deepEqual(layout.manifestStore?.container, { start: 2, length: container.length })
    t.assert.equal(layout.embedding?.containerLength(store.length), container.length)
  }
})

test('the store goes after APP0, and before what counts offsets from its own place', (t: TestContext) => {
  const jfif = segment(0xe0, utf8Bytes('JFIF\0\x01\x02\0\0\x01\0\x01\0\0'))
  const exif = segment(0xe1, utf8Bytes('Exif\0\0'))
  t.assert.equal(embeddingIn(picture).position, 2)
  t.assert.equal(embeddingIn(withSegments(picture, jfif, exif)).position, 2 + jfif.length)
  t.assert.equal(embeddingIn(withSegments(picture, exif, jfif)).position, 2)
  t.assert.equal(embeddingIn(withSegments(picture, jfif, jfif, exif)).position, 2 + 2 * jfif.length)
})

test('a store in segments of a byte each comes back', (t: TestContext) => {
  const store = storeOf(3000)
  const part = (sequence: number, bytes: Uint8Array) =>
    segment(
      0xeb,
      concatBytes([Uint8Array.of(0x4a, 0x50, 2, 0x11, 0, 0, sequence >> 8, sequence), store.subarray(0, 8), bytes]),
    )
  const parts = [part(1, store.subarray(8, 40))]
  for (let at = 40; at < store.length; at++) parts.push(part(parts.length + 1, store.subarray(at, at + 1)))
  const { manifestStore, damage } = inspect(withSegments(picture, ...parts))
  t.assert.equal(damage, undefined)
  t.assert.deepEqual(manifestStore?.bytes, store)
})

test('other JUMBF is left alone, and its box number is not taken', (t: TestContext) => {
  const image = withSegments(picture, ...foreignJumbf(0x0211), ...foreignJumbf(0x0212))
  t.assert.equal(inspect(image).manifestStore, undefined)
  const container = containerOf(storeOf(10), image)
  t.assert.deepEqual([container[6], container[7]], [0x02, 0x13])
})

test('a damaged image is refused with a sentence', (t: TestContext) => {
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    t.assert.throws(
      () => inspect(bytes),
      (error) => error instanceof C2paError && error.code === 'malformed_asset' && pattern.test(error.message),
    )
  for (let length = 3; length < picture.length; length++)
    refused(picture.subarray(0, length), /^The JPEG is damaged: .+\.$/)
  refused(picture.subarray(0, picture.length - 2), /ends before its end-of-image marker/)
  const many = new Uint8Array(4 * 250_001).map((_, index) => [0xff, 0xfe, 0, 2][index % 4] as number)
  refused(concatBytes([picture.subarray(0, 2), many, picture.subarray(2)]), /more than 250000 segments/)
  refused(concatBytes([picture.subarray(0, 2), Uint8Array.of(0xff, 0xd9)]), /no scan/)
  refused(concatBytes([picture.subarray(0, 2), Uint8Array.of(0, 0, 0)]), /./)
  refused(insert(picture, 2, Uint8Array.of(0xff, 0xe1, 0, 1)), /length 1/)
  refused(insert(picture, 2, Uint8Array.of(0xff, 0xd8)), /marker FFD8/)
  refused(insert(picture, 2, segment(0xda, new Uint8Array(10))), /before its frame header/)
  refused(insert(picture, 2, segment(0xc0, new Uint8Array(3))), /frame header/)
  t.assert.equal(detectFormat(utf8Bytes('BM')), undefined)
  t.assert.equal(detectFormat(new Uint8Array()), undefined)
})

test('two stores are refused, wherever the second one stands', async (t: TestContext) => {
  const container = containerOf(storeOf(10))
  const once = insert(picture, 2, container)
  t.assert.equal(await hasManifest(once), true)
  t.assert.equal(await hasManifest(picture), false)
  const places = [2, 2 + container.length, once.length - 2]
  for (const place of places)
    t.assert.throws(() => inspect(insert(once, place, container)), { code: 'multiple_manifest_stores' })
  // After EOI it belongs to another picture.
  t.assert.equal(inspect(concatBytes([once, container])).damage, undefined)
})

test('segments of a store that do not fit together are damage that a verifier can get past', (t: TestContext) => {
  const container = containerOf(storeOf(130_000))
  const length = 2 + ((container[2] as number) << 8) + (container[3] as number)
  const [first, second, third] = [
    container.subarray(0, length),
    container.subarray(length, 2 * length),
    container.subarray(2 * length),
  ]
  const damaged = (parts: Uint8Array[], pattern: RegExp) =>
    t.assert.match(inspect(withSegments(picture, ...parts)).damage?.message ?? '', pattern)
  damaged([first, third], /has segment 3 after 1/)
  damaged([first, third, second], /has segment 3 after 1/)
  damaged([first, second], /cut short/)
  damaged([first, segment(0xe1, utf8Bytes('Exif')), second, third], /cut short/)
  damaged([first, second, second], /has segment 2 after 2/)
  const longer = third.slice()
  longer[11] = 4
  damaged([first, second, third, longer], /goes on past the length/)
  const other = second.slice()
  other[19] = 0x20
  damaged([first, other, third], /repeat its box header/)
  // A continuation of nothing is no store: it may be part of any JUMBF box.
  t.assert.equal(inspect(withSegments(picture, second)).manifestStore, undefined)
})

test('bytes changed in any way are refused or read', () => {
  const image = withSegments(picture, containerOf(storeOf(40)), ...foreignJumbf())
  survivesFlips(image.subarray(0, 900), (bytes) => inspect(bytes))
  survivesFlips(image, (bytes) => inspect(bytes))
})

test('a long run of fill bytes or of tiny segments takes no longer than its length', (t: TestContext) => {
  const started = performance.now()
  const fill = concatBytes([Uint8Array.of(0xff, 0xd8), new Uint8Array(8_000_000).fill(0xff)])
  t.assert.ok(refuses(() => inspect(fill), 'fill bytes'))
  const tiny = new Uint8Array(4_000_000)
  for (let index = 0; index < tiny.length; index += 4) tiny.set([0xff, 0xe1, 0, 2], index)
  t.assert.ok(refuses(() => inspect(concatBytes([Uint8Array.of(0xff, 0xd8), tiny])), 'tiny segments'))
  t.assert.ok(performance.now() - started < 5000)
})

test('what other readers take for a manifest store is none too many here, whatever the rest of its type', (t: TestContext) => {
  const container = containerOf(storeOf(10))
  const alike = container.slice()
  // The last byte of the description's type.
  alike[4 + 39] = (alike[4 + 39] as number) ^ 1
  t.assert.notEqual(inspect(insert(picture, 2, alike)).manifestStore, undefined)
  const both = insert(insert(picture, 2, container), 2, alike)
  t.assert.throws(() => inspect(both), { code: 'multiple_manifest_stores' })
})
