/** Faults that no sample has, each with the code that the specification gives it. */
import { type TestContext, test } from 'node:test'
import { utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborObject, CborValue } from '../../src/cbor.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { CBOR_CONTENT, CLAIM } from '../../src/jumbf/content-type.ts'
import { decodeSuperbox, encodeSuperbox } from '../../src/jumbf/superbox.ts'
import type { Report } from '../../src/report/report.ts'
import { type VerifyOptions, verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { stampAt, timeStampAnchor } from './evidence.ts'
import { type Content, CREATED, type ForgedManifest, forge, manifestLabel, tampered } from './forge.ts'

const DAY = 86_400_000
const options: VerifyOptions = { trust: [root.certificate.bytes], tsaTrust: [timeStampAnchor], now: new Date() }

const bound: [string, Content] = ['c2pa.hash.data', ({ dataHash }) => dataHash]
const created: [string, Content] = ['c2pa.actions.v2', () => CREATED]
const first: ForgedManifest = { label: manifestLabel(1), assertions: [bound, created] }
const RESULTS: CborValue = { activeManifest: { success: [], informational: [], failure: [] } }

const withAssertions = (...more: [string, Content][]): ForgedManifest => ({
  ...first,
  assertions: [bound, created, ...more],
})

function codesOf({ findings, ingredientDeltas }: Report): string[] {
  return [...findings, ...ingredientDeltas.flatMap((delta) => delta.findings)].map(({ code }) => code)
}

/** An ingredient's manifest, and what states it. */
const ingredient = (fields: CborObject = {}, relationship = 'componentOf'): [string, Content] => [
  'c2pa.ingredient.v3',
  ({ reference }) => ({
    relationship,
    activeManifest: reference(manifestLabel(1)),
    validationResults: RESULTS,
    ...fields,
  }),
]
const above = (assertions: [string, Content][], more: Partial<ForgedManifest> = {}): ForgedManifest => ({
  label: manifestLabel(2),
  assertions: [bound, created, ...assertions],
  ...more,
})

test('the claimed time of signing: inside the validity of the certificate, outside it, after the time stamp, or none at all', async (t: TestContext) => {
  const seconds = Math.floor(Date.now() / 1000)
  const claimed = async (iat: CborValue, more: Partial<ForgedManifest> = {}) =>
    codesOf(await verify(await forge([{ ...first, ...more, protectedHeader: [['iat', iat]] }]), options)).filter(
      (code) => code.startsWith('timeOfSigning.'),
    )
  // Nobody bears it out.
  t.assert.deepEqual(await claimed(seconds), [])
  t.assert.deepEqual(await claimed(seconds - (10 * DAY) / 1000), ['timeOfSigning.outsideValidity'])
  t.assert.deepEqual(await claimed('today'), ['timeOfSigning.outsideValidity'])
  const version1: Partial<ForgedManifest> = { isVersion1: true, timeStamp: stampAt(new Date(Date.now() - 3_600_000)) }
  t.assert.deepEqual(await claimed(seconds, version1), ['timeOfSigning.outsideValidity'])
  t.assert.deepEqual(await claimed(seconds - 7200, version1), ['timeOfSigning.insideValidity'])
  t.assert.deepEqual(await claimed(seconds - 7200.5, version1), ['timeOfSigning.insideValidity'])
  t.assert.deepEqual(
    codesOf(await verify(await forge([first]), options)).filter((code) => code.startsWith('timeOf')),
    [],
  )
})

const external = (fields: CborObject): ForgedManifest => ({
  ...first,
  claim: {},
  assertions: [bound, created, ['c2pa.external-reference', () => fields]],
})

/** Gathered, as it has to be. */
async function withReference(fields: CborObject, more: Partial<VerifyOptions> = {}): Promise<Report> {
  const gathered: ForgedManifest = {
    ...external(fields),
    gathered: ['c2pa.external-reference'],
  }
  return verify(await forge([gathered]), { ...options, ...more })
}

test('an external reference is gathered, has a URL, and the hash whole or not at all', async (t: TestContext) => {
  const url = 'https://example.com/more'
  const malformed = 'assertion.external-reference.malformed'
  t.assert.equal((await withReference({ location: { url } })).state, 'Trusted')
  for (const fields of [
    {},
    { location: {} },
    { location: { url, alg: 'sha256' } },
    { location: { url, hash: new Uint8Array(32) } },
    { location: { url }, label: 'c2pa.actions.v2' },
    { location: { url }, label: 'c2pa.hash.data' },
    { location: { url }, label: 'c2pa.ingredient.v3__1' },
    { location: { url }, label: 7 },
  ] as CborObject[]) {
    const report = await withReference(fields)
    t.assert.ok(codesOf(report).includes(malformed), JSON.stringify(fields))
    t.assert.equal(report.state, 'Invalid')
  }
  const report = await verify(await forge([external({ location: { url } })]), options)
  t.assert.ok(codesOf(report).includes('assertion.external-reference.created'))
  t.assert.equal(report.state, 'Invalid')
})

test('what an external reference points to is held against hash and label, and rejects nothing', async (t: TestContext) => {
  const url = 'https://example.com/more'
  const box = encodeSuperbox(
    { type: CBOR_CONTENT, label: 'org.example.note', requestable: true },
    encodeBox('cbor', Uint8Array.of(0xa0)),
  )
  const location = { url, alg: 'sha256', hash: digest('sha256', box) }
  const fetchers = { cloudData: async () => ({ bytes: box }) }
  const outcome = async (fields: CborObject, more: Partial<VerifyOptions> = { fetchers }) => {
    const report = await withReference(fields, more)
    return [report.state, ...codesOf(report).filter((code) => /external-reference|accessible/.test(code))]
  }
  t.assert.deepEqual(await outcome({ location, label: 'org.example.note' }), ['Trusted', 'assertion.accessible'])
  t.assert.deepEqual(await outcome({ location: { ...location, hash: new Uint8Array(32) } }), [
    'Trusted',
    'assertion.external-reference.hashMismatch',
  ])
  t.assert.deepEqual(await outcome({ location: { ...location, size: 3 } }), [
    'Trusted',
    'assertion.external-reference.hashMismatch',
  ])
  t.assert.deepEqual(await outcome({ location: { url }, label: 'org.example.other' }), [
    'Trusted',
    'assertion.external-reference.labelMismatch',
  ])
  const broken = { fetchers: { cloudData: () => Promise.reject(new Error('gone')) } }
  t.assert.deepEqual(await outcome({ location }, broken), ['Trusted', 'assertion.inaccessible'])
  t.assert.deepEqual(await outcome({ location }, {}), ['Trusted'])
})

const ALTERNATIVE = 'c2pa.alternative-content-representation'
const original = (parameters: CborValue): CborObject => ({ type: 'exif.originalPreservationImage', parameters })
const note: [string, Content] = ['org.example.note', () => ({ text: 'an image' })]

const ALTERNATIVES: readonly (readonly [string, Content, string])[] = [
  [
    'an image of the manifest',
    ({ reference }) => original({ embeddedOriginalPreservationImage: reference('org.example.note') }),
    'match',
  ],
  ['neither of the two', () => original({}), 'malformed'],
  ['no parameters', () => original(null), 'malformed'],
  [
    'both',
    ({ reference }) =>
      original({ multiAssetPartIndex: 0, embeddedOriginalPreservationImage: reference('org.example.note') }),
    'malformed',
  ],
  ['a part of nothing', () => original({ multiAssetPartIndex: 0 }), 'malformed'],
  [
    'a reference without hash',
    () => original({ embeddedOriginalPreservationImage: { url: 'self#jumbf=c2pa.assertions/org.example.note' } }),
    'malformed',
  ],
  [
    'an image that is not there',
    ({ reference }) => original({ embeddedOriginalPreservationImage: reference('none') }),
    'missing',
  ],
  [
    'another image',
    () =>
      original({
        embeddedOriginalPreservationImage: {
          url: 'self#jumbf=c2pa.assertions/org.example.note',
          hash: new Uint8Array(32),
        },
      }),
    'hashMismatch',
  ],
]

for (const [name, content, outcome] of ALTERNATIVES)
  test(`an original preservation image that is ${name}: ${outcome}`, async (t: TestContext) => {
    const report = await verify(await forge([withAssertions(note, [ALTERNATIVE, content])]), options)
    const codes = codesOf(report).filter((code) => code.startsWith('assertion.alternative'))
    t.assert.deepEqual(codes, [`assertion.alternativeContentRepresentation.${outcome}`])
    t.assert.equal(report.state, outcome === 'match' ? 'Trusted' : 'Invalid')
  })

test('of two original preservation images one is too many, of other types there are no rules', async (t: TestContext) => {
  const content: Content = ({ reference }) =>
    original({ embeddedOriginalPreservationImage: reference('org.example.note') })
  const two = withAssertions(note, [ALTERNATIVE, content], [`${ALTERNATIVE}__1`, content])
  t.assert.ok(
    codesOf(await verify(await forge([two]), options)).includes('assertion.alternativeContentRepresentation.malformed'),
  )
  const other = withAssertions([ALTERNATIVE, () => ({ type: 'org.example.raw', parameters: {} })])
  t.assert.equal((await verify(await forge([other]), options)).state, 'Trusted')
})

test('a redacted hard binding has another code for claims by 2.3 and later', async (t: TestContext) => {
  const redacted_assertions = [`self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.assertions/c2pa.hash.data`]
  const outcome = async (specVersion: CborValue) => {
    const below: ForgedManifest = { ...first, claim: { claim_generator_info: { name: 'forge', specVersion } } }
    const top = above([ingredient()], { claim: { redacted_assertions } })
    return codesOf(await verify(await forge([below, top]), options)).filter((code) =>
      /Hash\.redacted|Binding/.test(code),
    )
  }
  t.assert.deepEqual(await outcome('2.2.0'), ['assertion.dataHash.redacted'])
  t.assert.deepEqual(await outcome(7), ['assertion.dataHash.redacted'])
  for (const version of ['2.3.0', '2.4', '3.0.0'])
    t.assert.deepEqual(await outcome(version), ['assertion.hardBinding.redacted'])
})

test('where something was redacted and is gone, the ingredient holds by its signature', async (t: TestContext) => {
  const secret: [string, Content] = ['org.example.note', () => ({ text: 'a secret' })]
  const redacted_assertions = [`self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.assertions/org.example.note`]
  const top: ForgedManifest = {
    label: manifestLabel(2),
    assertions: [
      bound,
      [
        'c2pa.ingredient.v3',
        ({ reference, signature }) => ({
          relationship: 'parentOf',
          activeManifest: reference(manifestLabel(1)),
          claimSignature: signature(manifestLabel(1)),
          validationResults: RESULTS,
        }),
      ],
      [
        'c2pa.actions.v2',
        ({ reference }) => ({
          actions: [
            { action: 'c2pa.opened', parameters: { ingredients: [reference('c2pa.ingredient.v3')] } },
            { action: 'c2pa.redacted', parameters: { redacted: redacted_assertions[0] as string } },
          ],
        }),
      ],
    ],
    claim: { redacted_assertions },
  }
  const report = await verify(
    await forge([withAssertions(secret), top], (label, bytes) => {
      if (label !== manifestLabel(1)) return bytes
      const content = Buffer.from(bytes).indexOf('a secret')
      return bytes.map((byte, index) => (index >= content - 7 && index < content + 8 ? 0 : byte))
    }),
    options,
  )
  t.assert.equal(report.state, 'Trusted')
  t.assert.ok(codesOf(report).includes('ingredient.claimSignature.validated'))
})

/** Changes the manifest's own boxes after it was signed. */
const withBoxes =
  (...boxes: Uint8Array[]) =>
  (_: string, bytes: Uint8Array): Uint8Array => {
    const { description, boxes: own } = decodeSuperbox(bytes)
    return encodeSuperbox(description, ...own.map((box) => box.bytes), ...boxes)
  }

const FAULTS: readonly (readonly [string, () => Promise<Uint8Array>, string])[] = [
  [
    'a reference to nothing',
    () =>
      forge([
        withAssertions([
          'c2pa.ingredient.v3',
          () => ({
            relationship: 'componentOf',
            thumbnail: { url: 'self#jumbf=c2pa.assertions/none', hash: new Uint8Array(32) },
          }),
        ]),
      ]),
    'hashedURI.missing',
  ],
  [
    'a reference without a URL',
    () =>
      forge([
        withAssertions([
          'c2pa.ingredient.v3',
          () => ({ relationship: 'componentOf', thumbnail: { hash: new Uint8Array(32) } }),
        ]),
      ]),
    'hashedURI.missing',
  ],
  [
    'an icon whose hash is missing',
    () =>
      forge([
        {
          ...first,
          claim: {
            claim_generator_info: { name: 'forge', icon: { url: 'self#jumbf=c2pa.assertions/c2pa.hash.data' } },
          },
        },
      ]),
    'hashedURI.mismatch',
  ],
  [
    'an ingredient that names another signature than its own',
    () =>
      forge([
        first,
        above([
          ingredient({
            claimSignature: {
              url: `self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.signature`,
              alg: 'sha256',
              hash: new Uint8Array(32),
            },
          }),
        ]),
      ]),
    'hashedURI.mismatch',
  ],
  [
    'two parents',
    () => forge([first, above([ingredient({}, 'parentOf'), ['c2pa.ingredient.v3__1', ingredient({}, 'parentOf')[1]]])]),
    'manifest.multipleParents',
  ],
  ['two bindings', () => forge([withAssertions(['c2pa.hash.data__1', bound[1]])]), 'assertion.multipleHardBindings'],
  [
    'something placed that is no component',
    () =>
      forge([
        withAssertions([
          'c2pa.actions.v2__1',
          ({ reference }) => ({
            actions: [{ action: 'c2pa.placed', parameters: { ingredients: [reference('c2pa.hash.data')] } }],
          }),
        ]),
      ]),
    'assertion.action.ingredientMismatch',
  ],
  [
    'actions from elsewhere in an update',
    () =>
      forge([
        first,
        {
          label: manifestLabel(2),
          isUpdate: true,
          assertions: [
            ingredient({}, 'parentOf'),
            [
              'c2pa.cloud-data',
              () => ({
                label: 'c2pa.actions.v2',
                size: 1,
                location: { url: 'https://example.com/', alg: 'sha256', hash: new Uint8Array(32) },
                content_type: 'application/cbor',
              }),
            ],
          ],
        },
      ]),
    'assertion.cloud-data.actions',
  ],
  [
    'two claims',
    () =>
      forge(
        [first],
        withBoxes(
          encodeSuperbox(
            { type: CLAIM, label: 'c2pa.claim.v2', requestable: true },
            encodeBox('cbor', Uint8Array.of(0xa0)),
          ),
        ),
      ),
    'claim.multiple',
  ],
  [
    'a claim that is no map',
    () =>
      forge([first], (_, bytes) =>
        bytes.map((byte, index) => (index === Buffer.from(bytes).indexOf('instanceID') - 2 ? 0x80 : byte)),
      ),
    'claim.cbor.invalid',
  ],
  ['a claim without instance', () => forge([{ ...first, claim: { instanceID: undefined } }]), 'claim.malformed'],
  [
    'a claim changed after signing',
    () => forge([first], (_, bytes) => tampered(bytes, 'xmp:iid:1')),
    'claimSignature.mismatch',
  ],
  [
    'an assertion of which the claim says nothing',
    () =>
      forge([first], (_, bytes) => {
        const {
          description,
          boxes: [assertionStore, ...rest],
        } = decodeSuperbox(bytes)
        const store = decodeSuperbox(assertionStore?.bytes ?? new Uint8Array())
        const extra = encodeSuperbox(
          { type: CBOR_CONTENT, label: 'org.example.extra', requestable: true },
          encodeBox('cbor', Uint8Array.of(0xa0)),
        )
        return encodeSuperbox(
          description,
          encodeSuperbox(store.description, ...store.boxes.map((box) => box.bytes), extra),
          ...rest.map((box) => box.bytes),
        )
      }),
    'assertion.undeclared',
  ],
  [
    'an ingredient with a redaction and without its signature',
    () =>
      forge([
        withAssertions(note),
        above([ingredient()], {
          claim: { redacted_assertions: [`self#jumbf=/c2pa/${manifestLabel(1)}/c2pa.assertions/org.example.note`] },
        }),
      ]),
    'ingredient.claimSignature.missing',
  ],
  [
    'a time stamp that is none',
    () => forge([{ ...first, protectedHeader: [['sigTst2', { tstTokens: [{ val: utf8Bytes('now') }] }]] }]),
    'timeStamp.malformed',
  ],
  [
    'two time stamps',
    () =>
      forge([
        { ...first, protectedHeader: [['sigTst2', { tstTokens: [{ val: utf8Bytes('a') }, { val: utf8Bytes('b') }] }]] },
      ]),
    'timeStamp.malformed',
  ],
]

for (const [name, asset, code] of FAULTS)
  test(`${name}: ${code}`, async (t: TestContext) => {
    const report = await verify(await asset(), options)
    t.assert.ok(codesOf(report).includes(code), codesOf(report).join(' '))
    if (!code.startsWith('timeStamp.')) t.assert.equal(report.state, 'Invalid')
  })
