/** Signs a file from disk to disk, verifies what it wrote, and says how much memory that took; run by large-files.test.ts. */
import { createWriteStream, openAsBlob } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sign, verify } from '../src/index.ts'
import { credential, root } from './credential.ts'
import { noise } from './pictures.ts'

const [input = '', output = ''] = process.argv.slice(2)
const options = { ...(await credential()), claimGenerator: { name: 'Example' } }
const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

async function round(asset: Blob, target: string): Promise<{ state: string; hash: string; length: number }> {
  const signed = await sign(asset, options)
  await pipeline(Readable.from(signed.asset.stream()), createWriteStream(target))
  const { state } = await verify(await openAsBlob(target), judge)
  return { state, hash: Buffer.from(signed.contentHash).toString('hex'), length: signed.container.length }
}

// All code is loaded and has run once: what comes on top is the file's.
await round(new Blob([new Uint8Array(await noise(64, 48).png().toBuffer())]), output)
const idle = process.memoryUsage.rss()
const outcome = await round(await openAsBlob(input), output)
const megabytes = (process.resourceUsage().maxRSS * 1024 - idle) / 1e6
process.stdout.write(JSON.stringify({ ...outcome, megabytes }))
