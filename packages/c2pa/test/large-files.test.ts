/** Files of hundreds of megabytes, signed and verified in little memory. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { utf8Bytes } from '@countersign/codec'
import { crc32 } from '../src/formats/crc32.ts'
import { chunk, noise } from './pictures.ts'

const CHILD = fileURLToPath(new URL('large-file-child.ts', import.meta.url))
const MOST_MEGABYTES = 200

type Outcome = {
  readonly state: string
  readonly hash: string
  readonly length: number
  readonly megabytes: number
}

async function signedInAChild(t: TestContext, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-large-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [input, output] = [join(folder, 'input'), join(folder, 'output')]
  const file = await open(input, 'w')
  await write(file)
  await file.close()

  const child = spawn(process.execPath, [CHILD, input, output], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const piece of child.stdout.setEncoding('utf8')) text += piece
  const outcome = JSON.parse(text) as Outcome
  const { size } = await stat(input)
  t.diagnostic(`${Math.round(size / 1e6)} MB in ${Math.round(outcome.megabytes)} MB over idle`)
  t.assert.equal(outcome.state, 'Trusted')
  const hash = createHash('sha256')
  await pipeline(createReadStream(input, { highWaterMark: 1 << 20 }), hash)
  t.assert.equal(outcome.hash, hash.digest('hex'))
  t.assert.equal((await stat(output)).size, size + outcome.length)
  t.assert.ok(outcome.megabytes < MOST_MEGABYTES, `${outcome.megabytes} MB for a file of ${size / 1e6} MB`)
}

test('a PNG of 650 MB, in chunks large and small with holes for content', async (t: TestContext) => {
  const picture = new Uint8Array(await noise(64, 48).png().toBuffer())
  await signedInAChild(t, async (file) => {
    let position = 0
    const write = async (bytes: Uint8Array): Promise<void> => {
      await file.write(bytes, 0, bytes.length, position)
      position += bytes.length
    }
    const header = (type: string, length: number): Uint8Array => {
      const bytes = chunk(type, new Uint8Array()).subarray(0, 8)
      new DataView(bytes.buffer).setUint32(0, length)
      return bytes
    }
    await write(picture.subarray(0, 33))
    // One that is no picture: its checksum is looked at.
    const zeros = new Uint8Array(1 << 20)
    let crc = crc32(utf8Bytes('zTXt'))
    for (let megabyte = 0; megabyte < 50; megabyte++) crc = crc32(zeros, crc)
    await write(header('zTXt', 50 << 20))
    position += 50 << 20
    await write(Uint8Array.of(crc >>> 24, (crc >>> 16) & 0xff, (crc >>> 8) & 0xff, crc & 0xff))
    for (const [count, length] of [
      [2, 200_000_000],
      [150, 1_000_000],
      [6000, 8192],
    ] as const)
      for (let index = 0; index < count; index++) {
        await write(header('IDAT', length))
        position += length + 4
      }
    await write(picture.subarray(33))
  })
})

test('a JPEG of 300 MB, nearly all of it entropy-coded', async (t: TestContext) => {
  const picture = new Uint8Array(await noise(64, 48).jpeg().toBuffer())
  await signedInAChild(t, async (file) => {
    await file.write(picture.subarray(0, picture.length - 2))
    const scan = new Uint8Array(1_000_000).map((_, index) => (index * 31) % 251)
    for (let megabyte = 0; megabyte < 300; megabyte++) await file.write(scan)
    await file.write(picture.subarray(picture.length - 2))
  })
})
