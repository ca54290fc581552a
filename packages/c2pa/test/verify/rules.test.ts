/** Rules of claims, actions, ingredients and chains, case by case: those that are broken, and those that only look so. */
import { type TestContext, test } from 'node:test'
import type { CborObject, CborValue } from '../../src/cbor.ts'
import { verify } from '../../src/verify/verify.ts'
import { authority, root } from '../credential.ts'
import { type Content, CREATED, type ForgedManifest, forge, manifestLabel, signer } from './forge.ts'

const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

const bound: [string, Content] = ['c2pa.hash.data', ({ dataHash }) => dataHash]
const created: [string, Content] = ['c2pa.actions.v2', () => CREATED]
const first: ForgedManifest = { label: manifestLabel(1), assertions: [bound, created] }
const version1: ForgedManifest = {
  label: manifestLabel(1),
  isVersion1: true,
  assertions: [bound, ['c2pa.actions', () => ({ actions: [{ action: 'c2pa.created' }] })]],
}

/** All failures, or `Trusted`. */
async function verdict(...manifests: readonly ForgedManifest[]): Promise<string> {
  const { state, findings, ingredientDeltas } = await verify(await forge(manifests), options)
  const all = [...findings, ...ingredientDeltas.flatMap((delta) => delta.findings)]
  const failures = new Set(all.flatMap(({ kind, code }) => (kind === 'failure' ? [code] : [])))
  return failures.size === 0 ? state : [...failures].join(' ')
}

async function each(
  t: TestContext,
  cases: { readonly [what: string]: readonly [expected: string, ...manifests: ForgedManifest[]] },
): Promise<void> {
  for (const [what, [expected, ...manifests]] of Object.entries(cases))
    t.assert.equal(await verdict(...manifests), expected, what)
}

const claimed = (claim: CborObject): ForgedManifest => ({ ...first, claim })

test('claims', async (t: TestContext) => {
  const elsewhere = `self#jumbf=/c2pa/${manifestLabel(7)}/c2pa.assertions/org.example`
  await each(t, {
    'a generator without a name': ['claim.malformed', claimed({ claim_generator_info: { name: '' } })],
    'an icon that is no reference': [
      'hashedURI.missing',
      claimed({ claim_generator_info: { name: 'x', icon: 'https://example.com/icon' } }),
    ],
    'the list of version 1 in version 2': ['claim.malformed', claimed({ assertions: [] })],
    'version 1 without a format': ['claim.malformed', { ...version1, claim: { 'dc:format': 0 } }],
    'a binding that was gathered': ['claim.hardBindings.missing', { ...first, gathered: ['c2pa.hash.data'] }],
    'actions that were gathered': ['Trusted', { ...first, gathered: ['c2pa.actions.v2'] }],
    'a label with a version': ['Trusted', { ...first, label: `${manifestLabel(1)}:acme:2_1` }],
    'a label with more than that': ['claim.malformed', { ...first, label: `${manifestLabel(1)}:acme:2_1:x` }],
    'redacting what is nowhere': ['Trusted', claimed({ redacted_assertions: [elsewhere] })],
  })
})

test('signatures and chains', async (t: TestContext) => {
  const chain = (...certificates: CborValue[]): ForgedManifest => ({ ...first, protectedHeader: [[33, certificates]] })
  const leaf = signer.certificates[0] as Uint8Array
  const issuer = authority.certificate.bytes
  await each(t, {
    'a COSE_Sign1 without its tag': ['claimSignature.mismatch', { ...first, cose: (sign1) => sign1.slice(1) }],
    'in order': ['Trusted', chain(leaf, issuer)],
    'with the root': ['Trusted', chain(leaf, issuer, root.certificate.bytes)],
    'the root before its subject': ['signingCredential.untrusted', chain(leaf, root.certificate.bytes, issuer)],
    'the issuer twice': ['signingCredential.untrusted', chain(leaf, issuer, issuer)],
  })
})

const SOURCE = 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'
const acting = (action: CborObject, more: CborObject = {}, assertions: [string, Content][] = []): ForgedManifest => ({
  ...first,
  assertions: [
    bound,
    ...assertions,
    ['c2pa.actions.v2', () => ({ actions: [{ action: 'c2pa.created', digitalSourceType: SOURCE }, action], ...more })],
  ],
})

