/** Manifest stores that the asset does not hold: beside it, or where its XMP says. C2PA 2.2 §15.5.3. */
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import { walk } from '../../src/formats/asset.ts'
import { png } from '../../src/formats/png.ts'
import { sign } from '../../src/sign/sign.ts'
import { type VerifyOptions, verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { chunk, noise, segment, withChunks, withSegments } from '../pictures.ts'
import { CREATED, forge, manifestLabel, picture, signer } from './forge.ts'

const URL = 'https://example.com/store.c2pa?a=1&b=2'
const options: VerifyOptions = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

const xmp = (url: string): string =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
  `<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="${url}"/></rdf:RDF></x:xmpmeta>`
const itxt = (text: string): Uint8Array => chunk('iTXt', utf8Bytes(`XML:com.adobe.xmp\0\0\0\0\0${text}`))

const named = withChunks(picture, itxt(xmp(URL.replace('&', '&amp;'))))

/** A store that binds to an asset it is not in, with such exclusions; its one manifest is changed by `claim`. */
async function storeFor(asset: Uint8Array, exclusions?: CborValue): Promise<Uint8Array> {
  const fields = { alg: 'sha256', hash: digest('sha256', asset), pad: new Uint8Array() }
  const carrier = await forge([
    {
      label: manifestLabel(1),
      assertions: [
        ['c2pa.hash.data', () => (exclusions === undefined ? fields : { ...fields, exclusions })],
        ['c2pa.actions.v2', () => CREATED],
      ],
    },
  ])
  return walk(carrier, png.inspect).manifestStore?.bytes as Uint8Array
}

const outcomeOf = async (asset: Uint8Array, more: Partial<VerifyOptions>) => {
  const { state, findings } = await verify(asset, { ...options, ...more })
  return { state, codes: findings.map(({ code }) => code) }
}

/** A fetcher that gives these bytes, and the URLs it was asked for. */
function gives(bytes: Uint8Array | Error) {
  const asked: string[] = []
  const manifestStore = async (url: string): Promise<Uint8Array> => {
    asked.push(url)
    if (bytes instanceof Error) throw bytes
    return bytes
  }
  return { asked, fetchers: { manifestStore } }
}

test('a store beside the asset is verified against it', async (t: TestContext) => {
  const manifestStore = await storeFor(picture)
  const sound = await outcomeOf(picture, { manifestStore })
  t.assert.equal(sound.state, 'Trusted')
  t.assert.ok(sound.codes.includes('assertion.dataHash.match'))
  const changed = await outcomeOf(named, { manifestStore })
  t.assert.equal(changed.state, 'Invalid')
  t.assert.ok(changed.codes.includes('assertion.dataHash.mismatch'))
})

test('nothing but metadata may be left out of the hash of an asset that holds no store', async (t: TestContext) => {
  const rest = (start: number, length: number) =>
    concatBytes([named.subarray(0, start), named.subarray(start + length)])
  const text = Buffer.from(named).indexOf('XML:com')
  for (const [start, length, state] of [
    [text, 20, 'Trusted'],
    [text - 4, 20, 'Invalid'],
    [named.length - 40, 20, 'Invalid'],
    [0, named.length, 'Invalid'],
  ] as const) {
    const fields = { exclusions: [{ start, length }], hash: digest('sha256', rest(start, length)) }
    const carrier = await forge([
      {
        label: manifestLabel(1),
        assertions: [
          ['c2pa.hash.data', () => ({ alg: 'sha256', pad: new Uint8Array(), ...fields })],
          ['c2pa.actions.v2', () => CREATED],
        ],
      },
    ])
    const manifestStore = walk(carrier, png.inspect).manifestStore?.bytes as Uint8Array
    t.assert.equal((await outcomeOf(named, { manifestStore })).state, state, `${start}+${length}`)
  }
})

test('a store that is embedded counts, whatever stands beside or elsewhere', async (t: TestContext) => {
  const { asset } = await sign(named, { ...signer, claimGenerator: { name: 'Example' } })
  const { asked, fetchers } = gives(await storeFor(named))
  const outcome = await outcomeOf(asset, { fetchers, manifestStore: Uint8Array.of(1, 2, 3) })
  t.assert.equal(outcome.state, 'Trusted')
  t.assert.deepEqual(asked, [])
})

test('a store that the XMP names is fetched, and verified against the asset', async (t: TestContext) => {
  const store = await storeFor(named)
  const { asked, fetchers } = gives(store)
  t.assert.equal((await outcomeOf(named, { fetchers })).state, 'Trusted')
  t.assert.deepEqual(asked, [URL])
  const another = await outcomeOf(named, gives(await storeFor(picture)))
  t.assert.equal(another.state, 'Invalid')
  t.assert.ok(another.codes.includes('assertion.dataHash.mismatch'))
  // What is handed over beside the asset need not be fetched.
  const unasked = gives(store)
  t.assert.equal((await outcomeOf(named, { ...unasked, manifestStore: store })).state, 'Trusted')
  t.assert.deepEqual(unasked.asked, [])
})

test('without a fetcher, an answer, or a store in it, the manifest is inaccessible', async (t: TestContext) => {
  const store = await storeFor(named)
  const secret = new Error('connect ECONNREFUSED 10.0.0.1:443')
  const inaccessible = { state: 'Invalid', codes: ['manifest.inaccessible'] }
  for (const fetchers of [
    {},
    gives(secret).fetchers,
    gives(new Uint8Array()).fetchers,
    gives(utf8Bytes('<html>')).fetchers,
    gives(store.subarray(0, -1)).fetchers,
    gives(concatBytes([store, Uint8Array.of(0)])).fetchers,
  ])
    t.assert.deepEqual(await outcomeOf(named, { fetchers }), inaccessible)
  const report = await verify(named, { ...options, ...gives(secret) })
  t.assert.doesNotMatch(JSON.stringify(report), /ECONNREFUSED/)
  t.assert.deepEqual(await outcomeOf(picture, gives(store)), { state: 'Invalid', codes: ['claim.missing'] })
  t.assert.deepEqual((await outcomeOf(picture, { manifestStore: utf8Bytes('no store') })).codes, ['general.error'])
})

test('every store that is cut or flipped makes a report, and a cut one is never Trusted', async (t: TestContext) => {
  const store = await storeFor(named)
  for (let at = 0; at < store.length; at += 13) {
    const flipped = Uint8Array.from(store)
    flipped[at] = (flipped[at] as number) ^ 0xff
    for (const bytes of [store.subarray(0, at), flipped]) {
      const { state } = await outcomeOf(named, gives(bytes))
      if (bytes.length < store.length) t.assert.equal(state, 'Invalid', `cut at ${at}`)
    }
  }
})

const jpeg = new Uint8Array(await noise(16, 16).jpeg().toBuffer())
const app1 = (text: string): Uint8Array => segment(0xe1, utf8Bytes(text))
const NAMESPACE = 'http://ns.adobe.com/xap/1.0/\0'
const guid = '0123456789ABCDEF0123456789ABCDEF'
const uint32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
const extended = (whole: number, offset: number, text: string): Uint8Array =>
  segment(
    0xe1,
    concatBytes([
      utf8Bytes(`http://ns.adobe.com/xmp/extension/\0${guid}`),
      uint32(whole),
      uint32(offset),
      utf8Bytes(text),
    ]),
  )
const noted = `${NAMESPACE}<rdf:RDF><rdf:Description xmpNote:HasExtendedXMP="${guid}"/></rdf:RDF>`
const long = xmp('https://example.com/extended')
const DCTERMS = 'xmlns:dcterms="http://purl.org/dc/terms/"'

const gif = new Uint8Array(await noise(16, 16).gif().toBuffer())
/** With an application extension of XMP before its trailer; its last sub-block is empty. */
const gifWith = (...data: readonly Uint8Array[]): Uint8Array =>
  concatBytes([
    gif.subarray(0, -1),
    Uint8Array.of(0x21, 0xff, 11),
    utf8Bytes('XMP DataXMP'),
    ...data,
    Uint8Array.of(0, 0x3b),
  ])

const FOUND: readonly (readonly [string, Uint8Array, string])[] = [
  ['a JPEG', withSegments(jpeg, app1(NAMESPACE + xmp('https://example.com/a'))), 'https://example.com/a'],
  [
    'the extended XMP of a JPEG, in pieces out of order',
    withSegments(
      jpeg,
      app1(noted),
      extended(long.length, 50, long.slice(50)),
      extended(long.length, 0, long.slice(0, 50)),
    ),
    'https://example.com/extended',
  ],
  [
    'an element, another prefix, entities by number',
    withChunks(
      picture,
      itxt(
        '<rdf:RDF><d xmlns:t.1="http://purl.org/dc/terms/"><t.1:provenance> http://e.com/?a&#38;b&#x26;c </t.1:provenance></d></rdf:RDF>',
      ),
    ),
    'http://e.com/?a&b&c',
  ],
  [
    'a GIF, its packet as it is',
    gifWith(
      utf8Bytes(xmp('https://example.com/gif')),
      Uint8Array.from({ length: 257 }, (_, at) => (at === 0 ? 1 : 256 - at)),
    ),
    'https://example.com/gif',
  ],
  [
    'a resource',
    withChunks(picture, itxt(`<rdf:RDF ${DCTERMS}><dcterms:provenance rdf:resource='http://e.com/'/></rdf:RDF>`)),
    'http://e.com/',
  ],
]

for (const [name, asset, url] of FOUND)
  test(`XMP that names a store: ${name}`, async (t: TestContext) => {
    const { asked, fetchers } = gives(new Error('none'))
    await outcomeOf(asset, { fetchers })
    t.assert.deepEqual(asked, [url])
  })

const short = `<rdf:RDF ${DCTERMS}><d dcterms:provenance="http://e.com/"/></rdf:RDF>`.padEnd(200)
const attribute = `dcterms:provenance="http://e.com/"`
const PASSED_OVER: readonly (readonly [string, Uint8Array])[] = [
  [
    'a comment of a GIF',
    concatBytes([gif.subarray(0, -1), Uint8Array.of(0x21, 0xfe, 200), utf8Bytes(short), Uint8Array.of(0, 0x3b)]),
  ],
  ['text of a PNG', withChunks(picture, chunk('tEXt', utf8Bytes(`Comment\0${xmp(URL)}`)))],
  ['a comment of a JPEG', withSegments(jpeg, segment(0xfe, utf8Bytes(xmp(URL))))],
  ['an APP1 segment of another kind', withSegments(jpeg, app1(`Exif\0\0${xmp(URL)}`))],
  ['bytes after the image', concatBytes([jpeg, utf8Bytes(NAMESPACE + xmp(URL))])],
  ['a comment in XMP', withChunks(picture, itxt(`<rdf:RDF ${DCTERMS}><!-- <d ${attribute}/> --></rdf:RDF>`))],
  ['a comment without end', withChunks(picture, itxt(`<rdf:RDF ${DCTERMS}><!-- <d ${attribute}/></rdf:RDF>`))],
  [
    'another namespace',
    withChunks(picture, itxt(`<rdf:RDF xmlns:dcterms="http://e.com/"><d ${attribute}/></rdf:RDF>`)),
  ],
  ['an XMP element without end', withChunks(picture, itxt(`<rdf:RDF ${DCTERMS}><d ${attribute}/>`))],
  ['an empty value', withChunks(picture, itxt(`<rdf:RDF ${DCTERMS}><d dcterms:provenance=" "/></rdf:RDF>`))],
  ['a URL without end', withChunks(picture, itxt(xmp(`https://example.com/${'a'.repeat(3000)}`)))],
  ['extended XMP of another packet', withSegments(jpeg, extended(long.length, 0, long))],
  ['extended XMP that is not whole', withSegments(jpeg, app1(noted), extended(long.length + 1, 0, long))],
  [
    'extended XMP that overlaps',
    withSegments(
      jpeg,
      app1(noted),
      extended(long.length, 0, long.slice(0, 60)),
      extended(long.length, 50, long.slice(50)),
    ),
  ],
]

for (const [name, asset] of PASSED_OVER)
  test(`no XMP that names a store: ${name}`, async (t: TestContext) => {
    const { asked, fetchers } = gives(new Error('none'))
    t.assert.deepEqual((await outcomeOf(asset, { fetchers })).codes, ['claim.missing'])
    t.assert.deepEqual(asked, [])
  })

test('XMP that is made to be slow is read at once', { timeout: 10_000 }, async (t: TestContext) => {
  const size = 4_000_000
  for (const piece of [
    '<!--',
    '<dcterms:provenance ',
    'dcterms:provenance =  ',
    ' xmlns:a',
    'xmlns:a="http://purl.org/dc/terms/" ',
    '&amp;',
  ]) {
    const text = `<rdf:RDF ${DCTERMS} ${piece.repeat(size / piece.length)}</rdf:RDF>`
    t.assert.equal((await outcomeOf(withChunks(picture, itxt(text)), gives(new Error('none')))).state, 'Invalid')
  }
})
