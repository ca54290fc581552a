/** ISO base media files, signed: c2pa-rs believes them, and decoders find everything where it was. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { concatBytes, equalBytes, utf8Bytes } from '@countersign/codec'
import sharp from 'sharp'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { credential, root, rootPem } from '../credential.ts'
import { inspect } from '../inspect.ts'

const media = new URL('../../../../test/vectors/media/', import.meta.url)
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, media)))
const options = { ...(await credential()), claimGenerator: { name: 'Example' } }
const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
const SAMPLES: readonly (readonly [name: string, mediaType: string])[] = [
  ['progressive.mp4', 'video/mp4'],
  ['faststart.mp4', 'video/mp4'],
  ['fragmented.mp4', 'video/mp4'],
  ['fragmented-base.mp4', 'video/mp4'],
  ['fragmented-index.mp4', 'video/mp4'],
  ['quicktime.mov', 'video/quicktime'],
  ['audio.m4a', 'audio/mp4'],
  ['still.heic', 'image/heic'],
  ['grid.heic', 'image/heic'],
  ['still.avif', 'image/avif'],
  ['grid.avif', 'image/avif'],
  ['sequence.avif', 'image/avif'],
]

const folder = mkdtempSync(join(tmpdir(), 'countersign-bmff-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What a program makes of a file; undefined where there is no such program. */
function run(program: string, ...parameters: readonly string[]): string | undefined {
  try {
    return execFileSync(program, parameters, { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Hashes of all that is decoded, by every decoder that is there. */
async function decoded(name: string, asset: Uint8Array): Promise<{ readonly [decoder: string]: string | undefined }> {
  const file = join(folder, name)
  const picture = join(folder, 'picture.png')
  writeFileSync(file, asset)
  const pixels = () => readFileSync(picture, 'latin1')
  if (/\.(?:mp4|mov|m4a)$/.test(name))
    return { ffmpeg: run('ffmpeg', '-v', 'error', '-i', file, '-map', '0', '-f', 'framemd5', '-') }
  if (name.endsWith('.heic')) {
    const isThere = run('heif-convert', file, picture) !== undefined
    return { libheif: isThere ? pixels() : undefined }
  }
  const index = name === 'sequence.avif' ? ['--index', '2'] : []
  const isThere = run('avifdec', ...index, file, picture) !== undefined
  const libavif = isThere ? pixels() : undefined
  if (index.length > 0) return { libavif }
  return { libavif, sharp: (await sharp(asset).raw().toBuffer()).toString('latin1') }
}

for (const [name, mediaType] of SAMPLES)
  test(`${name} is signed, and signed again: Trusted, and decoded to the same`, async (t: TestContext) => {
    const asset = read(name)
    const before = await decoded(name, asset)
    for (const [decoder, output] of Object.entries(before)) {
      if (output === undefined) t.diagnostic(`${decoder} is absent and judges nothing`)
      else t.assert.ok(output.length > 50, `${decoder}: ${output}`)
    }
    const signed = await sign(asset, options)
    t.assert.equal(signed.format, mediaType)
    const again = await sign(signed.asset, options)
    t.assert.ok(again.isParentCarried)
    for (const { asset: made, format } of [signed, again]) {
      const report = await readWithC2paRs(made, format, rootPem)
      t.assert.deepEqual(failuresOf(report), [])
      t.assert.equal(report.validation_state, 'Trusted')
      const own = await verify(made, judge)
      t.assert.equal(own.state, 'Trusted')
      t.assert.ok(own.findings.some(({ code }) => code === 'assertion.bmffHash.match'))
      t.assert.deepEqual(await decoded(name, made), before)
    }
  })

test('exiftool reads all of them as it did', (t: TestContext) => {
  const described = (files: readonly string[]) =>
    run('exiftool', '-j', '-MIMEType', '-ImageSize', '-Duration', '-Warning', '-Error', ...files)?.replaceAll(
      /"SourceFile": .*/g,
      '',
    )
  const before = described(SAMPLES.map(([name]) => new URL(name, media).pathname))
  if (before === undefined) t.skip('exiftool is absent')
  else t.assert.equal(described(SAMPLES.map(([name]) => join(folder, name))), before)
})

test('the second signature stands in place of the first', async (t: TestContext) => {
  const asset = read('progressive.mp4')
  const signed = await sign(asset, options)
  const again = await sign(signed.asset, options)
  const { start } = signed.container
  t.assert.deepEqual(again.container.start, start)
  const rest = ({ asset: made, container }: typeof signed) => made.length - container.length
  t.assert.equal(rest(signed), asset.length)
  t.assert.equal(rest(again), asset.length)
  t.assert.ok(equalBytes(signed.asset.subarray(0, start), asset.subarray(0, start)))
  // Only offsets differ: of the chunks of two tracks.
  const moved = signed.asset.subarray(start + signed.container.length)
  const original = asset.subarray(start)
  const different = original.filter((byte, index) => byte !== moved[index]).length
  t.assert.ok(different > 0 && different < 4 * 40, `${different} bytes`)
})

test('a box that is open to the end of the file gets its length', async (t: TestContext) => {
  const asset = read('faststart.mp4')
  const mdat = Buffer.from(asset).indexOf('mdat') - 4
  const open = asset.slice()
  open.fill(0, mdat, mdat + 4)
  const signed = await sign(open, options)
  const closed = await sign(asset, options)
  const content = ({ asset: made, container }: typeof signed) => made.subarray(container.start + container.length)
  t.assert.ok(equalBytes(content(signed), content(closed)))
})

test('QuickTime that is older than ftyp gets one', async (t: TestContext) => {
  const asset = read('quicktime.mov')
  const old = concatBytes([Uint8Array.of(0, 0, 0, 20), utf8Bytes('wide'), new Uint8Array(12), asset.subarray(20)])
  const before = run('ffmpeg', '-v', 'error', '-i', new URL('quicktime.mov', media).pathname, '-f', 'framemd5', '-')
  const signed = await sign(old, options)
  t.assert.equal(signed.format, 'video/quicktime')
  t.assert.equal(Buffer.from(signed.asset).toString('latin1', 4, 12), 'ftypqt  ')
  t.assert.equal((await verify(signed.asset, judge)).state, 'Trusted')
  t.assert.equal((await readWithC2paRs(signed.asset, signed.format, rootPem)).validation_state, 'Trusted')
  const file = join(folder, 'old.mov')
  writeFileSync(file, signed.asset)
  t.assert.equal(run('ffmpeg', '-v', 'error', '-i', file, '-f', 'framemd5', '-'), before)
})

test('from a Blob and a reader the same comes out as from memory', async (t: TestContext) => {
  const asset = read('fragmented-base.mp4')
  const randomBytes = (length: number) => new Uint8Array(length).fill(7)
  const fixed = { ...options, randomBytes, now: () => new Date('2026-11-23T00:00:00Z') }
  const expected = await sign(asset, fixed)
  const reader = { size: asset.length, read: async (start: number, end: number) => asset.slice(start, end) }
  const fromReader = await sign(reader, fixed)
  const fromBlob = await sign(new Blob([new Uint8Array(asset)]), fixed)
  t.assert.deepEqual(fromReader.contentHash, expected.contentHash)
  t.assert.deepEqual(fromBlob.contentHash, expected.contentHash)
  const bytes = await fromReader.asset.read(0, fromReader.asset.size)
  t.assert.equal((await verify(fromReader.asset, judge)).state, 'Trusted')
  t.assert.equal((await verify(fromBlob.asset, judge)).state, 'Trusted')
  const { start, length } = expected.container
  t.assert.ok(equalBytes(bytes.subarray(start + length), expected.asset.subarray(start + length)))
})

test('with every hash', async (t: TestContext) => {
  for (const hashAlgorithm of ['sha384', 'sha512'] as const) {
    const signed = await sign(read('still.avif'), { ...options, hashAlgorithm })
    const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
    t.assert.equal(report.validation_state, 'Trusted', failuresOf(report).join())
    t.assert.equal((await verify(signed.asset, judge)).state, 'Trusted')
  }
})

test('the hash that is known of the input is not what binds', async (t: TestContext) => {
  const signed = await sign(read('still.avif'), { ...options, assetHash: new Uint8Array(32) })
  t.assert.equal((await verify(signed.asset, judge)).state, 'Trusted')
  t.assert.ok(inspect(signed.asset)?.manifestStore)
})
