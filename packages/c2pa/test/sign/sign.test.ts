import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { concatBytes, equalBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { Asset } from '../../src/formats/asset.ts'
import { crc32 } from '../../src/formats/crc32.ts'
import type { SignedAsset, SignOptions } from '../../src/sign/options.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { credential, root, rootPem } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { noise, pictures, pixels } from '../pictures.ts'

const generator = { name: 'Example', version: '1.0.0' }
const DIGITAL_CAPTURE = 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'
const es256 = await credential()
const options: SignOptions = { ...es256, claimGenerator: generator, title: 'a picture' }
const jpeg = new Uint8Array(await noise(160, 120).jpeg().toBuffer())
const png = new Uint8Array(await noise(64, 48).png().toBuffer())

/** The asset without the container of its manifest store. */
function withoutContainer({ asset, container }: SignedAsset): Uint8Array {
  return concatBytes([asset.subarray(0, container.start), asset.subarray(container.start + container.length)])
}

const verifyParent = (asset: Asset) => verify(asset, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })

for (const { name, format, bytes } of await pictures()) {
  test(`${name}: Trusted for c2pa-rs, the same outside the manifest, and the same pixels`, async (t: TestContext) => {
    const signed = await sign(bytes, options)
    t.assert.equal(signed.format, format)
    const report = await readWithC2paRs(signed.asset, format, rootPem)
    t.assert.deepEqual(failuresOf(report), [])
    t.assert.equal(report.validation_state, 'Trusted')
    t.assert.equal(report.active_manifest, signed.manifestLabel)
    const own = await verifyParent(signed.asset)
    t.assert.equal(own.state, 'Trusted', JSON.stringify(own.findings))
    t.assert.ok(equalBytes(withoutContainer(signed), bytes), 'the bytes outside the manifest')
    t.assert.deepEqual(await pixels(signed.asset), await pixels(bytes))
    t.assert.deepEqual(
      Buffer.from(signed.contentHash).toString('hex'),
      createHash('sha256').update(bytes).digest('hex'),
    )
  })
}

for (const algorithm of ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'] as const) {
  for (const hashAlgorithm of ['sha256', 'sha384', 'sha512'] as const)
    test(`${algorithm} over ${hashAlgorithm} is Trusted for c2pa-rs`, async (t: TestContext) => {
      const signed = await sign(jpeg, { ...options, ...(await credential(algorithm)), hashAlgorithm })
      const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
      t.assert.deepEqual(failuresOf(report), [])
      t.assert.equal(report.validation_state, 'Trusted')
      const alg = report.manifests[signed.manifestLabel]?.signature_info.alg
      t.assert.equal(alg, algorithm === 'EdDSA' ? 'Ed25519' : algorithm.replace('ES', 'Es').replace('PS', 'Ps'))
      t.assert.equal(
        Buffer.from(signed.contentHash).toString('hex'),
        createHash(hashAlgorithm).update(jpeg).digest('hex'),
      )
    })
}

test('a stated source makes it created, with the source and no ingredient', async (t: TestContext) => {
  const signed = await sign(png, { ...options, digitalSourceType: DIGITAL_CAPTURE })
  const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
  t.assert.equal(report.validation_state, 'Trusted')
  const manifest = report.manifests[signed.manifestLabel]
  t.assert.equal(manifest?.ingredients, undefined)
  const actions = manifest?.assertions.find(({ label }) => label === 'c2pa.actions.v2')
  t.assert.equal(actions?.created, true)
  const data = actions?.data as { actions: Record<string, unknown>[]; allActionsIncluded: boolean }
  t.assert.equal(data.allActionsIncluded, true)
  t.assert.equal(data.actions.length, 1)
  t.assert.equal(data.actions[0]?.action, 'c2pa.created')
  t.assert.equal(data.actions[0]?.digitalSourceType, DIGITAL_CAPTURE)
  t.assert.deepEqual(data.actions[0]?.softwareAgent, generator)
})

