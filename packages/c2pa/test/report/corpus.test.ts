/** Both reports on every file of the corpus, beside those of c2pa-rs, and crJSON by its schema. */
import { readFileSync } from 'node:fs'
import { mock, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { crJson } from '../../src/report/cr-json.ts'
import { readerReport } from '../../src/report/reader-report.ts'
import { bothReportsOfC2paRs } from '../c2pa-rs.ts'
import { readCorpus, reportOn } from '../verify/oracle.ts'
import { type Departure, type Difference, differencesOf, differenceText, type Json } from './compare.ts'

const shared = readCorpus(new URL('../../../../../shared/c2pa-corpus/', import.meta.url))
/** A part of the corpus is in this repository. */
const corpus = shared ?? readCorpus(new URL('../../../../test/vectors/c2pa/', import.meta.url))

const absent = (value: unknown): boolean => value === undefined

/** What was found is held against c2pa-rs by verify/corpus.test.ts, code by code: here only the order of what both found. */
const FOUND = /\/(?:validation_results|validationResults|validation_status|ingredientDeltas)(?:\/(?!.*in order)|$)/

const OF_BOTH: readonly Departure[] = [
  {
    why: 'numbers of single precision are written with all digits that tell them apart from those of double precision',
    path: /\/exif:ExifVersion$/,
    when: ({ ours, theirs }) => Math.fround(Number(theirs)) === ours,
  },
  { why: 'findings have a test of their own', path: FOUND },
  {
    why: 'the profile of a certificate is checked before the path to an anchor',
    path: /(?:failure|validation_status) in order$/,
    when: ({ ours, theirs }) =>
      /^signingCredential\.invalid/.test(`${ours}`) && /^signingCredential\.untrusted/.test(`${theirs}`),
  },
  {
    why: 'of two credentials (§14.2), and of manifests that nothing leads to, no signer is told',
    path: /\/signature_info$|\/signature\/(?:algorithm|certificateInfo)$/,
    when: ({ ours }) => absent(ours),
  },
]

const OF_READER: readonly Departure[] = [
  ...OF_BOTH,
  {
    why: 'a time stamp in sigTst2 that is a TimeStampResp is none (§15.8.1.1)',
    path: /\/signature_info\/time$/,
    when: ({ ours }) => absent(ours),
  },
  { why: 'the state follows from what was found', path: /^\/validation_state$/ },
  {
    why: 'a store under another label is none (§11.1.4.1), and one assertion that is no CBOR or JSON does not hide the manifest',
    path: /^\/active_manifest$|^\/manifests\/\*$/,
    when: ({ ours, theirs }) => absent(ours) || absent(theirs),
  },
  {
    why: 'a hash that is no base64 is shown as it stands, though it be longer than c2pa-rs believes',
    path: /\/c2paAsset\/referenced_assertions\/\*\/hash$/,
  },
  {
    why: 'of identity assertions all members are shown, readable or not, and no revocation status that nobody asked for',
    path: /\/assertions\/\*\/(?:created|kind|data\/.*)$/,
    when: ({ ours, theirs, path }) => absent(theirs) || /revocation_status|pad1/.test(path) || absent(ours),
  },
  {
    why: 'W3C credentials in the credential store are deprecated since 1.4, and not shown',
    path: /^\/manifests\/\*\/credentials$/,
  },
  {
    why: 'an assertion that is referred to twice, or whose hash can not be checked, is not shown',
    path: /^\/manifests\/\*\/assertions\/\*$/,
    when: ({ ours }) => absent(ours),
  },
]

const OF_CR_JSON: readonly Departure[] = [
  ...OF_BOTH,
  { why: 'each says what it is itself', path: /^\/jsonGenerator\// },
  {
    why: 'a claim has the URIs that were signed; c2pa-rs makes them absolute',
    path: /\/claim(?:\.v2)?\/(?:signature|assertions\/\*\/url)$/,
    when: ({ ours, theirs }) => `${theirs}`.endsWith(`/${`${ours}`.replace('self#jumbf=', '')}`),
  },
  {
    why: 'the names of algorithms are those of C2PA §13.2.1, and Unknown for others (crJSON §3.7)',
    path: /\/signature\/algorithm$/,
    when: ({ ours, theirs }) => ours === 'Unknown' || `${ours}`.toLowerCase() === theirs,
  },
  {
    why: 'thumbnails have two members in the schema of crJSON, and no others',
    path: /\/c2pa\.thumbnail\.[^/]+\/(?:thumbnailType|mimeType|format|identifier|hash)$/,
  },
  {
    why: 'no empty pad is added to what was signed',
    path: /\/pad$/,
    when: ({ ours, theirs }) => absent(ours) && theirs === "b64''",
  },
  {
    why: 'every byte string of CBOR is base64 (crJSON §3.6.3): of those that are no hashes c2pa-rs lists the bytes, and takes the signature of an identity apart',
    path: /\/assertions\/.*\//,
    when: ({ ours, theirs }) => `${ours}`.startsWith("b64'") && typeof theirs === 'object',
  },
  {
    why: 'a time stamp is told where it holds, as in the reader report, and for its schema a time belongs to it',
    path: /\/signature\/timeStampInfo$/,
    when: ({ ours }) => absent(ours),
  },
  {
    why: 'crJSON has a place for mail addresses',
    path: /\/(?:subject|issuer)\/(?:E|2\.5\.4\.97)$/,
    when: ({ theirs }) => absent(theirs),
  },
  {
    why: 'no manifest is shown of a store under another label (§11.1.4.1), and why is told in its place',
    path: /^\/manifests\/\*$|^\/extras:validationResults$/,
  },
  {
    why: 'what an assertion says whose hash can not be checked is not derived',
    path: /\/assertions\/[^/]+\/[^/]+$/,
    when: ({ ours }) => absent(ours),
  },
  {
    why: 'an assertion that can not be read is there, and empty (crJSON §3.6.1)',
    path: /\/assertions\/[^/]+$/,
    when: ({ ours, theirs }) => JSON.stringify(ours) === '{}' && absent(theirs),
  },
  {
    why: 'JSON assertions are shown just as they are (crJSON §3.6.2)',
    path: /\/stds\.schema-org\.CreativeWork\/.*\/hash$/,
    when: ({ ours }) => Array.isArray(ours),
  },
]

function none(t: TestContext, findings: readonly string[]): void {
  t.assert.equal(findings.length, 0, `\n${findings.join('\n')}`)
}

type Outcome = {
  readonly file: string
  readonly state: string
  readonly reader: readonly Difference[]
  readonly crJson: readonly Difference[]
  readonly document: Json
}

async function outcomes(): Promise<Outcome[]> {
  if (!corpus) return []
  const anchors = corpus.anchors.map((bytes) => encodePem('CERTIFICATE', bytes)).join('')
  const found: Outcome[] = []
  for (const { file } of corpus.files) {
    const report = await reportOn(corpus, file, true)
    const reader = plain(readerReport(report))
    const document = plain(crJson(report))
    const asset = new Uint8Array(readFileSync(new URL(file, corpus.folder)))
    // Where it can't read at all there is nothing to compare.
    const theirs = await bothReportsOfC2paRs(asset, report.format ?? '', anchors).catch(() => undefined)
    found.push({
      file,
      state: report.state,
      document,
      reader: theirs ? differencesOf(reader, theirs.reader as Json) : [],
      crJson: theirs ? differencesOf(document, theirs.crJson as Json) : [],
    })
  }
  return found
}

function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json
}

// c2pa-rs reads the clock.
mock.timers.enable({ apis: ['Date'], now: new Date('2026-11-23T00:00:00Z') })
const all = await outcomes()
mock.timers.reset()

/** Fails for what no departure names, and for departures that are none any more. */
function holds(t: TestContext, kind: 'reader' | 'crJson', departures: readonly Departure[]): void {
  const used = new Set<Departure>()
  const unexplained = all.flatMap(({ file, [kind]: differences }) =>
    differences.flatMap((difference) => {
      const departure = departures.find(({ path, when }) => path.test(difference.path) && (when?.(difference) ?? true))
      if (departure) used.add(departure)
      return departure ? [] : [`${file} ${differenceText(difference)}`]
    }),
  )
  none(t, unexplained)
  const idle = departures.filter((departure) => !used.has(departure)).map(({ why }) => `no departure any more: ${why}`)
  if (shared) none(t, idle)
}

test('there are files to compare', (t: TestContext) => {
  t.assert.ok(all.length > 60, `${all.length} files`)
  if (!shared) t.diagnostic('../shared/c2pa-corpus is absent: only the vectors of this repository were compared')
})

test("the reader report is c2pa-rs's, member by member", (t: TestContext) => {
  holds(t, 'reader', OF_READER)
})

test("crJSON is c2pa-rs's, member by member", (t: TestContext) => {
  holds(t, 'crJson', OF_CR_JSON)
})

/** What real claims hold and the schema does not foresee. */
const AGAINST_SCHEMA: readonly { readonly why: string; readonly error: RegExp }[] = [
  { why: 'allActionsIncluded is optional in C2PA 2.2 (§18.14.2)', error: /c2pa\.actions\.v2 .*"allActionsIncluded"/ },
  { why: "early versions of actions have XMP's instanceId", error: /c2pa\.actions\/actions\/\d+ .*"instanceId"/ },
  { why: 'the metadata of a claim is a list in C2PA 1.4 (§10.2.2)', error: /\/claim\/metadata must be object/ },
  { why: 'early c2pa-rs wrote null for what is absent', error: /c2pa\.hash\.bmff\S*\/exclusions\S+ must be/ },
  { why: 'ratings have codes of any origin (§18.3.1)', error: /\/reviewRatings\/\d+\/code must be equal/ },
  {
    why: 'early writers wrote empty lists',
    error: /\/(?:validationStatus|reviewRatings|localizations) .*fewer than 1/,
  },
  {
    why: 'what is malformed is shown as it is, and what can not be read is empty (crJSON §3.6.1)',
    error: /^\S+ Invalid \S+\/(?:assertions|claim)/,
  },
]

test('crJSON is as its published schema demands', (t: TestContext) => {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  formats.default(ajv)
  const schema = JSON.parse(readFileSync(new URL('cr-json.schema.json', import.meta.url), 'utf8'))
  const validate = ajv.compile(schema)
  const errors = all.flatMap(({ file, state, document }) =>
    validate(document)
      ? []
      : (validate.errors ?? []).map(
          (error) => `${file} ${state} ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
        ),
  )
  none(
    t,
    errors.filter((error) => !AGAINST_SCHEMA.some((known) => known.error.test(error))),
  )
})
