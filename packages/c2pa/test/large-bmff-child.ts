/** Signs a video of more than 4 GiB on disk, verifies it there, and says how much memory that took; run by large-bmff.test.ts. */
import { type FileHandle, open } from 'node:fs/promises'
import { type AssetReader, signInParts, verify } from '../src/index.ts'
import { credential, root } from './credential.ts'
import { media } from './verify/bmff-forge.ts'

const [input = '', output = ''] = process.argv.slice(2)
const options = { ...(await credential()), claimGenerator: { name: 'Example' } }
const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
const ENDS = 1 << 20

const ZEROS = new Uint8Array(1 << 20)

/** In the middle of the file nothing but a hole: reading it through the system takes longer than hashing it. */
async function read(file: FileHandle, start: number, end: number): Promise<Uint8Array> {
  if (start > 2 * ENDS && end < 2 ** 32 && end - start <= ZEROS.length) return ZEROS.subarray(0, end - start)
  const bytes = new Uint8Array(end - start)
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start)
  return bytes.subarray(0, bytesRead)
}

async function readerOf(file: FileHandle): Promise<AssetReader> {
  return { size: (await file.stat()).size, read: (start, end) => read(file, start, end) }
}

/** Signs it into a file that is a hole where it is one: so much need not be written. */
async function round(from: string, to: string): Promise<string> {
  const [source, target] = [await open(from), await open(to, 'w+')]
  const { parts } = await signInParts(await readerOf(source), options)
  let position = 0
  const write = (bytes: Uint8Array, at: number) => target.write(bytes, 0, bytes.length, at)
  for (const part of parts) {
    if (part instanceof Uint8Array) await write(part, position)
    else {
      const { start, length } = part
      const head = Math.min(length, ENDS)
      await write(await read(source, start, start + head), position)
      const tail = Math.min(length - head, ENDS)
      if (tail > 0) await write(await read(source, start + length - tail, start + length), position + length - tail)
    }
    position += part.length
  }
  const { state } = await verify(await readerOf(target), judge)
  await source.close()
  await target.close()
  return state
}

// All code is loaded and has run once: what comes on top is the file's.
const small = `${output}.small`
const file = await open(small, 'w')
await file.write(media('progressive.mp4'))
await file.close()
await round(small, output)
const idle = process.memoryUsage.rss()
const state = await round(input, output)
const megabytes = (process.resourceUsage().maxRSS * 1024 - idle) / 1e6
process.stdout.write(JSON.stringify({ state, megabytes }))