test('without a source the picture is its own parent, opened', async (t: TestContext) => {
  const signed = await sign(png, options)
  const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
  const manifest = report.manifests[signed.manifestLabel]
  t.assert.equal(manifest?.ingredients?.length, 1)
  t.assert.equal(manifest?.ingredients?.[0]?.relationship, 'parentOf')
  t.assert.equal(manifest?.ingredients?.[0]?.active_manifest, undefined)
  const actions = manifest?.assertions.find(({ label }) => label === 'c2pa.actions.v2')
  const [action] = (actions?.data as { actions: Record<string, unknown>[] } | undefined)?.actions ?? []
  t.assert.equal(action?.action, 'c2pa.opened')
  t.assert.equal(action?.digitalSourceType, undefined)
})

for (const [format, bytes] of [
  ['JPEG', jpeg],
  ['PNG', png],
] as const) {
  test(`${format}: signed three times, each manifest is carried byte for byte, and the chain is Trusted`, async (t: TestContext) => {
    const first = await sign(bytes, options)
    const second = await sign(first.asset, { ...options, verifyParent })
    const third = await sign(second.asset, {
      ...options,
      verifyParent,
      digitalSourceType: DIGITAL_CAPTURE,
    })
    const report = await readWithC2paRs(third.asset, third.format, rootPem)
    t.assert.deepEqual(failuresOf(report), [])
    t.assert.equal(report.validation_state, 'Trusted')
    t.assert.deepEqual(
      Object.keys(report.manifests).sort(),
      [first, second, third].map(({ manifestLabel }) => manifestLabel).sort(),
    )
    t.assert.equal(report.active_manifest, third.manifestLabel)
    t.assert.equal(report.manifests[third.manifestLabel]?.ingredients?.[0]?.active_manifest, second.manifestLabel)
    const results = report.manifests[third.manifestLabel]?.ingredients?.[0]?.validation_results?.activeManifest
    t.assert.deepEqual(results?.failure, [])
    t.assert.ok(results?.success.some(({ code }) => code === 'signingCredential.trusted'))
    t.assert.equal(third.hadManifest, true)
    t.assert.ok(equalBytes(withoutContainer(third), bytes))
    t.assert.deepEqual(third.contentHash, first.contentHash)
  })
}

test('a store so long that JPEG needs several segments, with a thumbnail and assertions', async (t: TestContext) => {
  const thumbnail = { format: 'image/jpeg', bytes: new Uint8Array(await noise(300, 300).jpeg().toBuffer()) } as const
  const author = {
    '@context': 'https://schema.org',
    '@type': 'CreativeWork',
    author: [{ '@type': 'Person', name: 'Ä' }],
  }
  for (const [bytes, title] of [
    [jpeg, 'a picture'],
    [png, 'b'.repeat(70_000)],
  ] as const) {
    const signed = await sign(bytes, {
      ...options,
      title,
      parentTitle: 'as it came',
      thumbnail,
      parentThumbnail: thumbnail,
      assertions: [
        { label: 'stds.schema-org', data: author },
        { label: 'stds.schema-org', data: { ...author, '@type': 'Photograph' } },
        { label: 'org.example.note', data: { text: 'x'.repeat(200_000) }, created: true, encoding: 'cbor' },
      ],
    })
    const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
    t.assert.deepEqual(failuresOf(report), [])
    t.assert.equal(report.validation_state, 'Trusted')
    const manifest = report.manifests[signed.manifestLabel]
    t.assert.equal(manifest?.title, title)
    t.assert.equal(manifest?.ingredients?.[0]?.title, 'as it came')
    t.assert.equal(manifest?.thumbnail?.format, 'image/jpeg')
    const custom = manifest?.assertions.filter(({ label }) => !label.startsWith('c2pa.'))
    t.assert.deepEqual(custom?.map(({ label, created }) => [label, created]).sort(), [
      ['org.example.note', true],
      ['stds.schema-org', undefined],
      ['stds.schema-org', undefined],
    ])
    t.assert.ok(equalBytes(withoutContainer(signed), bytes))
    t.assert.ok(signed.container.length > 3 * 64_000)
  }
})

