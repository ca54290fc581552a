import { type TestContext, test } from 'node:test'
import { utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import { encodeCbor } from '../../src/cbor-encode.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { CBOR_CONTENT } from '../../src/jumbf/content-type.ts'
import { encodeSuperbox } from '../../src/jumbf/superbox.ts'
import type { FetchedData } from '../../src/verify/fetchers.ts'
import { verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { CREATED, type ForgedManifest, forge, manifestLabel } from './forge.ts'

const URL = 'https://example.com/assertion'
const thumbnail = utf8Bytes('a picture in small')

type CloudData = { readonly [field: string]: CborValue }

function cloudData(bytes: Uint8Array, contentType: string, label: string, change: CloudData = {}): CloudData {
  return {
    label,
    size: bytes.length,
    location: { url: URL, alg: 'sha256', hash: digest('sha256', bytes) },
    content_type: contentType,
    ...change,
  }
}

function manifestWith(...values: readonly CloudData[]): ForgedManifest {
  return {
    label: manifestLabel(1),
    assertions: [
      ['c2pa.hash.data', ({ dataHash }) => dataHash],
      ['c2pa.actions.v2', () => CREATED],
      ...values.map((value, index) => [`c2pa.cloud-data${index ? `__${index}` : ''}`, () => value] as const),
    ],
  }
}

type Fetch = (url: string) => Promise<FetchedData>

/** The report on a picture with that manifest, and which URLs were fetched. */
async function outcomeOf(manifest: ForgedManifest, fetch: Fetch | undefined, trust = [root.certificate.bytes]) {
  const fetched: string[] = []
  const cloudData: Fetch | undefined =
    fetch &&
    (async (url) => {
      fetched.push(url)
      return fetch(url)
    })
  const fetchers = cloudData ? { cloudData } : {}
  const report = await verify(await forge([manifest]), { trust, tsaTrust: [], now: new Date(), fetchers })
  const findings = report.findings.filter(({ url }) => url.includes('c2pa.cloud-data'))
  const codes = findings.map(({ code }) => code)
  const retrieved = report.manifests[0]?.assertions.flatMap((assertion) => assertion.retrieved ?? [])
  return { state: report.state, codes, fetched, retrieved }
}

const EMBEDDED = 'assertion.hashedURI.match'
const gives =
  (bytes: Uint8Array, mediaType?: string): Fetch =>
  async () => ({ bytes, ...(mediaType === undefined ? {} : { mediaType }) })

test('nothing is fetched, and nothing said, without a fetcher', async (t: TestContext) => {
  const outcome = await outcomeOf(manifestWith(cloudData(thumbnail, 'image/jpeg', 'c2pa.thumbnail.claim')), undefined)
  t.assert.deepEqual(outcome, { state: 'Trusted', codes: [EMBEDDED], fetched: [], retrieved: [] })
})

test('data of any type that is what is stated comes with the report', async (t: TestContext) => {
  const manifest = manifestWith(cloudData(thumbnail, 'image/jpeg', 'c2pa.thumbnail.claim'))
  for (const mediaType of ['image/jpeg', 'IMAGE/JPEG; x=y'])
    t.assert.deepEqual(await outcomeOf(manifest, gives(thumbnail, mediaType)), {
      state: 'Trusted',
      codes: [EMBEDDED, 'assertion.accessible', 'assertion.hashedURI.match'],
      fetched: [URL],
      retrieved: [{ kind: 'file', format: 'image/jpeg', bytes: thumbnail }],
    })
  const formatted = cloudData(thumbnail, 'ignored/type', 'c2pa.thumbnail.claim', {
    location: { url: URL, alg: 'sha256', hash: digest('sha256', thumbnail), 'dc:format': 'image/png' },
  })
  t.assert.equal((await outcomeOf(manifestWith(formatted), gives(thumbnail, 'image/png'))).retrieved?.length, 1)
})

test('assertions in CBOR, JSON and JUMBF are read, and checked as if they were in the manifest', async (t: TestContext) => {
  const value = { note: 'hello' }
  const cbor = encodeCbor(value)
  const json = utf8Bytes(JSON.stringify(value))
  const jumbf = encodeSuperbox(
    { type: CBOR_CONTENT, label: 'org.example.note', requestable: true },
    encodeBox('cbor', cbor),
  )
  for (const [bytes, type, kind, hash] of [
    [cbor, 'application/cbor', 'cbor', digest('sha256', cbor)],
    [json, 'application/json', 'json', digest('sha256', json)],
    // A box is hashed as every JUMBF box is: without its header.
    [jumbf, 'application/jumbf', 'cbor', digest('sha256', jumbf.subarray(8))],
  ] as const) {
    const location = { url: URL, alg: 'sha256', hash }
    const manifest = manifestWith(cloudData(bytes, type, 'org.example.note', { location }))
    const { state, retrieved } = await outcomeOf(manifest, gives(bytes, type))
    t.assert.equal(state, 'Trusted')
    t.assert.equal(retrieved?.[0]?.kind, kind)
    t.assert.deepEqual(JSON.stringify(Object(retrieved?.[0]).value), JSON.stringify(value))
  }
  for (const [bytes, type, label, code] of [
    [utf8Bytes('{'), 'application/json', 'org.example.note', 'assertion.json.invalid'],
    [Uint8Array.of(0xff), 'application/cbor', 'org.example.note', 'assertion.cbor.invalid'],
    [encodeCbor({}), 'application/cbor', 'c2pa.actions.v2', 'assertion.action.malformed'],
    [encodeCbor({}), 'application/cbor', 'c2pa.time-stamp', 'assertion.timestamp.malformed'],
    [utf8Bytes('{"@context":{},"x:y":1}'), 'application/json', 'c2pa.metadata', 'assertion.metadata.disallowed'],
  ] as const) {
    const outcome = await outcomeOf(manifestWith(cloudData(bytes, type, label)), gives(bytes, type))
    t.assert.ok(outcome.codes.includes(code), `${label}: ${outcome.codes}`)
  }
  const location = { url: URL, alg: 'sha256', hash: digest('sha256', jumbf.subarray(8)) }
  const other = manifestWith(cloudData(jumbf, 'application/jumbf', 'org.example.other', { location }))
  t.assert.ok(
    (await outcomeOf(other, gives(jumbf, 'application/jumbf'))).codes.includes('assertion.cloud-data.malformed'),
  )
})

test('data of another size, type or content is not given, and rejects nothing', async (t: TestContext) => {
  const stated = cloudData(thumbnail, 'image/jpeg', 'c2pa.thumbnail.claim')
  const changed = Uint8Array.from(thumbnail, (byte) => byte ^ 1)
  const withLocation = (location: CloudData) => ({ ...stated, location: { url: URL, alg: 'sha256', ...location } })
  for (const [value, fetch, code] of [
    [stated, gives(changed, 'image/jpeg'), 'assertion.hashedURI.mismatch'],
    [stated, gives(thumbnail.subarray(1), 'image/jpeg'), 'assertion.hashedURI.mismatch'],
    [stated, gives(thumbnail, 'image/png'), 'assertion.hashedURI.mismatch'],
    [stated, gives(thumbnail), 'assertion.hashedURI.mismatch'],
    [withLocation({}), gives(thumbnail, 'image/jpeg'), 'assertion.hashedURI.mismatch'],
    [
      withLocation({ hash: digest('sha256', thumbnail), alg: 'sha1' }),
      gives(thumbnail, 'image/jpeg'),
      'algorithm.unsupported',
    ],
    [stated, () => Promise.reject(new Error('gone')), 'assertion.inaccessible'],
    [withLocation({ url: 'file:///etc/passwd' }), gives(thumbnail, 'image/jpeg'), 'assertion.inaccessible'],
  ] as const) {
    const { state, codes, retrieved } = await outcomeOf(manifestWith(value as CloudData), fetch)
    t.assert.deepEqual({ state, codes, retrieved }, { state: 'Trusted', codes: [EMBEDDED, code], retrieved: [] })
  }
})

test('of a claim that is rejected nothing is retrieved; of a valid one, whoever signed it', async (t: TestContext) => {
  const fetch = gives(thumbnail, 'image/jpeg')
  const stated = cloudData(thumbnail, 'image/jpeg', 'c2pa.thumbnail.claim')
  const { assertions } = manifestWith(stated)
  const rejected = { label: manifestLabel(1), assertions: assertions.filter(([label]) => label !== 'c2pa.hash.data') }
  t.assert.deepEqual((await outcomeOf(rejected, fetch)).fetched, [])
  t.assert.deepEqual((await outcomeOf(manifestWith(stated), fetch, [])).fetched, [URL])
  for (const [label, field] of [
    ['c2pa.hash.bmff.v3', 'assertion.cloud-data.hardBinding'],
    ['c2pa.hash.data', 'assertion.cloud-data.hardBinding'],
  ] as const) {
    const outcome = await outcomeOf(manifestWith({ ...stated, label }), fetch)
    t.assert.deepEqual(
      { ...outcome, retrieved: [] },
      { state: 'Invalid', codes: [EMBEDDED, field], fetched: [], retrieved: [] },
    )
  }
})

test('fields that are missing, or no such thing, make it malformed', async (t: TestContext) => {
  const stated = cloudData(thumbnail, 'image/jpeg', 'c2pa.thumbnail.claim')
  for (const change of [
    ...['label', 'size', 'location', 'content_type'].map((name) => ({ [name]: undefined })),
    { size: 0 },
    { size: 1.5 },
    { size: -1 },
    { location: 'https://example.com' },
    { label: 1 },
  ]) {
    const fields = Object.fromEntries(
      Object.entries({ ...stated, ...change }).filter(([, value]) => value !== undefined),
    )
    const { state, codes } = await outcomeOf(manifestWith(fields as CloudData), undefined)
    t.assert.deepEqual({ state, codes }, { state: 'Invalid', codes: [EMBEDDED, 'assertion.cloud-data.malformed'] })
  }
})

test('not every reference of hundreds is followed', async (t: TestContext) => {
  const many = Array.from({ length: 30 }, () => cloudData(thumbnail, 'image/jpeg', 'c2pa.thumbnail.claim'))
  const { fetched } = await outcomeOf(manifestWith(...many), gives(thumbnail, 'image/jpeg'))
  t.assert.equal(fetched.length, 8)
})
