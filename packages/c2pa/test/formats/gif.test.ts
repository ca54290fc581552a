import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, latin1Text, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { C2paError } from '../../src/c2pa-error.ts'
import { bytesOf, walk } from '../../src/formats/asset.ts'
import type { AssetFormat, Embedding } from '../../src/formats/asset-format.ts'
import { gif } from '../../src/formats/gif.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { refuses, survivesFlips } from '../malformed.ts'

const animation = new Uint8Array(readFileSync(new URL('../../../../test/vectors/media/animation.gif', import.meta.url)))
const inspect = (image: Uint8Array) => walk(image, gif.inspect)
const boxesOf = (image: Uint8Array) => walk(image, gif.boxes as NonNullable<AssetFormat['boxes']>)
const store = new Uint8Array(600).map((_, index) => index & 0xff)

const subBlocks = (...blocks: readonly Uint8Array[]) =>
  concatBytes([...blocks.flatMap((block) => [Uint8Array.of(block.length), block]), Uint8Array.of(0)])
const extension = (label: number, ...blocks: readonly Uint8Array[]) =>
  concatBytes([Uint8Array.of(0x21, label), subBlocks(...blocks)])
const application = (id: string, ...blocks: readonly Uint8Array[]) => extension(0xff, utf8Bytes(id), ...blocks)
const stored = (bytes: Uint8Array, size = 255) => {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) blocks.push(bytes.subarray(at, at + size))
  return application('C2PA_GIF\x01\0\0', ...blocks)
}

const SCREEN = Uint8Array.of(1, 0, 1, 0, 0x80, 0, 0)
const COLOURS = Uint8Array.of(0, 0, 0, 255, 255, 255)
/** One pixel, with colours of its own where it is told so. */
const image = (hasColours = false) =>
  concatBytes([
    Uint8Array.of(0x2c, 0, 0, 0, 0, 1, 0, 1, 0, hasColours ? 0x80 : 0),
    hasColours ? COLOURS : new Uint8Array(),
    Uint8Array.of(2),
    subBlocks(Uint8Array.of(0x44, 1)),
  ])
const file = (...blocks: readonly Uint8Array[]) =>
  concatBytes([utf8Bytes('GIF89a'), SCREEN, COLOURS, ...blocks, Uint8Array.of(0x3b)])

function embedded(asset: Uint8Array, bytes = store): Uint8Array {
  const embedding = inspect(asset).embedding as Embedding
  const container = new Uint8Array(embedding.containerLength(bytes.length))
  embedding.writeContainer(container, 0, bytes)
  const { before, after } = embedding.surroundings(container.length)
  const parts = (list: typeof before) => list.map((part) => bytesOf(asset, part))
  const head = concatBytes(parts(before))
  if (head.length !== embedding.position) throw new Error('what stands before is not as long as the position')
  return concatBytes([head, container, ...parts(after)])
}

test('the store goes before all other blocks, in sub-blocks, and comes back', (t: TestContext) => {
  const loop = application('NETSCAPE2.0', Uint8Array.of(1, 0, 0))
  for (const length of [1, 254, 255, 256, 510, 600]) {
    const bytes = store.subarray(0, length)
    const signed = embedded(file(loop, image()), bytes)
    t.assert.deepEqual(signed, file(stored(bytes), loop, image()))
    const layout = inspect(signed)
    t.assert.equal(layout.damage, undefined)
    t.assert.deepEqual(layout.manifestStore, { bytes, container: { start: 19, length: stored(bytes).length } })
    t.assert.deepEqual(embedded(signed, store.subarray(7)), embedded(file(loop, image()), store.subarray(7)))
  }
})

test('a store of other sub-blocks is read wherever it stands before the first image', (t: TestContext) => {
  const comment = extension(0xfe, utf8Bytes('a comment'))
  for (const size of [1, 7, 100]) {
    const container = stored(store, size)
    const signed = file(comment, container, image())
    t.assert.deepEqual(inspect(signed).manifestStore, {
      bytes: store,
      container: { start: 19 + comment.length, length: container.length },
    })
    t.assert.deepEqual(embedded(signed), file(stored(store), comment, image()))
  }
  t.assert.equal(inspect(file(image(), stored(store))).manifestStore, undefined)
  t.assert.equal(inspect(file(application('C2PA_GIF\x02\0\0', store.subarray(0, 9)), image())).manifestStore, undefined)
  t.assert.throws(() => inspect(file(stored(store), stored(store), image())), { code: 'multiple_manifest_stores' })
})