test('equal randomness, time and deterministic signatures give equal bytes', async (t: TestContext) => {
  const fixed: SignOptions = {
    ...options,
    ...(await credential('EdDSA')),
    now: () => new Date('2026-01-02T03:04:05Z'),
    randomBytes: (length) => new Uint8Array(length).fill(7),
  }
  t.assert.deepEqual((await sign(jpeg, fixed)).asset, (await sign(jpeg, fixed)).asset)
})

test('an asset may be a view into a larger buffer', async (t: TestContext) => {
  const larger = concatBytes([new Uint8Array(13), jpeg, new Uint8Array(5)])
  const signed = await sign(larger.subarray(13, 13 + jpeg.length), options)
  t.assert.ok(equalBytes(withoutContainer(signed), jpeg))
})

test('what can not be signed is refused with a code', async (t: TestContext) => {
  const refused = (promise: Promise<unknown>, code: string) => t.assert.rejects(promise, { name: 'C2paError', code })
  await refused(sign(new Uint8Array(), options), 'unsupported_format')
  await refused(sign(new TextEncoder().encode('BM'), options), 'unsupported_format')
  await refused(sign(jpeg.subarray(0, jpeg.length - 3), options), 'malformed_asset')
  await refused(sign(jpeg, { ...options, certificates: [] }), 'invalid_option')
  await refused(sign(jpeg, { ...options, certificates: es256.certificates.toReversed() }), 'invalid_option')
  await refused(sign(jpeg, { ...options, signer: { ...es256.signer, algorithm: 'RS256' } }), 'invalid_option')
  await refused(sign(jpeg, { ...options, assertions: [{ label: 'c2pa.hash.data', data: {} }] }), 'invalid_option')
  await refused(sign(jpeg, { ...options, assertions: [{ label: 'a/b.c', data: {} }] }), 'invalid_option')
  const circular: { self?: unknown } = {}
  circular.self = circular
  for (const encoding of ['json', 'cbor'] as const)
    for (const data of [circular, encoding === 'json' ? undefined : () => 1])
      await refused(sign(jpeg, { ...options, assertions: [{ label: 'a.b', data, encoding }] }), 'invalid_option')
})

test('a second store anywhere in the file is refused', async (t: TestContext) => {
  const signed = await sign(jpeg, options)
  const { start, length } = signed.container
  const container = signed.asset.subarray(start, start + length)
  const layout = inspect(jpeg)
  t.assert.equal(layout?.manifestStore, undefined)
  const twice = concatBytes([signed.asset.subarray(0, start), container, signed.asset.subarray(start)])
  await t.assert.rejects(sign(twice, options), { code: 'multiple_manifest_stores' })
  // Between the entropy-coded data and EOI, where most readers do not look.
  const hidden = concatBytes([signed.asset.subarray(0, -2), container, signed.asset.subarray(-2)])
  await t.assert.rejects(sign(hidden, options), { code: 'multiple_manifest_stores' })
})

test('a parent that was changed after signing says so in its ingredient, and the new manifest is Valid or better', async (t: TestContext) => {
  const signed = (await sign(png, options)).asset.slice()
  // A pixel's byte, before the CRC of the last IDAT.
  const at = signed.length - 20
  signed[at] = (signed[at] as number) ^ 1
  const again = await sign(signed, { ...options, verifyParent })
  const report = await readWithC2paRs(again.asset, again.format, rootPem)
  const [parent] = report.manifests[again.manifestLabel]?.ingredients ?? []
  t.assert.deepEqual(
    parent?.validation_results?.activeManifest.failure.map(({ code }) => code),
    ['assertion.dataHash.mismatch'],
  )
  t.assert.deepEqual(report.validation_results.activeManifest.failure, [])
})

