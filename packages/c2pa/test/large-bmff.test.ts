/** A video of more than 4 GiB, signed and verified in little memory. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { box, media, type Root, roots } from './verify/bmff-forge.ts'

const CHILD = fileURLToPath(new URL('large-bmff-child.ts', import.meta.url))
const MOST_MEGABYTES = 200
const SIZE = 2 ** 32 + 50_000_000

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}

/** The box with `co64` in place of `stco`, its offsets moved. */
function withLongOffsets(bytes: Uint8Array, distance: number): Uint8Array {
  const [{ type } = { type: '' }] = roots(bytes)
  const content = bytes.subarray(8)
  if (['moov', 'trak', 'mdia', 'minf', 'stbl'].includes(type))
    return box(type, ...roots(content).map(({ start, end }) => withLongOffsets(content.subarray(start, end), distance)))
  if (type !== 'stco') return bytes
  const view = new DataView(content.buffer, content.byteOffset)
  const offsets = Array.from({ length: view.getUint32(4) }, (_, index) =>
    uint64(view.getUint32(8 + 4 * index) + distance),
  )
  return box('co64', content.subarray(0, 8), ...offsets)
}

function frames(file: string): string | undefined {
  try {
    return execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', '0', '-f', 'framemd5', '-'], { encoding: 'utf8' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

test('a video of more than 4 GiB, whose samples are at the end of it', async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-large-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [input, output] = [join(folder, 'input.mp4'), join(folder, 'output.mp4')]
  const sample = media('progressive.mp4')
  const [ftyp, , mdat, moov] = roots(sample) as [Root, Root, Root, Root]
  const data = sample.subarray(mdat.start + 8, mdat.end)
  const header = concatBytes([sample.subarray(0, ftyp.end), Uint8Array.of(0, 0, 0, 1), utf8Bytes('mdat'), uint64(SIZE)])
  const end = ftyp.end + SIZE
  const file = await open(input, 'w')
  try {
    await file.write(header)
    await file.write(data, 0, data.length, end - data.length)
    await file.write(withLongOffsets(sample.subarray(moov.start), end - mdat.end), 0, null, end)
  } catch (error) {
    t.skip(`no file of that size here: ${(error as Error).message}`)
    return
  } finally {
    await file.close()
  }

  const text = execFileSync(process.execPath, [CHILD, input, output], { encoding: 'utf8' })
  const outcome = JSON.parse(text) as { readonly state: string; readonly megabytes: number }
  t.diagnostic(`${Math.round(outcome.megabytes)} MB over idle`)
  t.assert.equal(outcome.state, 'Trusted')
  t.assert.ok((await stat(output)).size > (await stat(input)).size)
  t.assert.ok(outcome.megabytes < MOST_MEGABYTES, `${outcome.megabytes} MB`)
  const expected = frames(fileURLToPath(new URL('../../../test/vectors/media/progressive.mp4', import.meta.url)))
  if (expected === undefined) t.diagnostic('ffmpeg is absent and judges nothing')
  else {
    t.assert.equal(frames(input), expected)
    t.assert.equal(frames(output), expected)
  }
})
