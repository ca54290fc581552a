import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import type { Asset } from '../../src/formats/asset.ts'
import type { Report } from '../../src/report/report.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { noise, segment, withSegments } from '../pictures.ts'

const jpeg = new Uint8Array(await noise(48, 48).jpeg().toBuffer())
const signer = await credential()
const claimGenerator = { name: 'Example', version: '1' }
const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
const verifyParent = (asset: Asset): Promise<Report> => verify(asset, options)

const first = await sign(jpeg, {
  ...signer,
  claimGenerator,
  digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture',
})
const second = await sign(first.asset, { ...signer, claimGenerator, verifyParent })
const third = await sign(second.asset, { ...signer, claimGenerator, verifyParent })

/** The asset with the first byte of `text`, at or after `from`, changed. */
function changed(asset: Uint8Array, text: string, from = 0): Uint8Array {
  const mutated = asset.slice()
  const position = Buffer.from(asset).indexOf(text, from)
  mutated[position] = (mutated[position] as number) ^ 1
  return mutated
}

test('a history of three manifests is Trusted, and nothing is new about what was recorded', async (t: TestContext) => {
  const report = await verify(third.asset, options)
  t.assert.equal(report.state, 'Trusted')
  t.assert.deepEqual(
    report.manifests.map(({ label }) => label),
    [first.manifestLabel, second.manifestLabel, third.manifestLabel],
  )
  const codes = report.ingredientDeltas.flatMap(({ findings }) => findings.map(({ code }) => code))
  t.assert.ok(codes.includes('ingredient.manifest.validated'))
  t.assert.ok(!codes.includes('claimSignature.validated'), 'is recorded')
})

test('without the anchor of the ingredient its signer is untrusted anew', async (t: TestContext) => {
  const report = await verify(second.asset, { ...options, trust: [] })
  t.assert.equal(report.state, 'Valid')
  const codes = report.ingredientDeltas.flatMap(({ findings }) => findings.map(({ code }) => code))
  t.assert.ok(codes.includes('signingCredential.untrusted'))
})

test('a change inside an ingredient is found by its hash', async (t: TestContext) => {
  // The first manifest in the store is the oldest.
  for (const text of ['digitalCapture', 'c2pa.created', 'instanceID']) {
    const { state, ingredientDeltas } = await verify(changed(third.asset, text), options)
    t.assert.equal(state, 'Invalid', text)
    const codes = ingredientDeltas.flatMap(({ findings }) => findings.map(({ code }) => code))
    t.assert.ok(codes.includes('ingredient.manifest.mismatch'), `${text}: ${codes}`)
  }
})

test('an ingredient without a manifest is of unknown provenance, and no less valid', async (t: TestContext) => {
  const opened = await sign(jpeg, { ...signer, claimGenerator })
  const { state, ingredientDeltas } = await verify(opened.asset, options)
  t.assert.equal(state, 'Trusted')
  t.assert.deepEqual(
    ingredientDeltas.map(({ findings }) => findings.map(({ code }) => code)),
    [['ingredient.unknownProvenance']],
  )
})

test('what can not be checked is said by a failure', async (t: TestContext) => {
  const xmp = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
    xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="https://example.com/manifest.c2pa"/></rdf:RDF>`
  const remote = withSegments(jpeg, segment(0xe1, utf8Bytes(`http://ns.adobe.com/xap/1.0/\0${xmp}`)))
  const container = inspect(first.asset)?.manifestStore?.container
  const store = first.asset.subarray(container?.start, (container?.start ?? 0) + (container?.length ?? 0))
  for (const [asset, code] of [
    [jpeg, 'claim.missing'],
    [remote, 'manifest.inaccessible'],
    [utf8Bytes('BM'), 'general.error'],
    [new Uint8Array(), 'general.error'],
    // Two stores are as none.
    [concatBytes([first.asset.subarray(0, 2), store, first.asset.subarray(2)]), 'claim.missing'],
  ] as const) {
    const { state, findings, activeManifest } = await verify(asset, options)
    t.assert.equal(state, 'Invalid')
    t.assert.deepEqual(
      findings.map(({ kind, code: own }) => [kind, own]),
      [['failure', code]],
    )
    t.assert.equal(activeManifest, undefined)
  }
})
