import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { CborTag } from '../../src/cbor.ts'
import { crJson } from '../../src/report/cr-json.ts'
import { readerReport } from '../../src/report/reader-report.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { noise } from '../pictures.ts'
import { stampAt, timeStampAnchor } from '../verify/evidence.ts'
import { CREATED, forge, manifestLabel } from '../verify/forge.ts'

type Json = { readonly [key: string]: Json } & readonly Json[]

const plain = (document: unknown): Json => JSON.parse(JSON.stringify(document)) as Json

const now = new Date('2026-11-23T12:34:56.789Z')
const options = { trust: [root.certificate.bytes], tsaTrust: [timeStampAnchor], now: new Date() }
const picture = new Uint8Array(await noise(32, 32).jpeg().toBuffer())
const claimGenerator = { name: 'Example', version: '1.0.0' }

test('the generator is this package, in its version', (t: TestContext) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const document = crJson({ state: 'Invalid', validatedAt: now, manifests: [], findings: [], ingredientDeltas: [] })
  t.assert.deepEqual(document.jsonGenerator, { name: 'Countersign', version })
})

test('of an asset without a manifest there is a document that says so', async (t: TestContext) => {
  const document = plain(crJson(await verify(picture, { ...options, now })))
  t.assert.deepEqual(document.manifests, [])
  const results = document['extras:validationResults'] as Json
  t.assert.equal(results.validationTime, '2026-11-23T12:34:56.789+00:00')
  t.assert.equal(results.specVersion, '2.2.0')
  t.assert.deepEqual(
    (results.failure as Json).map(({ code }) => code),
    ['claim.missing'],
  )
})

