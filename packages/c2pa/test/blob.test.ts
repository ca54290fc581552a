/** A Blob and the same bytes in memory: the same findings, and the same bytes of what is signed. */
import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, decodePem, utf8Bytes } from '@countersign/codec'
import type { Source, Walk } from '../src/formats/asset.ts'
import { walk } from '../src/formats/asset.ts'
import { hasManifest, type SignOptions, sign, verify } from '../src/index.ts'
import { remoteManifestUrl } from '../src/verify/remote-manifest.ts'
import { credential, root } from './credential.ts'
import { chunk, noise, pictures, segment, withChunks, withSegments } from './pictures.ts'

const folder = new URL('../../../test/vectors/c2pa/', import.meta.url)
const trust = readdirSync(new URL('trust/', folder))
  .flatMap((name) => decodePem(readFileSync(new URL(`trust/${name}`, folder), 'utf8')))
  .map(({ bytes }) => bytes)
const judge = { trust: [...trust, root.certificate.bytes], tsaTrust: trust, now: new Date('2026-11-23T00:00:00Z') }
const fixed: SignOptions = {
  ...(await credential('EdDSA')),
  claimGenerator: { name: 'Example' },
  title: 'a picture',
  now: () => new Date('2026-11-22T23:00:00Z'),
  randomBytes: (length) => new Uint8Array(length).fill(7),
  verifyParent: (asset) => verify(asset, judge),
}

/** A Blob of several parts, none of which ends where a segment or a chunk does. */
function blobOf(bytes: Uint8Array): Blob {
  const parts: BlobPart[] = []
  for (let start = 0; start < bytes.length; start += 4099) parts.push(bytes.slice(start, start + 4099))
  return new Blob(parts)
}

async function outcome<T>(promise: Promise<T>): Promise<T | { code: unknown; message: string }> {
  try {
    return await promise
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    return { code, message }
  }
}

async function sameForBoth(t: TestContext, bytes: Uint8Array): Promise<void> {
  const blob = blobOf(bytes)
  t.assert.deepEqual(await verify(blob, judge), await verify(bytes, judge))
  t.assert.deepEqual(await outcome(hasManifest(blob)), await outcome(hasManifest(bytes)))
  const inMemory = await outcome(sign(bytes, fixed))
  const ofBlob = await outcome(sign(blob, fixed))
  if (!('asset' in inMemory) || !('asset' in ofBlob)) {
    t.assert.deepEqual(ofBlob, inMemory)
    return
  }
  t.assert.equal(ofBlob.asset.type, inMemory.format)
  const asset = new Uint8Array(await ofBlob.asset.arrayBuffer())
  t.assert.deepEqual({ ...ofBlob, asset }, inMemory)
  t.assert.deepEqual(await verify(ofBlob.asset, judge), await verify(inMemory.asset, judge))
}

const vectors = readdirSync(folder).filter((name) => /\.(?:jpe?g|png)$/.test(name))
test('every vector', async (t: TestContext) => {
  t.assert.ok(vectors.length > 20)
  for (const name of vectors) await sameForBoth(t, new Uint8Array(readFileSync(new URL(name, folder))))
})

test('every picture, whole, cut and twice', async (t: TestContext) => {
  for (const { bytes } of await pictures()) {
    await sameForBoth(t, bytes)
    await sameForBoth(t, bytes.subarray(0, bytes.length - 2))
    await sameForBoth(t, bytes.subarray(0, 100))
    await sameForBoth(t, concatBytes([bytes, bytes]))
  }
  for (const nothing of [new Uint8Array(), utf8Bytes('BM'), Uint8Array.of(0xff, 0xd8, 0xff)])
    await sameForBoth(t, nothing)
})

const jpeg = new Uint8Array(await noise(1000, 1000).jpeg({ quality: 100 }).toBuffer())
const png = new Uint8Array(await noise(700, 700).png().toBuffer())

test('pictures of many windows, with stores, segments and chunks longer than one', async (t: TestContext) => {
  t.assert.ok(jpeg.length > 1_200_000 && png.length > 1_200_000)
  await sameForBoth(t, jpeg)
  await sameForBoth(t, png)
  const note = [{ label: 'org.example.note', data: { text: 'x'.repeat(3_000_000) } }]
  for (const bytes of [jpeg, png]) {
    const { asset, container } = await sign(bytes, { ...fixed, assertions: note })
    await sameForBoth(t, asset)
    // A second store where entropy-coded data stands, across the place where windows of the search end.
    const second = asset.subarray(container.start, container.start + container.length)
    for (const place of [asset.length - 2, asset.length - 700_001])
      await sameForBoth(t, concatBytes([asset.subarray(0, place), second, asset.subarray(place)]))
  }
  await sameForBoth(t, withChunks(png, chunk('tEXt', utf8Bytes(`Title\0${'a'.repeat(2_500_000)}`))))
  const broken = chunk('zTXt', new Uint8Array(1_500_000))
  broken[1_000_000] = 1
  await sameForBoth(t, withChunks(png, broken))
  await sameForBoth(t, withSegments(jpeg, ...Array.from({ length: 40 }, () => segment(0xe1, new Uint8Array(65_000)))))
  await sameForBoth(
    t,
    concatBytes([jpeg.subarray(0, 2), new Uint8Array(1_000_000).fill(0xff), jpeg.subarray(2, jpeg.length - 2)]),
  )
  await sameForBoth(
    t,
    concatBytes([jpeg.subarray(0, jpeg.length - 2), new Uint8Array(2_000_000), Uint8Array.of(0xff, 0xd9, 1)]),
  )
})