test('any curve goes with any hash, as C2PA 2.2 §13.2.1 has it', async (t: TestContext) => {
  for (const algorithm of ['ES256', 'ES384', 'ES512'] as const)
    for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
      const signed = await sign(png, { ...options, ...(await credential(algorithm, curve)) })
      t.assert.equal((await verifyParent(signed.asset)).state, 'Trusted', `${algorithm} on ${curve}`)
    }
})

test('a signer that gives something else than its algorithm has is an error', async (t: TestContext) => {
  const ps256 = await credential('PS256')
  const short = { ...ps256.signer, sign: async () => new Uint8Array(10) }
  await t.assert.rejects(sign(png, { ...options, ...ps256, signer: short }), { code: 'signature' })
})

test('the memory of the signed asset may be given, and is not believed to be as long as asked for', async (t: TestContext) => {
  const memory = new Uint8Array(png.length + 100_000)
  const signed = await sign(png, { ...options, allocate: (length) => memory.subarray(0, length) })
  t.assert.equal(signed.asset.buffer, memory.buffer)
  t.assert.equal((await verifyParent(signed.asset)).state, 'Trusted')
  await t.assert.rejects(sign(png, { ...options, allocate: () => memory }), { code: 'invalid_option' })
})

test('a manifest that no reader can read stays behind, and the ingredient says why', async (t: TestContext) => {
  const signed = await sign(png, { ...options, title: 'find me' })
  const bytes = signed.asset.slice()
  // The claim's map becomes an array, and the chunk's CRC is made to fit.
  const claim = indexOf(bytes, 'c2pa.claim.v2') + 'c2pa.claim.v2'.length + 1 + 8
  bytes[claim] = 0x80
  const { start, length } = signed.container
  new DataView(bytes.buffer).setUint32(start + length - 4, crc32(bytes.subarray(start + 4, start + length - 4)))
  const again = await sign(bytes, { ...options, verifyParent, digitalSourceType: DIGITAL_CAPTURE })
  t.assert.equal(again.hadManifest, true)
  t.assert.equal(again.isParentCarried, false)
  const report = await readWithC2paRs(again.asset, again.format, rootPem)
  t.assert.deepEqual(failuresOf(report), [])
  t.assert.equal(report.validation_state, 'Trusted')
  t.assert.deepEqual(Object.keys(report.manifests), [again.manifestLabel])
  const parent = report.manifests[again.manifestLabel]?.ingredients?.[0]
  t.assert.match(JSON.stringify(parent?.validation_results?.activeManifest.failure), /claim/)
  t.assert.ok(equalBytes(withoutContainer(again), png))
})

function indexOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text)
}

test('the hash that the caller has serves as the binding; a wrong one is found out, and an earlier manifest makes it useless', async (t: TestContext) => {
  const fixed = {
    ...options,
    now: () => new Date('2026-01-01T00:00:00Z'),
    randomBytes: (n: number) => new Uint8Array(n),
  }
  const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
  const known = await sign(png, { ...fixed, assetHash: digest('sha256', png) })
  t.assert.deepEqual(known.contentHash, (await sign(png, fixed)).contentHash)
  t.assert.equal((await verify(known.asset, judge)).state, 'Trusted')
  const wrong = await sign(png, { ...fixed, assetHash: digest('sha256', jpeg) })
  t.assert.equal((await verify(wrong.asset, judge)).state, 'Invalid')
  const again = await sign(known.asset, { ...options, assetHash: digest('sha256', known.asset) })
  t.assert.equal((await verify(again.asset, judge)).state, 'Trusted')
  const longer = await sign(png, { ...options, hashAlgorithm: 'sha384', assetHash: digest('sha256', png) })
  t.assert.equal((await verify(longer.asset, judge)).state, 'Trusted')
})
