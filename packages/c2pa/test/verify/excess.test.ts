/** Stores that are well formed and far too much: verification ends soon, and what it tells fits in memory. */
import { type TestContext, test } from 'node:test'
import { brotliCompressSync, constants } from 'node:zlib'
import type { CborValue } from '../../src/cbor.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { COMPRESSED_MANIFEST } from '../../src/jumbf/content-type.ts'
import { encodeSuperbox } from '../../src/jumbf/superbox.ts'
import { crJson } from '../../src/report/cr-json.ts'
import { readerReport } from '../../src/report/reader-report.ts'
import type { Report } from '../../src/report/report.ts'
import { verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { type Boxes, CREATED, type ForgedManifest, forge, manifestLabel } from './forge.ts'

type Assertion = readonly [label: string, content: (boxes: Boxes) => CborValue | string]
const bound: Assertion = ['c2pa.hash.data', ({ dataHash }) => dataHash]
const created: Assertion = ['c2pa.actions.v2', () => CREATED]

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const single = (...assertions: readonly Assertion[]): ForgedManifest[] => [{ label: manifestLabel(1), assertions }]

async function judge(t: TestContext, manifests: readonly ForgedManifest[]): Promise<{ report: Report; json: string }> {
  const asset = await forge(manifests)
  const start = performance.now()
  const report = await verify(asset, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })
  const json = JSON.stringify(readerReport(report))
  t.assert.ok(performance.now() - start < 3000, `${Math.round(performance.now() - start)} ms`)
  return { report, json }
}

const codesOf = ({ findings, ingredientDeltas }: Report): Set<string> =>
  new Set([...findings, ...ingredientDeltas.flatMap((delta) => delta.findings)].map(({ code }) => code))

test('a thousand references to one large ingredient assertion', async (t: TestContext) => {
  const large = { relationship: 'componentOf', filling: times(200_000, () => 0) }
  const placed = ({ reference }: Boxes): CborValue => {
    const target = reference('c2pa.ingredient.v3')
    const action = { action: 'c2pa.placed', parameters: { ingredients: times(1000, () => target) } }
    return { actions: [...((CREATED as { actions: CborValue[] }).actions ?? []), action] }
  }
  const { report } = await judge(t, single(bound, ['c2pa.ingredient.v3', () => large], ['c2pa.actions.v2', placed]))
  t.assert.equal(report.state, 'Trusted')
})

test('more items than there is memory for', async (t: TestContext) => {
  const many = JSON.stringify(times(300_000, () => 0))
  const { report } = await judge(
    t,
    single(bound, created, ['org.example.a', () => many], ['org.example.b', () => many]),
  )
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).has('assertion.json.invalid'))
})

test('JSON as deep as no one can write it again', async (t: TestContext) => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const { report } = await judge(t, single(bound, created, ['org.example.a', () => deep]))
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).has('assertion.json.invalid'))
  const text = `{"a":"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"}`
  t.assert.equal((await judge(t, single(bound, created, ['org.example.a', () => text]))).report.state, 'Trusted')
})

test('a hundred thousand malformed actions', async (t: TestContext) => {
  const { report, json } = await judge(
    t,
    single(bound, ['c2pa.actions.v2', () => ({ actions: times(100_000, () => 0) })]),
  )
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).has('assertion.action.malformed'))
  t.assert.ok(json.length < 500_000, `${json.length} characters`)
})

test('a faulty manifest that hundreds of ingredient assertions name', async (t: TestContext) => {
  const faulty: ForgedManifest = {
    label: manifestLabel(1),
    assertions: [bound, ['c2pa.actions.v2', () => ({ actions: times(5000, () => 0) })]],
  }
  const ingredient = ({ reference }: Boxes): CborValue => ({
    relationship: 'componentOf',
    activeManifest: reference(manifestLabel(1)),
    validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
  })
  const ingredients = times(200, (index): Assertion => [`c2pa.ingredient.v3__${index + 1}`, ingredient])
  const top = { label: manifestLabel(2), assertions: [bound, created, ...ingredients] }
  const { report, json } = await judge(t, [faulty, top])
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).has('general.error'))
  t.assert.ok(json.length < 50_000_000, `${json.length} characters`)
})

test('dozens of long labels, each over thousands of actions that are none', async (t: TestContext) => {
  const lists = times(
    40,
    (index): Assertion => [`c2pa.actions.v${'0'.repeat(400)}${index}`, () => ({ actions: times(5000, () => 0) })],
  )
  const { report, json } = await judge(t, single(bound, created, ...lists))
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).has('general.error'))
  t.assert.ok(json.length < 10_000_000, `${json.length} characters`)
})