test('actions', async (t: TestContext) => {
  const malformed = 'assertion.action.malformed'
  const translated = (parameters: CborObject) => acting({ action: 'c2pa.translated', parameters })
  const softBinding: [string, Content] = ['c2pa.soft-binding', () => ({ alg: 'x', blocks: [], pad: new Uint8Array() })]
  const reference = { url: 'self#jumbf=c2pa.assertions/c2pa.ingredient.v3', hash: new Uint8Array(32) }
  const edited = (more: CborObject) => acting({ action: 'c2pa.edited', ...more })
  await each(t, {
    'translated from nothing': [malformed, translated({})],
    'translated to nothing': [malformed, translated({ sourceLanguage: 'de', targetLanguage: '' })],
    translated: ['Trusted', translated({ sourceLanguage: 'de', targetLanguage: 'en' })],
    'a watermark to be found by': ['assertion.action.softBindingMissing', acting({ action: 'c2pa.watermarked.bound' })],
    'as it was called before': ['assertion.action.softBindingMissing', acting({ action: 'c2pa.watermarked' })],
    'a watermark of another kind': ['Trusted', acting({ action: 'c2pa.watermarked.unbound' })],
    'with its binding': ['Trusted', acting({ action: 'c2pa.watermarked.bound' }, {}, [softBinding])],
    'transcoded from none': [
      'assertion.action.ingredientMismatch',
      acting({ action: 'c2pa.transcoded', parameters: { ingredients: [] } }),
    ],
    'edited by what is not there': ['hashedURI.missing', edited({ parameters: { ingredients: [reference] } })],
    'edited by no reference': ['hashedURI.missing', edited({ parameters: { ingredients: 'x' } })],
    'parameters that are no map': [malformed, edited({ parameters: 'x' })],
    'changes that are no regions': [malformed, edited({ changes: [{}] })],
    'a region': ['Trusted', edited({ changes: [{ region: [{ type: 'identified' }] }] })],
    'a template for nothing': [malformed, acting({ action: 'c2pa.edited' }, { templates: [{}] })],
    'a template': ['Trusted', acting({ action: 'c2pa.edited' }, { templates: [{ action: '*' }] })],
    'not all, nor not all': [malformed, acting({ action: 'c2pa.edited' }, { allActionsIncluded: 'x' })],
    'an empty list of version 1': [
      'Trusted',
      { ...version1, assertions: [bound, ['c2pa.actions', () => ({ actions: [] })]] },
    ],
  })
})

test('what assertion metadata are about is there, and as it was', async (t: TestContext) => {
  const about =
    (change: CborObject = {}): Content =>
    ({ reference }) => ({ reference: { ...(reference('c2pa.actions.v2') as CborObject), ...change } })
  const beside = (label: string, content: Content): ForgedManifest => ({
    ...first,
    assertions: [bound, created, [label, content]],
  })
  const inside: Content = (boxes) => ({
    relationship: 'componentOf',
    metadata: about({ url: 'self#jumbf=x' })(boxes) as CborValue,
  })
  await each(t, {
    there: ['Trusted', beside('c2pa.assertion.metadata', about())],
    'not there': [
      'hashedURI.missing',
      beside('c2pa.assertion.metadata', about({ url: 'self#jumbf=c2pa.assertions/x' })),
    ],
    changed: ['hashedURI.mismatch', beside('c2pa.assertion.metadata', about({ hash: new Uint8Array(32) }))],
    'inside another assertion': ['hashedURI.missing', beside('c2pa.ingredient.v3', inside)],
    "in somebody's own": ['Trusted', beside('org.example', inside)],
  })
})

test('a data hash has its pad', async (t: TestContext) => {
  const unpadded: Content = ({ dataHash }) => {
    const { pad: _, ...fields } = dataHash as { readonly [field: string]: CborValue }
    return fields
  }
  const named: Content = ({ dataHash }) => ({ ...(dataHash as CborObject), name: 5 })
  for (const content of [unpadded, named])
    t.assert.equal(
      await verdict({ ...first, assertions: [['c2pa.hash.data', content], created] }),
      'assertion.dataHash.malformed',
    )
})

test('ingredients of each version', async (t: TestContext) => {
  const stating = (label: string, content: Content): ForgedManifest => ({
    label: manifestLabel(2),
    assertions: [bound, created, [label, content]],
  })
  const results = { activeManifest: { success: [], informational: [], failure: [] } }
  const named = { 'dc:title': 'x', 'dc:format': 'image/png', relationship: 'componentOf' }
  const manifest: Content = ({ reference }) => reference(manifestLabel(1))
  const malformed = 'assertion.ingredient.malformed'
  await each(t, {
    'version 1': ['Trusted', first, stating('c2pa.ingredient', () => ({ ...named, instanceID: 'xmp:iid:2' }))],
    'version 1 without an identifier': [malformed, first, stating('c2pa.ingredient', () => named)],
    'version 2': ['Trusted', first, stating('c2pa.ingredient.v2', () => named)],
    'version 2 without a title': [malformed, stating('c2pa.ingredient.v2', () => ({ relationship: 'componentOf' }))],
    'a version to come': [malformed, stating('c2pa.ingredient.v4', () => ({ relationship: 'componentOf' }))],
    'results that are none': [
      malformed,
      first,
      stating('c2pa.ingredient.v3', (boxes) => ({
        relationship: 'componentOf',
        activeManifest: manifest(boxes) as CborValue,
        validationResults: 'x',
      })),
    ],
    // Each names its manifest in its own way, and what another says is a field like any.
    'as version 3 in version 2': [
      'Trusted',
      first,
      stating('c2pa.ingredient.v2', (boxes) => ({ ...named, activeManifest: manifest(boxes) as CborValue })),
    ],
    'as version 2 in version 3': [
      'Trusted',
      first,
      stating('c2pa.ingredient.v3', () => ({ relationship: 'componentOf', c2pa_manifest: 'x' })),
    ],
    'version 3': [
      'Trusted',
      first,
      stating('c2pa.ingredient.v3', (boxes) => ({
        relationship: 'componentOf',
        activeManifest: manifest(boxes) as CborValue,
        validationResults: results,
      })),
    ],
  })
})
