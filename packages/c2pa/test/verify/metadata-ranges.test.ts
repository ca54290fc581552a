import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { walk } from '../../src/formats/asset.ts'
import type { AssetFormat, ByteRange } from '../../src/formats/asset-format.ts'
import { jpeg as jpegFormat } from '../../src/formats/jpeg.ts'
import { png as pngFormat } from '../../src/formats/png.ts'
import { areMetadata } from '../../src/verify/metadata-ranges.ts'
import { chunk, noise, segment, withChunks, withSegments } from '../pictures.ts'

function rangesOf(format: AssetFormat, asset: Uint8Array): ByteRange[] {
  const ranges: ByteRange[] = []
  walk(asset, function* (source) {
    yield* format.metadata?.(source, (range) => ranges.push(range) > 0) ?? []
  })
  return ranges
}

const textsOf = (format: AssetFormat, asset: Uint8Array): string[] =>
  rangesOf(format, asset).map(({ start, length }) =>
    Buffer.from(asset.subarray(start, start + length)).toString('latin1'),
  )

test('of a JPEG: what APP1, APP13 and comments hold, before the first scan', async (t: TestContext) => {
  const plain = new Uint8Array(await noise(16, 16).jpeg().toBuffer())
  const jpeg = withSegments(
    plain,
    segment(0xe1, utf8Bytes('Exif')),
    segment(0xe2, utf8Bytes('a colour profile')),
    segment(0xed, utf8Bytes('Photoshop')),
    segment(0xfe, utf8Bytes('a comment')),
  )
  t.assert.deepEqual(textsOf(jpegFormat, jpeg), ['Exif', 'Photoshop', 'a comment'])
  t.assert.deepEqual(textsOf(jpegFormat, concatBytes([plain, segment(0xe1, utf8Bytes('behind'))])), [])
})

test('of a PNG: the data of text and Exif chunks', async (t: TestContext) => {
  const plain = new Uint8Array(await noise(16, 16).png().toBuffer())
  const png = withChunks(plain, chunk('tEXt', utf8Bytes('Title\0x')), chunk('gAMA', new Uint8Array(4)))
  t.assert.deepEqual(
    textsOf(pngFormat, png).map((text) => text.slice(0, -4)),
    ['Title\0x'],
  )
})

test('whatever is cut off, nothing is thrown and no range leaves the asset', async (t: TestContext) => {
  const jpeg = withSegments(new Uint8Array(await noise(16, 16).jpeg().toBuffer()), segment(0xe1, utf8Bytes('Exif')))
  const png = withChunks(new Uint8Array(await noise(16, 16).png().toBuffer()), chunk('tEXt', utf8Bytes('Title\0x')))
  for (const [format, asset] of [
    [jpegFormat, jpeg],
    [pngFormat, png],
  ] as const)
    for (let length = 0; length < asset.length; length++)
      for (const range of rangesOf(format, asset.subarray(0, length))) t.assert.ok(range.start + range.length <= length)
})

test('ranges are of metadata only when each lies inside one piece of it', async (t: TestContext) => {
  const plain = new Uint8Array(await noise(16, 16).jpeg().toBuffer())
  const jpeg = withSegments(plain, segment(0xe1, utf8Bytes('0123456789')), segment(0xfe, utf8Bytes('0123456789')))
  // The contents: 6 to 16, and 20 to 30.
  const cases: readonly (readonly [boolean, ...(readonly [number, number])[]])[] = [
    [true],
    [true, [6, 10]],
    [true, [6, 4], [10, 6], [20, 10]],
    [true, [21, 2], [23, 0]],
    [false, [5, 2]],
    [false, [6, 11]],
    [false, [15, 10]],
    [false, [6, 10], [28, 4]],
    [false, [6, 10], [100, 4]],
  ]
  for (const [expected, ...ranges] of cases)
    t.assert.equal(
      walk(jpeg, (source) =>
        areMetadata(
          jpegFormat,
          source,
          ranges.map(([start, length]) => ({ start, length })),
        ),
      ),
      expected,
      JSON.stringify(ranges),
    )
})
