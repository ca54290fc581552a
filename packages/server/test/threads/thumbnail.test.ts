import { type TestContext, test } from 'node:test'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { noise, pictures } from '../../../../test/pictures.ts'
import { createThumbnailMaker } from '../../src/threads/thumbnail.ts'

const never = (error: unknown): never => {
  throw error
}
const make = createThumbnailMaker(never)

test('a thumbnail is a JPEG of at most 1024 pixels a side, and never larger than the picture', async (t: TestContext) => {
  for (const [width, height, expected] of [
    [3000, 1000, [1024, 341]],
    [500, 2048, [250, 1024]],
    [64, 48, [64, 48]],
    [1, 1, [1, 1]],
  ] as const) {
    const thumbnail = (await make(await noise('image/jpeg', width, height)))!
    t.assert.equal(thumbnail.format, 'image/jpeg')
    const made = await sharp(thumbnail.bytes).metadata()
    t.assert.deepEqual([made.width, made.height], expected)
  }
})

test('it is upright, whatever the orientation says, and keeps no metadata', async (t: TestContext) => {
  const image = await sharp({ create: { width: 40, height: 20, channels: 3, background: 'red' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const made = await sharp((await make(image))!.bytes).metadata()
  t.assert.deepEqual([made.width, made.height, made.orientation, made.exif], [20, 40, undefined, undefined])
})

test('transparency becomes white, and CMYK becomes sRGB', async (t: TestContext) => {
  const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: '#00000000' } })
    .png()
    .toBuffer()
  const { data } = await sharp((await make(clear))!.bytes)
    .raw()
    .toBuffer({ resolveWithObject: true })
  t.assert.ok(data.every((value) => value > 250))
  const cmyk = await sharp(await noise('image/jpeg', 30, 30))
    .toColourspace('cmyk')
    .jpeg()
    .toBuffer()
  t.assert.equal((await sharp((await make(cmyk))!.bytes).metadata()).space, 'srgb')
})

test('every kind of picture has one', async (t: TestContext) => {
  for (const { name, bytes } of await pictures()) t.assert.ok(await make(bytes), name)
})

test('a picture that says it is huge is refused before it is decoded', async (t: TestContext) => {
  const bomb = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer()
  for (const [width, height] of [
    [20_000, 20_000],
    [0x7fffffff, 2],
    [100_001, 1_000],
  ] as const) {
    bomb.writeUInt32BE(width, 16)
    bomb.writeUInt32BE(height, 20)
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29)
    const outcome = await createThumbnailMaker(() => {})(bomb).catch((error: Error) => error)
    // sharp itself does not read what is wider than it can be; then there is no thumbnail.
    if (outcome instanceof Error)
      t.assert.match(outcome.message, /^Invalid parameter image\. It has \d+ million pixels/)
    else t.assert.equal(outcome, undefined)
  }
})

test('what sharp cannot decode has no thumbnail, and that is told', async (t: TestContext) => {
  const told: unknown[] = []
  const tolerant = createThumbnailMaker((error) => told.push(error))
  const jpeg = await noise('image/jpeg', 100, 100)
  for (const bytes of [Buffer.from('junk'), jpeg.subarray(0, 300), Buffer.alloc(0)]) {
    t.assert.equal(await tolerant(bytes), undefined)
  }
  t.assert.equal(told.length, 3)
})

test('pictures that take much memory to decode take turns', async (t: TestContext) => {
  const large = await sharp({ create: { width: 7_100, height: 7_100, channels: 3, background: '#888' } })
    .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
    .toBuffer()
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, sharp.counters().process)
  }, 1)
  const thumbnails = await Promise.all([make(large), make(large)])
  clearInterval(timer)
  t.assert.ok(thumbnails.every((thumbnail) => thumbnail?.format === 'image/jpeg'))
  t.assert.equal(most, 1)
})

test('of a picture nothing is kept', async (t: TestContext) => {
  const picture = await sharp({ create: { width: 2_500, height: 2_500, channels: 3, background: '#888' } })
    .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
    .toBuffer()
  await make(picture)
  const before = process.memoryUsage.rss()
  // Each takes 37 MB to decode.
  for (let count = 0; count < 12; count++) await make(Buffer.from(picture))
  t.assert.ok(process.memoryUsage.rss() - before < 200 * 1024 * 1024)
  t.assert.equal(sharp.cache().items.current, 0)
})
