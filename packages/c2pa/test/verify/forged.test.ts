import { type TestContext, test } from 'node:test'
import { utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import { decodeSuperbox, hashedPart, isSuperbox, type Superbox } from '../../src/jumbf/superbox.ts'
import type { Report } from '../../src/report/report.ts'
import { verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { type Content, CREATED, type ForgedManifest, forge, manifestLabel, tampered } from './forge.ts'

const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

const bound: [string, Content] = ['c2pa.hash.data', ({ dataHash }) => dataHash]
const created: [string, Content] = ['c2pa.actions.v2', () => CREATED]
const first: ForgedManifest = { label: manifestLabel(1), assertions: [bound, created] }

function codesOf({ findings, ingredientDeltas }: Report): string[] {
  return [...findings, ...ingredientDeltas.flatMap((delta) => delta.findings)].flatMap(({ kind, code }) =>
    kind === 'failure' ? [code] : [],
  )
}

async function expectFailure(t: TestContext, asset: Uint8Array, code: string): Promise<void> {
  const report = await verify(asset, options)
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(codesOf(report).includes(code), `${code} among ${codesOf(report).join(' ')}`)
}

const withAssertion = (label: string, content: Content): ForgedManifest => ({
  ...first,
  assertions: [bound, created, [label, content]],
})

test('a forged manifest without fault is Trusted', async (t: TestContext) => {
  const report = await verify(await forge([first]), options)
  t.assert.deepEqual(codesOf(report), [])
  t.assert.equal(report.state, 'Trusted')
})

const EMPTY_RESULTS = { activeManifest: { success: [], informational: [], failure: [] } }
const parent =
  (results: CborValue = EMPTY_RESULTS): Content =>
  ({ reference }) => ({
    relationship: 'parentOf',
    activeManifest: reference(manifestLabel(1)),
    validationResults: results,
  })
const update = (results?: CborValue, more: readonly [string, Content][] = []): ForgedManifest => ({
  label: manifestLabel(2),
  isUpdate: true,
  assertions: [['c2pa.ingredient.v3', parent(results)], ...more],
})

test('an update manifest is bound by the manifest it updates', async (t: TestContext) => {
  const report = await verify(await forge([first, update()]), options)
  t.assert.deepEqual(codesOf(report), [])
  t.assert.equal(report.state, 'Trusted')
  const asset = await forge([first, update()])
  asset[asset.length - 20] = (asset[asset.length - 20] as number) ^ 1
  await expectFailure(t, asset, 'assertion.dataHash.mismatch')
})

test('an update manifest can not hide that the binding below is not sound', async (t: TestContext) => {
  const uri = `self#jumbf=/c2pa/${manifestLabel(1)}`
  const binding = `${uri}/c2pa.assertions/c2pa.hash.data`
  const failure = [
    { code: 'assertion.hashedURI.mismatch', url: binding },
    {
      code: 'ingredient.manifest.mismatch',
      url: `self#jumbf=/c2pa/${manifestLabel(2)}/c2pa.assertions/c2pa.ingredient.v3`,
    },
  ]
  const recorded = { activeManifest: { success: [], informational: [], failure } }
  const asset = await forge([first, update(recorded)], (label, bytes) =>
    label === manifestLabel(1) ? tampered(bytes, 'exclusions') : bytes,
  )
  await expectFailure(t, asset, 'claim.hardBindings.missing')
})

test('an update manifest with a binding, an edit or two parents', async (t: TestContext) => {
  await expectFailure(t, await forge([first, update(undefined, [bound])]), 'manifest.update.invalid')
  const edited: [string, Content] = ['c2pa.actions.v2', () => ({ actions: [{ action: 'c2pa.cropped' }] })]
  await expectFailure(t, await forge([first, update(undefined, [edited])]), 'manifest.update.invalid')
  const second: [string, Content] = ['c2pa.ingredient.v3__1', parent()]
  await expectFailure(t, await forge([first, update(undefined, [second])]), 'manifest.update.wrongParents')
})

const MALFORMED: readonly (readonly [string, ForgedManifest, string])[] = [
  ['no binding', { ...first, assertions: [created] }, 'claim.hardBindings.missing'],
  [
    'a box hash of no boxes',
    { ...first, assertions: [['c2pa.hash.boxes', () => ({ boxes: [] })], created] },
    'assertion.boxesHash.malformed',
  ],
  [
    'cloud data that is incomplete',
    withAssertion('c2pa.cloud-data', () => ({ label: 'x' })),
    'assertion.cloud-data.malformed',
  ],
  [
    'a binding in cloud data',
    withAssertion('c2pa.cloud-data', () => ({
      label: 'c2pa.hash.data',
      size: 1,
      location: { url: 'https://example.com/', hash: new Uint8Array(32) },
      content_type: 'application/cbor',
    })),
    'assertion.cloud-data.hardBinding',
  ],
  ['an empty time-stamp assertion', withAssertion('c2pa.time-stamp', () => ({})), 'assertion.timestamp.malformed'],
  ['an identity assertion of another shape', withAssertion('cawg.identity', () => ({})), 'cawg.identity.cbor.invalid'],
  ['broken JSON', withAssertion('org.example.note', () => '{'), 'assertion.json.invalid'],
  [
    'an ingredient without relationship',
    withAssertion('c2pa.ingredient.v3', () => ({})),
    'assertion.ingredient.malformed',
  ],
  [
    'an ingredient whose manifest is not there',
    withAssertion('c2pa.ingredient.v3', ({ reference }) => ({
      relationship: 'componentOf',
      activeManifest: { ...(reference('c2pa.hash.data') as object), url: `self#jumbf=/c2pa/${manifestLabel(9)}` },
      validationResults: EMPTY_RESULTS,
    })),
    'ingredient.manifest.missing',
  ],
  [
    'an ingredient whose thumbnail is another',
    withAssertion('c2pa.ingredient.v3', () => ({
      relationship: 'componentOf',
      thumbnail: { url: 'self#jumbf=c2pa.assertions/c2pa.hash.data', hash: new Uint8Array(32) },
    })),
    'hashedURI.mismatch',
  ],
  [
    'a redaction of nothing',
    withAssertion('c2pa.actions.v2__1', () => ({
      actions: [{ action: 'c2pa.redacted', parameters: { redacted: 'self#jumbf=c2pa.assertions/none' } }],
    })),
    'assertion.action.redactionMismatch',
  ],
  [
    'a redaction of its own',
    { ...first, claim: { redacted_assertions: ['self#jumbf=c2pa.assertions/c2pa.hash.data'] } },
    'assertion.selfRedacted',
  ],
  [
    'an assertion elsewhere',
    { ...first, claim: { gathered_assertions: [{ url: 'https://example.com/', hash: new Uint8Array(32) }] } },
    'assertion.outsideManifest',
  ],
  [
    'a signature elsewhere',
    { ...first, claim: { signature: 'self#jumbf=c2pa.assertions/c2pa.hash.data' } },
    'claimSignature.missing',
  ],
  ['a hash of another kind', { ...first, claim: { alg: 'md5' } }, 'algorithm.unsupported'],
  [
    'metadata with a field that is not allowed',
    withAssertion('c2pa.metadata', () =>
      JSON.stringify({ '@context': { dc: 'http://purl.org/dc/elements/1.1/' }, 'dc:creator': 'someone' }),
    ),
    'assertion.metadata.disallowed',
  ],
]

for (const [name, forged, code] of MALFORMED)
  test(`${name}: ${code}`, async (t: TestContext) => {
    await expectFailure(t, await forge([forged]), code)
  })

test('metadata with fields of the annex is Trusted', async (t: TestContext) => {
  const fields = {
    '@context': { exif: 'http://ns.adobe.com/exif/1.0/', xmp: 'http://ns.adobe.com/xap/1.0/' },
    'exif:GPSLatitude': '39,21.102N',
    'xmp:Anything': 1,
  }
  const report = await verify(await forge([withAssertion('c2pa.metadata', () => JSON.stringify(fields))]), options)
  t.assert.equal(report.state, 'Trusted')
})

const redactedUri = `self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.assertions/org.example.note`
const note = withAssertion('org.example.note', () => ({ text: 'a secret' }))
const redacting = (redacted: string): ForgedManifest => ({
  label: manifestLabel(2),
  assertions: [
    bound,
    [
      'c2pa.ingredient.v3',
      ({ reference }) => ({
        relationship: 'parentOf',
        activeManifest: reference(manifestLabel(1)),
        // The hash of a signature that is made anew each time can't be foretold: it is wrong, and that is found below.
        claimSignature: { url: `self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.signature`, hash: new Uint8Array(32) },
        validationResults: EMPTY_RESULTS,
      }),
    ],
    [
      'c2pa.actions.v2',
      ({ reference }) => ({
        actions: [{ action: 'c2pa.opened', parameters: { ingredients: [reference('c2pa.ingredient.v3')] } }],
      }),
    ],
  ],
  claim: { redacted_assertions: [redacted] },
})

test('what was redacted has to be gone, and holds on by the signature', async (t: TestContext) => {
  const kept = await forge([note, redacting(redactedUri)])
  await expectFailure(t, kept, 'assertion.notRedacted')
  await expectFailure(t, kept, 'ingredient.claimSignature.mismatch')
  const gone = await forge([note, redacting(redactedUri)], (label, bytes) => {
    if (label !== manifestLabel(1)) return bytes
    const content = Buffer.from(bytes).indexOf(utf8Bytes('a secret'))
    // The CBOR of the assertion: a map of one, `text`, and the secret.
    return bytes.map((byte, index) => (index >= content - 7 && index < content + 8 ? 0 : byte))
  })
  const codes = codesOf(await verify(gone, options))
  t.assert.ok(
    !codes.includes('assertion.notRedacted') && !codes.includes('assertion.hashedURI.mismatch'),
    codes.join(' '),
  )
})

test('neither bindings nor actions can be redacted', async (t: TestContext) => {
  const base = `self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.assertions`
  await expectFailure(t, await forge([note, redacting(`${base}/c2pa.hash.data`)]), 'assertion.dataHash.redacted')
  await expectFailure(t, await forge([note, redacting(`${base}/c2pa.actions.v2`)]), 'assertion.action.redacted')
})

test('an ingredient redacts nothing of those beside it, so that they hold by their whole hash', async (t: TestContext) => {
  const beside: ForgedManifest = { ...first, label: manifestLabel(2), claim: { redacted_assertions: [redactedUri] } }
  // The true hash of the signature, known from the first round on.
  let hash = new Uint8Array(32)
  const ingredient =
    (number: number): Content =>
    ({ reference }) => ({
      relationship: 'componentOf',
      activeManifest: reference(manifestLabel(number)),
      claimSignature: { url: `self#jumbf=/c2pa/${manifestLabel(number)}/c2pa.signature`, hash },
      validationResults: EMPTY_RESULTS,
    })
  const top: ForgedManifest = {
    label: manifestLabel(3),
    assertions: [bound, created, ['c2pa.ingredient.v3', ingredient(1)], ['c2pa.ingredient.v3__1', ingredient(2)]],
  }
  const asset = await forge([note, beside, top], (label, bytes) => {
    if (label !== manifestLabel(1)) return bytes
    const signature = decodeSuperbox(bytes).boxes.filter(isSuperbox).at(-1)
    hash = new Uint8Array(digest('sha256', hashedPart(signature as Superbox)))
    const content = Buffer.from(bytes).indexOf(utf8Bytes('a secret'))
    return bytes.map((byte, index) => (index >= content - 7 && index < content + 8 ? 0 : byte))
  })
  await expectFailure(t, asset, 'ingredient.manifest.mismatch')
})

test('a failure is excused where it is recorded as one, and not among what went well', async (t: TestContext) => {
  const faulty = manifestLabel(1)
  const status = { code: 'claim.hardBindings.missing', url: `self#jumbf=/c2pa/${faulty}/c2pa.claim.v2` }
  const none = { success: [], informational: [], failure: [] }
  const stateOf = async (validationResults: CborValue): Promise<string> => {
    const ingredient: Content = ({ reference }) => ({
      relationship: 'componentOf',
      activeManifest: reference(faulty),
      validationResults,
    })
    const asset = await forge([
      { label: faulty, assertions: [['c2pa.actions.v2', () => CREATED]] },
      {
        label: manifestLabel(2),
        assertions: [bound, ['c2pa.actions.v2', () => CREATED], ['c2pa.ingredient.v3', ingredient]],
      },
    ])
    return (await verify(asset, options)).state
  }
  t.assert.equal(await stateOf({ activeManifest: { ...none, failure: [status] } }), 'Trusted')
  t.assert.equal(await stateOf({ activeManifest: none }), 'Invalid')
  t.assert.equal(await stateOf({ activeManifest: { ...none, success: [status] } }), 'Invalid')
  t.assert.equal(await stateOf({ activeManifest: { ...none, informational: [status] } }), 'Invalid')
})

test('what one ingredient records excuses nothing on the way through another', async (t: TestContext) => {
  const ingredient =
    (number: number, failure: CborValue[] = []): Content =>
    ({ reference }) => ({
      relationship: 'componentOf',
      activeManifest: reference(manifestLabel(number)),
      validationResults: { activeManifest: { success: [], informational: [], failure } },
    })
  const excused = [
    {
      code: 'ingredient.manifest.mismatch',
      url: `self#jumbf=/c2pa/${manifestLabel(2)}/c2pa.assertions/c2pa.ingredient.v3`,
    },
    { code: 'assertion.hashedURI.mismatch', url: redactedUri },
  ]
  const manifests: ForgedManifest[] = [
    note,
    { label: manifestLabel(2), assertions: [bound, created, ['c2pa.ingredient.v3', ingredient(1)]] },
    { label: manifestLabel(3), assertions: [bound, created, ['c2pa.ingredient.v3', ingredient(2, excused)]] },
    {
      label: manifestLabel(4),
      assertions: [bound, created, ['c2pa.ingredient.v3', ingredient(3)], ['c2pa.ingredient.v3__1', ingredient(2)]],
    },
  ]
  t.assert.equal((await verify(await forge(manifests), options)).state, 'Trusted')
  const asset = await forge(manifests, (label, bytes) =>
    label === manifestLabel(1) ? tampered(bytes, 'a secret') : bytes,
  )
  await expectFailure(t, asset, 'ingredient.manifest.mismatch')
})

test('a manifest that is no ingredient can redact nothing, and is passed over', async (t: TestContext) => {
  const stranger: ForgedManifest = { ...first, label: manifestLabel(3), claim: { redacted_assertions: [redactedUri] } }
  const report = await verify(await forge([stranger, note]), options)
  t.assert.equal(report.state, 'Trusted')
  t.assert.ok(report.findings.every(({ url }) => !url.includes(manifestLabel(3))))
})

test('a chain of ingredients that is longer than is followed is not passed over in silence', async (t: TestContext) => {
  const chain: ForgedManifest[] = [first]
  for (let number = 2; number <= 260; number++)
    chain.push({
      label: manifestLabel(number),
      assertions: [
        bound,
        created,
        [
          'c2pa.ingredient.v3',
          ({ reference }) => ({
            relationship: 'componentOf',
            activeManifest: reference(manifestLabel(number - 1)),
            validationResults: EMPTY_RESULTS,
          }),
        ],
      ],
    })
  await expectFailure(t, await forge(chain), 'general.error')
})
