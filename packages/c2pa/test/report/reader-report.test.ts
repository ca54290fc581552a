import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { decodePem, encodePem } from '@countersign/codec'
import type { CborValue } from '../../src/cbor.ts'
import { readerReport } from '../../src/report/reader-report.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { readWithC2paRs } from '../c2pa-rs.ts'
import { credential, root, rootPem } from '../credential.ts'
import { noise } from '../pictures.ts'
import { stampAt, timeStampAnchor } from '../verify/evidence.ts'
import { type Boxes, CREATED, type ForgedManifest, forge, manifestLabel } from '../verify/forge.ts'

type Json = { readonly [key: string]: unknown }

/** As JSON has it; the version of the specification is each validator's own. */
function plain(report: unknown): Json {
  const json = JSON.parse(JSON.stringify(report)) as Json & { validation_results: { specVersion?: string } }
  delete json.validation_results.specVersion
  return json
}

const options = { trust: [root.certificate.bytes], tsaTrust: [timeStampAnchor], now: new Date() }
const anchors = `${rootPem}${encodePem('CERTIFICATE', timeStampAnchor)}`
const picture = new Uint8Array(await noise(32, 32).jpeg().toBuffer())
const thumbnail = { format: 'image/jpeg', bytes: picture } as const
const signer = await credential()
const claimGenerator = { name: 'Example', version: '1.0.0' }

test("of what we sign it is c2pa-rs's own report, member by member and in its order", async (t: TestContext) => {
  const digitalSourceType = 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'
  const assertions = [{ label: 'stds.schema-org', data: { '@context': 'https://schema.org', '@type': 'CreativeWork' } }]
  // c2pa-rs shows the signing time of the token, which has whole seconds.
  const timeStamp = stampAt(new Date(Math.floor(Date.now() / 1000) * 1000))
  const { asset } = await sign(picture, {
    ...signer,
    claimGenerator,
    title: 'a picture',
    digitalSourceType,
    thumbnail,
    assertions,
    timeStamp,
  })
  const ours = plain(readerReport(await verify(asset, options)))
  const theirs = plain(await readWithC2paRs(asset, 'image/jpeg', anchors))
  t.assert.deepEqual(ours, theirs)
  t.assert.equal(JSON.stringify(ours), JSON.stringify(theirs))
})

test('with a history it has the same members and verdict', async (t: TestContext) => {
  const first = await sign(picture, { ...signer, claimGenerator, thumbnail })
  const second = await sign(first.asset, { ...signer, claimGenerator, verifyParent: (asset) => verify(asset, options) })
  const ours = plain(readerReport(await verify(second.asset, options)))
  const theirs = plain(await readWithC2paRs(second.asset, 'image/jpeg', anchors))
  t.assert.deepEqual(ours.manifests, theirs.manifests)
  t.assert.equal(ours.validation_state, theirs.validation_state)
  t.assert.deepEqual(Object.keys(ours), Object.keys(theirs))
})

test('failures stand in validation_status, and it is absent where there are none', async (t: TestContext) => {
  const folder = new URL('../../../../test/vectors/c2pa/', import.meta.url)
  const trust = decodePem(readFileSync(new URL('trust/vectors-root.pem', folder), 'utf8')).map(({ bytes }) => bytes)
  const now = new Date('2026-11-23T00:00:00Z')
  const read = async (name: string) => {
    const asset = new Uint8Array(readFileSync(new URL(name, folder)))
    return plain(readerReport(await verify(asset, { trust, tsaTrust: [], now })))
  }
  t.assert.equal((await read('ok-es256.jpg')).validation_status, undefined)
  const wrong = await read('hash-wrong.jpg')
  t.assert.equal(wrong.validation_state, 'Invalid')
  t.assert.deepEqual(
    (wrong.validation_status as Json[]).map((status) => [Object.keys(status).join(), status.code]),
    [['code,url,explanation', 'assertion.dataHash.mismatch']],
  )
})

test('what nothing leads to does not stand in for a manifest of the same label', async (t: TestContext) => {
  const bound = ['c2pa.hash.data', ({ dataHash }: Boxes) => dataHash] as const
  const shown = (title: string) => ({
    assertions: [['c2pa.actions.v2', () => CREATED], bound] as const,
    claim: { 'dc:title': title },
  })
  const parent = {
    relationship: 'parentOf',
    validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
  }
  const active = {
    label: manifestLabel(2),
    assertions: [
      ['c2pa.ingredient.v3', ({ reference }: Boxes) => ({ ...parent, activeManifest: reference(manifestLabel(1)) })],
      ['c2pa.actions.v2', ({ reference }: Boxes) => opened(reference('c2pa.ingredient.v3'))],
      bound,
    ] as const,
  }
  for (const order of [
    ['real', 'other'],
    ['other', 'real'],
  ]) {
    const [first, second] = order.map((title) => ({ label: manifestLabel(1), ...shown(title) }))
    const asset = await forge([first as ForgedManifest, second as ForgedManifest, active])
    const report = await verify(asset, options)
    const { manifests } = plain(readerReport(report)) as { manifests: { [label: string]: { title: string } } }
    const checked = report.manifests
      .filter(({ findings }) => findings.length > 0)
      .map(({ claim }) => claim?.['dc:title'])
    t.assert.equal(checked.length, 2)
    t.assert.equal(manifests[manifestLabel(1)]?.title, checked[0])
  }
})

const opened = (ingredient: CborValue): CborValue => ({
  actions: [{ action: 'c2pa.opened', parameters: { ingredients: [ingredient] } }],
})

test('of an asset without a manifest there is a report too', async (t: TestContext) => {
  const report = plain(readerReport(await verify(picture, options)))
  t.assert.equal(report.active_manifest, undefined)
  t.assert.deepEqual(report.manifests, {})
  t.assert.equal(report.validation_state, 'Invalid')
})