test('the active manifest is first, and each is judged by itself', async (t: TestContext) => {
  const timeStamp = stampAt(new Date(Math.floor(Date.now() / 1000) * 1000))
  const signer = await credential()
  const thumbnail = { format: 'image/jpeg', bytes: picture } as const
  const first = await sign(picture, { ...signer, claimGenerator, thumbnail, timeStamp })
  const second = await sign(first.asset, { ...signer, claimGenerator, verifyParent: (asset) => verify(asset, options) })
  const report = await verify(second.asset, options)
  const manifests = plain(crJson(report)).manifests as Json
  t.assert.deepEqual(
    manifests.map(({ label }) => label),
    report.manifests.map(({ label }) => label).reverse(),
  )
  const [active, parent] = manifests as unknown as [Json, Json]
  t.assert.equal(active.label, report.activeManifest as never)
  t.assert.equal((active.signature as Json).timeStampInfo, undefined as never)
  for (const { validationResults, isUpdateManifest, isCompressedManifest } of [active, parent]) {
    const codes = ((validationResults as Json).success as Json).map(({ code }) => code as unknown as string)
    t.assert.ok(codes.includes('claimSignature.validated') && codes.includes('signingCredential.trusted'))
    t.assert.deepEqual([isUpdateManifest, isCompressedManifest], [false, false])
  }
  const stamp = (parent.signature as Json).timeStampInfo as Json
  t.assert.match(`${stamp.timestamp}`, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
  t.assert.equal(((stamp.certificateInfo as Json).subject as Json).CN, 'Example Time-Stamping Authority' as never)
  t.assert.equal((parent.signature as Json).algorithm, 'ES256' as never)
  t.assert.deepEqual((parent.assertions as Json)['c2pa.thumbnail.claim'], { thumbnailType: 0, mimeType: 'image/jpeg' })
  const claim = parent['claim.v2'] as Json
  t.assert.deepEqual([claim.gathered_assertions, claim.redacted_assertions], [[], []])
  for (const { hash } of claim.created_assertions as Json) t.assert.match(`${hash}`, /^b64'[A-Za-z0-9+/]{43}='$/)
  const deltas = active.ingredientDeltas as Json | undefined
  for (const { ingredientAssertionURI } of deltas ?? [])
    t.assert.ok(
      `${ingredientAssertionURI}`.startsWith(`self#jumbf=/c2pa/${active.label}/c2pa.assertions/c2pa.ingredient`),
    )
})

test('claim and assertions are mapped from CBOR as table 1 of §3.6.3 has it', async (t: TestContext) => {
  const values = {
    bytes: Uint8Array.of(0xfb, 0xff),
    none: new Uint8Array(),
    time: new CborTag(0, '2020-02-11T09:30:00Z'),
    numbers: [0, 4294967296, -1, 1.5, null, true],
    byNumber: new Map([[1, 'one']]),
  }
  const asset = await forge([
    {
      label: manifestLabel(1),
      assertions: [
        ['c2pa.actions.v2', () => CREATED],
        ['org.example.values', () => values],
        ['__proto__', () => ({ constructor: 'mine' })],
        ['org.example.json', () => '{"__proto__":{"polluted":true},"hash":[1,2],"url":"x"}'],
        ['c2pa.hash.data', ({ dataHash }) => dataHash],
      ],
      claim: { 'org.example.more': 'dropped: the schema has no place for it', alg_soft: 'none' },
    },
  ])
  const [manifest] = plain(crJson(await verify(asset, options))).manifests as Json
  const { assertions, 'claim.v2': claim } = manifest as unknown as { assertions: Json; 'claim.v2': Json }
  t.assert.deepEqual(assertions['org.example.values'], {
    bytes: "b64'+/8='",
    none: "b64''",
    time: '2020-02-11T09:30:00Z',
    numbers: [0, 4294967296, -1, 1.5, null, true],
    byNumber: { 1: 'one' },
  })
  t.assert.ok(Object.hasOwn(assertions, '__proto__'))
  t.assert.equal(
    JSON.stringify(assertions['org.example.json']),
    '{"__proto__":{"polluted":true},"hash":[1,2],"url":"x"}',
  )
  t.assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  t.assert.deepEqual(Object.keys(claim).sort(), [
    'alg',
    'alg_soft',
    'claim_generator_info',
    'created_assertions',
    'gathered_assertions',
    'instanceID',
    'redacted_assertions',
    'signature',
  ])
})

test('a claim of version 1 stands under its own name, with the generator that crJSON demands', async (t: TestContext) => {
  const label = manifestLabel(1)
  const asset = await forge([
    {
      label,
      isVersion1: true,
      assertions: [
        ['c2pa.actions', () => CREATED],
        ['c2pa.hash.data', ({ dataHash }) => dataHash],
      ],
      claim: { 'dc:format': 'image/png' },
    },
  ])
  const report = await verify(asset, options)
  const [manifest] = plain(crJson(report)).manifests as Json
  const { claim } = manifest as unknown as { claim: Json }
  t.assert.deepEqual(claim.claim_generator_info, [{ name: 'forge' }])
  t.assert.equal((claim.assertions as Json).length, 2)
  t.assert.equal(claim.gathered_assertions, undefined)
  const reader = plain(readerReport(report)).manifests as unknown as { [label: string]: Json }
  t.assert.equal(((reader[label] as Json).assertions as Json)[0]?.label, 'c2pa.actions.v2' as never)
})

test('every manifest of the store is there, referred to or not', async (t: TestContext) => {
  const hash = ['c2pa.hash.data', ({ dataHash }: { dataHash: unknown }) => dataHash] as never
  const actions = ['c2pa.actions.v2', () => CREATED] as never
  const asset = await forge([
    { label: manifestLabel(1), assertions: [actions, hash] },
    { label: manifestLabel(2), isUpdate: true, assertions: [['c2pa.actions.v2', () => ({ actions: [] })]] },
    { label: manifestLabel(3), assertions: [actions, hash] },
  ])
  const document = plain(crJson(await verify(asset, options)))
  const manifests = document.manifests as Json
  t.assert.deepEqual(
    manifests.map(({ label, isUpdateManifest }) => [label, isUpdateManifest]),
    [
      [manifestLabel(3), false],
      [manifestLabel(2), true],
      [manifestLabel(1), false],
    ],
  )
  const last = manifests[2] as Json
  t.assert.deepEqual((last.assertions as Json)['c2pa.actions.v2'], plain(CREATED))
  const { success, informational, failure } = last.validationResults as Json
  t.assert.deepEqual([success, informational, failure], [[], [], []])
})

test('whatever a file holds, both reports can be written', async (t: TestContext) => {
  const asset = new Uint8Array(readFileSync(new URL('../../../../test/vectors/c2pa/ok-v1.jpg', import.meta.url)))
  const { start = 0, length = 0 } = inspect(asset)?.manifestStore?.container ?? {}
  t.assert.ok(length > 1000)
  let shown = 0
  for (let step = 0; step < 1500; step++) {
    const mutated = asset.slice()
    // Each place once, each time another bit.
    const at = start + ((step * 7919) % length)
    mutated[at] = (mutated[at] as number) ^ (1 << (step % 8))
    const report = await verify(mutated, options)
    if ((plain(crJson(report)).manifests as Json).length > 0) shown++
    t.assert.ok(JSON.stringify(readerReport(report)).includes('validation_state'))
  }
  t.assert.ok(shown > 500, `${shown} were shown`)
})