test('a GIF of 1987 becomes one of 1989, since it has an extension now', (t: TestContext) => {
  const old = file(image())
  old[4] = 0x37
  t.assert.deepEqual(embedded(old), embedded(file(image())))
})

test('bytes after the trailer stay', (t: TestContext) => {
  const more = concatBytes([file(image()), utf8Bytes('more')])
  t.assert.deepEqual(embedded(more), concatBytes([file(stored(store), image()), utf8Bytes('more')]))
})

test('a damaged image is refused with a sentence, and read where its store is whole', (t: TestContext) => {
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    t.assert.throws(
      () => inspect(bytes),
      (error) => error instanceof C2paError && error.code === 'malformed_asset' && pattern.test(error.message),
    )
  for (let length = 6; length < animation.length; length += 13)
    refused(animation.subarray(0, length), /^The GIF is damaged: .+\.$/)
  refused(file(), /no image/)
  refused(file(Uint8Array.of(0), image()), /no block at offset 19/)
  refused(file(image()).subarray(0, -1), /ends before its trailer/)
  const broken = inspect(file(stored(store), Uint8Array.of(7)))
  t.assert.match(broken.damage?.message ?? '', /no block/)
  t.assert.deepEqual(broken.manifestStore?.bytes, store)
  const blocks = new Uint8Array(3 * 260_000)
  for (let at = 0; at < blocks.length; at += 3) blocks.set([0x21, 0xfe, 0], at)
  refused(file(blocks, image()), /more than 250000 blocks/)
})

test('metadata are comments and XMP, without the lengths of their sub-blocks', (t: TestContext) => {
  const bytes = file(
    extension(0xfe, utf8Bytes('a comment'), utf8Bytes('in two')),
    application('XMP DataXMP', utf8Bytes('<x/>')),
    application('NETSCAPE2.0', Uint8Array.of(1, 0, 0)),
    image(true),
    extension(0xfe, utf8Bytes('behind')),
  )
  const texts = (asset: Uint8Array) => {
    const found: string[] = []
    walk(asset, function* (source) {
      yield* gif.metadata?.(source, ({ start, length }) => {
        t.assert.ok(start + length <= asset.length)
        return found.push(Buffer.from(asset.subarray(start, start + length)).toString()) > 0
      }) ?? []
    })
    return found
  }
  t.assert.deepEqual(texts(bytes), ['a comment', 'in two', '<x/>', 'behind'])
  for (let length = 6; length < bytes.length; length++) texts(bytes.subarray(0, length))
})

test('boxes are named by their labels, colours belong to what announces them', (t: TestContext) => {
  const blocks = [
    stored(store),
    extension(0xf9, new Uint8Array(4)),
    image(true),
    extension(0x01, new Uint8Array(12), utf8Bytes('text')),
    image(),
    extension(0xfe, utf8Bytes('a comment')),
    stored(store),
  ]
  const [container = 0, control = 0, coloured = 0, text = 0, plain = 0, comment = 0, late = 0] = blocks.map(
    ({ length }) => length,
  )
  t.assert.deepEqual(
    boxesOf(file(...blocks)).map(({ name, length }) => [name, length]),
    [
      ['GIF89a', 6],
      ['LSD', 13],
      ['C2PA', container],
      ['21F9', control],
      ['2C', 16],
      ['TBID', coloured - 16],
      ['2101', text],
      ['2C', 10],
      ['TBID', plain - 10],
      ['21FE', comment],
      ['21FF', late],
      ['3B', 1],
    ],
  )
})

test('bytes changed in any way are refused or read', () => {
  const bytes = embedded(file(extension(0xfe, utf8Bytes('a comment')), image(true)), store.subarray(0, 300))
  survivesFlips(bytes, (changed) => inspect(changed))
  for (let length = 0; length < bytes.length; length++)
    refuses(() => inspect(bytes.subarray(0, length)), `cut to ${length}`)
})

test('a file of version 87a is bound as what it becomes, whatever hash is known of what it was', async (t: TestContext) => {
  const old = file(image())
  old[4] = '7'.charCodeAt(0)
  const options = {
    ...(await credential('EdDSA')),
    claimGenerator: { name: 'Example' },
    assetHash: digest('sha256', old),
  }
  const { asset } = await sign(old, options)
  t.assert.equal(latin1Text(asset.subarray(0, 6)), 'GIF89a')
  const report = await verify(asset, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })
  t.assert.equal(report.state, 'Trusted')
})