/** Whatever a window ends in: each range is given as it was asked for, to the byte. */
async function walkByBytes<T>(bytes: Uint8Array, way: (source: Source) => Walk<T>): Promise<T> {
  const steps = way({ length: bytes.length, peek: () => undefined })
  let step = steps.next()
  while (!step.done) {
    const { start, length } = step.value
    if (start + length > bytes.length) throw new Error(`a walk asked for ${start}+${length} of ${bytes.length} bytes`)
    step = steps.next(bytes.slice(start, start + length))
  }
  return step.value
}

test('walks find the same when every window is as short as can be', async (t: TestContext) => {
  const { jpeg: jpegFormat } = await import('../src/formats/jpeg.ts')
  const { png: pngFormat } = await import('../src/formats/png.ts')
  for (const { bytes, format } of await pictures()) {
    const { inspect } = format === 'image/jpeg' ? jpegFormat : pngFormat
    const small = bytes.length > 60_000 ? bytes.subarray(0, 60_000) : bytes
    for (const asset of [small, small.subarray(0, -1), concatBytes([small.subarray(0, -3), Uint8Array.of(0xff, 0xd9)])])
      t.assert.equal(
        JSON.stringify(await outcome(walkByBytes(asset, inspect))),
        JSON.stringify(await outcome((async () => walk(asset, inspect))())),
      )
  }
  const xmp = utf8Bytes(
    'http://ns.adobe.com/xap/1.0/\0<<rdf:RDF xmlns:d="http://purl.org/dc/terms/" d:provenance="https://example.com/a"/></rdf:RDF>',
  )
  const named = withSegments(concatBytes([utf8Bytes('..')]), segment(0xe1, xmp))
  const { metadata: _, ...withoutMetadata } = jpegFormat
  for (const format of [jpegFormat, withoutMetadata]) {
    const way = (source: Source) => remoteManifestUrl(format, 'image/jpeg', source)
    for (let cut = 0; cut <= named.length; cut++)
      t.assert.equal(await walkByBytes(named.subarray(0, cut), way), walk(named.subarray(0, cut), way))
    t.assert.equal(walk(named, way), 'https://example.com/a')
  }
})

test('a Blob that can not be read is no finding about it', async (t: TestContext) => {
  class Gone extends Blob {
    readonly #end: number
    constructor(bytes: Uint8Array<ArrayBuffer>, end: number) {
      super([bytes])
      this.#end = end
    }
    override slice(start = 0, end = this.size): Blob {
      const slice = super.slice(start, end)
      if (end > this.#end) slice.arrayBuffer = async () => Promise.reject(new Error('the disk is gone'))
      return slice
    }
  }
  const { asset } = await sign(png, fixed)
  for (const end of [0, 100, asset.length - 1]) {
    const gone = new Gone(asset.slice(), end)
    const unreadable = { name: 'C2paError', code: 'unreadable_asset', message: /the disk is gone/ }
    await t.assert.rejects(verify(gone, judge), unreadable)
    await t.assert.rejects(sign(gone, fixed), unreadable)
  }
  const shorter = new Blob([asset.slice()])
  shorter.slice = (start = 0, end = 0) => new Blob([asset.slice(start, Math.max(start, end - 1))])
  await t.assert.rejects(verify(shorter, judge), { code: 'unreadable_asset', message: /become shorter/ })
})

test('a slice that is shorter than asked for is not signed over', async (t: TestContext) => {
  const blob = new Blob([jpeg.slice()])
  const slice = blob.slice.bind(blob)
  blob.slice = (start = 0, end = 0) => (end - start > 1 << 20 ? new Blob() : slice(start, end))
  await t.assert.rejects(sign(blob, fixed), { code: 'unreadable_asset', message: /a Blob has/ })
})

test('a Blob longer than 4 GiB is refused: Node would end the process', async (t: TestContext) => {
  const long = new Blob([png.slice()])
  Object.defineProperty(long, 'size', { value: 2 ** 32 })
  await t.assert.rejects(verify(long, judge), { code: 'unreadable_asset', message: /may have 4294967295 bytes/ })
  await t.assert.rejects(sign(long, fixed), { code: 'unreadable_asset' })
})

test('a manifest store longer than any is read or written is refused before it is read', async (t: TestContext) => {
  const long = 128 * 1024 * 1024 + 1
  const header = chunk('caBX', new Uint8Array())
  new DataView(header.buffer).setUint32(0, long)
  const zeros = new Uint8Array(1 << 20)
  const store = [...Array.from({ length: 128 }, () => zeros), new Uint8Array(1)]
  const { crc32 } = await import('../src/formats/crc32.ts')
  const crc = new Uint8Array(4)
  new DataView(crc.buffer).setUint32(
    0,
    store.reduce((before, bytes) => crc32(bytes, before), crc32(header.subarray(4, 8))),
  )
  const blob = new Blob([png.slice(0, 33), header.slice(0, 8), ...store, crc, png.slice(33)])
  await t.assert.rejects(sign(blob, fixed), { code: 'too_large' })
  const [finding] = (await verify(blob, judge)).findings
  t.assert.equal(finding?.code, 'general.error')
  t.assert.match(finding?.explanation ?? '', /128|134217728/)
})
