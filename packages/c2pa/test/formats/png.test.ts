import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../../src/c2pa-error.ts'
import { walk } from '../../src/formats/asset.ts'
import type { Embedding } from '../../src/formats/asset-format.ts'
import { png } from '../../src/formats/png.ts'
import { survivesFlips } from '../malformed.ts'
import { chunk, noise, withChunks } from '../pictures.ts'

const inspect = (image: Uint8Array) => walk(image, png.inspect)
const picture = new Uint8Array(await noise(12, 8).png().toBuffer())
const store = new Uint8Array(5000).map((_, index) => index & 0xff)
const container = chunk('caBX', store)

test('the store goes after IHDR and comes back', (t: TestContext) => {
  const embedding = inspect(picture).embedding as Embedding
  t.assert.equal(embedding.position, 33)
  const written = new Uint8Array(embedding.containerLength(store.length))
  embedding.writeContainer(written, 0, store)
  t.assert.deepEqual(written, container)
  const read = inspect(withChunks(picture, container))
  t.assert.equal(read.damage, undefined)
  t.assert.deepEqual(read.manifestStore, { bytes: store, container: { start: 33, length: container.length } })
  const late = inspect(concatBytes([picture.subarray(0, -12), container, picture.subarray(-12)]))
  t.assert.deepEqual(late.manifestStore?.container, { start: picture.length - 12, length: container.length })
})

test('two stores are refused; what follows IEND is not looked at', (t: TestContext) => {
  t.assert.throws(() => inspect(withChunks(picture, container, container)), { code: 'multiple_manifest_stores' })
  t.assert.equal(inspect(concatBytes([picture, container])).manifestStore, undefined)
})

test('a damaged image is refused with a sentence', (t: TestContext) => {
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    t.assert.throws(
      () => inspect(bytes),
      (error) => error instanceof C2paError && error.code === 'malformed_asset' && pattern.test(error.message),
    )
  for (let length = 8; length < picture.length; length++)
    refused(picture.subarray(0, length), /^The PNG is damaged: .+\.$/)
  const header = picture.subarray(8, 33)
  refused(concatBytes([picture.subarray(0, 8), picture.subarray(33)]), /begin with an IHDR/)
  refused(withChunks(picture, header), /two headers/)
  refused(concatBytes([picture.subarray(0, 33), chunk('IEND', new Uint8Array())]), /no image data/)
  refused(withChunks(picture, chunk('te t', new Uint8Array())), /no chunk at offset 33/)
  refused(withChunks(picture, Uint8Array.of(0xff, 0xff, 0xff, 0xff, ...utf8Bytes('tEXt'))), /inside the tEXt chunk/)
  const text = chunk('tEXt', utf8Bytes('a\0b'))
  text[8] = 0x62
  refused(withChunks(picture, text), /CRC of its tEXt chunk at offset 33/)
  const flat = picture.slice()
  flat.fill(0, 16, 20)
  refused(flat, /./)
})

test('a wrong CRC of the store is damage that a verifier can get past', (t: TestContext) => {
  const broken = container.slice()
  broken[20] = 0
  const layout = inspect(withChunks(picture, broken))
  t.assert.match(layout.damage?.message ?? '', /CRC of its caBX/)
  t.assert.equal(layout.manifestStore?.container.length, container.length)
})

test('bytes changed in any way are refused or read', () => {
  survivesFlips(withChunks(picture, chunk('caBX', store.subarray(0, 50))), (bytes) => inspect(bytes))
})
