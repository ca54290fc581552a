/** Other people's files, signed again: whatever their manifests are worth, they are carried along as they are. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, equalBytes } from '@countersign/codec'
import { C2paError } from '../../src/c2pa-error.ts'
import { detectFormat } from '../../src/formats/detect.ts'
import { decodeManifestStore } from '../../src/manifest/store.ts'
import { sign } from '../../src/sign/sign.ts'
import { readWithC2paRs } from '../c2pa-rs.ts'
import { credential, rootPem } from '../credential.ts'
import { inspect } from '../inspect.ts'

const corpus = new URL('../../../../../shared/c2pa-corpus/', import.meta.url)
const skip = existsSync(corpus) ? false : `no corpus at ${corpus.pathname}`
const files = skip
  ? []
  : readdirSync(corpus, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:jpe?g|png|webp|wav)$/i.test(name) && !name.endsWith('.invalid.wav'))
      .sort()

type Verdict = {
  readonly validation_state: string | null
  readonly failure?: readonly string[]
  readonly informational?: readonly string[]
}
const expected = new Map<string, Verdict>()
if (!skip) {
  const { files: entries } = JSON.parse(readFileSync(new URL('expected.json', corpus), 'utf8'))
  for (const { file, with_anchors } of entries) expected.set(file, with_anchors)
}

/** Whether c2pa-rs took the file as it came, CAWG identities aside, for which it needs more than our root. */
function wasAccepted(name: string): boolean {
  const { validation_state: state, failure = [], informational = [] } = expected.get(name) ?? { validation_state: null }
  return (state === 'Trusted' || state === 'Valid') && ![...failure, ...informational].some((code) => /cawg/.test(code))
}

const options = { ...(await credential()), claimGenerator: { name: 'Example' } }
/** Files that c2pa-rs accepts and that are damaged all the same: a length or a checksum of the container is wrong. */
const DAMAGED = new Set(['vectors/jpg-store-length-lie.jpg', 'vectors/png-bad-crc.png'])
/** Two certificate chains in one signature: c2pa-rs takes one of them, C2PA 2.2 §14.6 rejects it, and so does the ingredient's record. */
const JUDGED_OTHERWISE = new Set(['vectors/cose-x5chain-both-buckets.jpg'])

let trusted = 0
for (const name of files)
  test(name, async (t: TestContext) => {
    const asset = new Uint8Array(readFileSync(new URL(name, corpus)))
    const before = inspect(asset)
    if (before?.damage) {
      t.assert.ok(DAMAGED.has(name) || !wasAccepted(name))
      await t.assert.rejects(sign(asset, options), C2paError)
      return
    }
    const signed = await sign(asset, options)
    const content = (bytes: Uint8Array, container?: { start: number; length: number }) => {
      const [start, end] = container
        ? [container.start, container.start + container.length]
        : [bytes.length, bytes.length]
      const isRiff = detectFormat(bytes) === 'image/webp' || detectFormat(bytes) === 'audio/wav'
      const outside = concatBytes([bytes.subarray(0, start), bytes.subarray(isRiff ? end + ((end - start) & 1) : end)])
      // The length of the whole.
      if (isRiff) outside.fill(0, 4, 8)
      return outside
    }
    t.assert.ok(
      equalBytes(content(signed.asset, signed.container), content(asset, before?.manifestStore?.container)),
      'the bytes outside the manifest',
    )
    const after = inspect(signed.asset)?.manifestStore
    const manifests = decodeManifestStore(after?.bytes ?? new Uint8Array()).manifests
    t.assert.equal(manifests.at(-1)?.label, signed.manifestLabel)
    if (signed.isParentCarried) {
      const carried = decodeManifestStore(before?.manifestStore?.bytes ?? new Uint8Array()).manifests
      t.assert.deepEqual(
        manifests.slice(0, -1).map(({ box }) => box.bytes),
        carried.map(({ box }) => box.bytes),
      )
    }
    if ((!wasAccepted(name) && signed.hadManifest) || JUDGED_OTHERWISE.has(name)) return
    const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
    t.assert.equal(report.active_manifest, signed.manifestLabel)
    t.assert.deepEqual(report.validation_results.activeManifest.failure, [])
    t.assert.equal(report.validation_state, 'Trusted', JSON.stringify(report.validation_results.ingredientDeltas))
    trusted++
  })

test('all that c2pa-rs accepted in the corpus was signed again and is Trusted', { skip }, (t: TestContext) => {
  t.diagnostic(`${trusted} of ${files.length} files`)
  t.assert.ok(trusted > 70)
})
