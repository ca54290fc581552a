/** Every format, signed and then cut off or changed: a report, never an exception, and no trust in what is not what was signed. */
import { type TestContext, test } from 'node:test'
import type { ByteRange } from '../../src/formats/asset-format.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { type Sample, samples } from './samples.ts'

const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
const options = { ...(await credential('EdDSA')), claimGenerator: { name: 'Example' } }
const TRUNCATIONS = 40
const FLIPS = 100

/** Boxes of ISO base media files that no BMFF hash covers: their brands, and an index that players may do without. C2PA 2.2 §18.6.2. */
function unsignedBoxes({ mediaType }: Sample, bytes: Uint8Array): ByteRange[] {
  if (!/mp4|quicktime|hei|avif/.test(mediaType)) return []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: ByteRange[] = []
  for (let start = 0; start + 8 <= bytes.length; ) {
    const length = view.getUint32(start)
    const type = Buffer.from(bytes.subarray(start + 4, start + 8)).toString('latin1')
    if (type === 'ftyp' || type === 'mfra') found.push({ start, length })
    if (length < 8) break
    start += length
  }
  return found
}

const isIn = (offset: number) => (range: ByteRange) => offset >= range.start && offset < range.start + range.length

for (const sample of await samples()) {
  const { name, format } = sample
  test(`${name}: cut anywhere, it is not trusted, and signing it throws or signs what is there`, async (t: TestContext) => {
    const { asset } = await sign(sample.bytes, options)
    for (let step = 0; step < TRUNCATIONS; step++) {
      const cut = asset.subarray(0, Math.floor((asset.length * step) / TRUNCATIONS))
      t.assert.equal((await verify(cut, judge)).state, 'Invalid', `cut to ${cut.length} of ${asset.length}`)
      await sign(cut, options).catch((error) => t.assert.equal(error?.name, 'C2paError', `${error?.stack}`))
    }
    t.assert.equal((await verify(asset.subarray(0, -1), judge)).state, 'Invalid')
  })

  test(`${name}: changed anywhere outside of its manifest store, it is not trusted`, async (t: TestContext) => {
    const { asset, container } = await sign(sample.bytes, options)
    const unsigned = [container, ...unsignedBoxes(sample, asset)]
    let state = 0x2545f491
    for (let count = 0; count < FLIPS; count++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      // Half of them among the first bytes, where lengths and offsets are.
      const among = count % 2 === 0 ? Math.min(asset.length, 256) : asset.length
      const offset = (state >>> 8) % among
      const changed = asset.slice()
      changed[offset] = (changed[offset] as number) ^ (1 << (state >>> 29))
      const report = await verify(changed, judge)
      if (!unsigned.some(isIn(offset))) t.assert.equal(report.state, 'Invalid', `${format.name}: byte ${offset}`)
    }
  })
}