test('thousands of long references in a manifest of a few kilobytes, and a dozen ingredients that are it', async (t: TestContext) => {
  const label = manifestLabel(1)
  const faulty: ForgedManifest = {
    label,
    claim: {
      created_assertions: times(1500, (index) => ({
        url: `self#jumbf=c2pa.assertions/${'x'.repeat(3900)}${index}`,
        hash: new Uint8Array(32),
      })),
    },
    assertions: [bound, created],
    stored: (content) =>
      encodeSuperbox(
        { type: COMPRESSED_MANIFEST, label, requestable: true },
        encodeBox(
          'brob',
          new Uint8Array(brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })),
        ),
      ),
  }
  const ingredient = ({ reference }: Boxes): CborValue => ({
    relationship: 'componentOf',
    activeManifest: reference(label),
    validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
  })
  const ingredients = times(12, (index): Assertion => [`c2pa.ingredient.v3__${index + 1}`, ingredient])
  const { report, json } = await judge(t, [
    faulty,
    { label: manifestLabel(2), assertions: [bound, created, ...ingredients] },
  ])
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(json.length < 1_000_000, `${json.length} characters`)
  t.assert.ok(JSON.stringify(crJson(report)).length < 10_000_000)
})

test('thousands of short references in an ordinary manifest, and hundreds of ingredients that are it', async (t: TestContext) => {
  const label = manifestLabel(1)
  const claim = {
    gathered_assertions: times(900, (index) => ({
      url: `self#jumbf=c2pa.assertions/${'x'.repeat(900)}${index}`,
      hash: new Uint8Array(32),
    })),
  }
  const ingredient = ({ reference }: Boxes): CborValue => ({
    relationship: 'componentOf',
    activeManifest: reference(label),
    validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
  })
  const ingredients = times(50, (index): Assertion => [`c2pa.ingredient.v3__${index + 1}`, ingredient])
  const top = { label: manifestLabel(2), assertions: [bound, created, ...ingredients] }
  const { report, json } = await judge(t, [{ label, assertions: [bound, created], claim }, top])
  t.assert.ok(codesOf(report).has('general.error'))
  t.assert.ok(json.length < 25_000_000, `${json.length} characters`)
})

test('a hundred thousand redactions and hundreds of ingredients', async (t: TestContext) => {
  const ingredient = ({ reference }: Boxes): CborValue => ({
    relationship: 'componentOf',
    activeManifest: reference(manifestLabel(1)),
    validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
  })
  const ingredients = times(400, (index): Assertion => [`c2pa.ingredient.v3__${index + 1}`, ingredient])
  await judge(t, [
    ...single(bound, created),
    {
      label: manifestLabel(2),
      assertions: [bound, created, ...ingredients],
      claim: { redacted_assertions: times(100_000, (index) => `self#jumbf=/c2pa/none/x${index}`) },
    },
  ])
})

test('megabytes of OCSP responses for every manifest', async (t: TestContext) => {
  const responses: Assertion = [
    'c2pa.certificate-status',
    () => ({ ocspVals: times(64, () => new Uint8Array(100_000)) }),
  ]
  const { report } = await judge(t, single(bound, created, responses))
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).has('general.error'))
})

test('a reference of a megabyte', async (t: TestContext) => {
  const url = `https://example.com/${'x'.repeat(1_000_000)}`
  const claim = { gathered_assertions: [{ url, hash: new Uint8Array(32) }] }
  const { report, json } = await judge(t, [{ label: manifestLabel(1), assertions: [bound, created], claim }])
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(json.length < 20_000, `${json.length} characters`)
})

test('more ways through the ingredients than anyone follows, each excusing something else', async (t: TestContext) => {
  const ingredient =
    (number: number, way: string) =>
    ({ reference }: Boxes): CborValue => {
      const failure = [{ code: 'assertion.missing', url: `${way}${number}` }]
      return {
        relationship: 'componentOf',
        activeManifest: reference(manifestLabel(number)),
        validationResults: { activeManifest: { success: [], informational: [], failure } },
      }
    }
  const manifests = times(20, (index): ForgedManifest => {
    const below = index === 0 ? [] : ['a', 'b']
    const ingredients = below.map(
      (way): Assertion => [`c2pa.ingredient.v3__${way === 'a' ? 1 : 2}`, ingredient(index - 1, way)],
    )
    return { label: manifestLabel(index), assertions: [bound, created, ...ingredients] }
  })
  const { report } = await judge(t, manifests)
  t.assert.ok(codesOf(report).has('general.error'))
})
