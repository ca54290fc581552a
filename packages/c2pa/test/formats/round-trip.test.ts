/** Every format, signed and signed again: we and c2pa-rs believe it, and decoders see what they saw before. */
import { type TestContext, test } from 'node:test'
import { digest } from '@countersign/pki'
import type { Asset, AssetReader } from '../../src/formats/asset.ts'
import { signableFormats } from '../../src/formats/detect.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { signWithC2paRs } from '../c2pa-rs-signer.ts'
import { credential, root, rootPem } from '../credential.ts'
import { isInstalled } from '../decoders.ts'
import { inspect } from '../inspect.ts'
import { BROKEN_BY_C2PA_RS, decoded, type Sample, samples, UNKNOWN_TO_C2PA_RS, UNSIGNED_BY_C2PA_RS } from './samples.ts'

const all = await samples()
const hasFfmpeg = isInstalled('ffmpeg')
const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
const options = {
  ...(await credential('EdDSA')),
  claimGenerator: { name: 'Example' },
  now: () => new Date(),
  verifyParent: (asset: Asset) => verify(asset, judge),
}

const IS_RIFF = /webp|wav|avi$/

test('there is a sample of every format that is signed', (t: TestContext) => {
  const names = new Set(all.map(({ format }) => format.name))
  t.assert.deepEqual(
    signableFormats.filter((name) => !names.has(name)),
    [],
  )
  if (!hasFfmpeg) t.diagnostic('ffmpeg is not installed: sound and films are not decoded')
})

/** Trusted for us, and for c2pa-rs where it reads the format. */
async function isTrusted(t: TestContext, { name, mediaType }: Sample, bytes: Uint8Array): Promise<void> {
  const report = await verify(bytes, judge)
  t.assert.deepEqual(
    report.findings.filter(({ kind }) => kind === 'failure'),
    [],
  )
  t.assert.equal(report.state, 'Trusted')
  if (UNKNOWN_TO_C2PA_RS[name] !== undefined) {
    t.diagnostic(UNKNOWN_TO_C2PA_RS[name])
    return
  }
  const theirs = await readWithC2paRs(bytes, mediaType, rootPem)
  t.assert.deepEqual(failuresOf(theirs), [])
  t.assert.equal(theirs.validation_state, 'Trusted')
}

/** Reads as little as it is asked for. */
function readerOf(bytes: Uint8Array): AssetReader {
  return { size: bytes.length, read: async (start, end) => bytes.slice(start, end) }
}

for (const sample of all) {
  const { name, mediaType, bytes } = sample
  test(`${name}: ${mediaType}`, async (t: TestContext) => {
    const first = await sign(bytes, options)
    t.assert.equal(first.format, mediaType)
    await isTrusted(t, sample, first.asset)
    const second = await sign(first.asset, options)
    t.assert.ok(second.isParentCarried)
    await isTrusted(t, sample, second.asset)
    // The first manifest leaves nothing behind but itself and its padding.
    const outside = ({ asset, container: { start, length } }: typeof first) => {
      const padding = IS_RIFF.test(mediaType) ? length & 1 : 0
      return [asset.length - length - padding, start]
    }
    t.assert.deepEqual(outside(second), outside(first))
    const { padding: _, ...container } = inspect(second.asset)?.manifestStore?.container ?? { padding: 0 }
    t.assert.deepEqual(container, second.container)
    const expected = await decoded(sample, bytes, hasFfmpeg)
    t.assert.deepEqual(await decoded(sample, first.asset, hasFfmpeg), expected)
    t.assert.deepEqual(await decoded(sample, second.asset, hasFfmpeg), expected)
  })

  test(`${name}: in memory, as a Blob and read piece by piece the same`, async (t: TestContext) => {
    const fixed = {
      ...options,
      now: () => new Date('2026-11-22T23:00:00Z'),
      randomBytes: (length: number) => new Uint8Array(length).fill(7),
    }
    const first = await sign(bytes, fixed)
    const withHash = await sign(bytes, { ...fixed, assetHash: digest('sha256', bytes) })
    t.assert.deepEqual(withHash.asset, first.asset)
    for (const asset of [bytes, first.asset]) {
      const inMemory = await sign(asset, fixed)
      const ofBlob = await sign(new Blob([new Uint8Array(asset)]), fixed)
      t.assert.deepEqual(new Uint8Array(await ofBlob.asset.arrayBuffer()), inMemory.asset)
      const ofReader = await sign(readerOf(asset), fixed)
      t.assert.deepEqual(await ofReader.asset.read(0, ofReader.asset.size), inMemory.asset)
      const report = await verify(inMemory.asset, judge)
      t.assert.deepEqual(await verify(ofBlob.asset, judge), report)
      t.assert.deepEqual(await verify(ofReader.asset, judge), report)
    }
  })

  test(`${name}: signed by c2pa-rs`, async (t: TestContext) => {
    if (UNSIGNED_BY_C2PA_RS[name] !== undefined) {
      t.skip(UNSIGNED_BY_C2PA_RS[name])
      return
    }
    const signed = await signWithC2paRs(bytes, mediaType)
    await isTrusted(t, sample, signed)
    if (BROKEN_BY_C2PA_RS[name] !== undefined) {
      t.diagnostic(BROKEN_BY_C2PA_RS[name])
      await t.assert.rejects(sign(signed, options), { code: 'malformed_asset' })
      return
    }
    const again = await sign(signed, options)
    t.assert.ok(again.isParentCarried)
    await isTrusted(t, sample, again.asset)
  })
}
