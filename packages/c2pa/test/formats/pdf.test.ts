import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../../src/c2pa-error.ts'
import { walk } from '../../src/formats/asset.ts'
import type { AssetLayout, ByteRange } from '../../src/formats/asset-format.ts'
import { checkSignable } from '../../src/formats/detect.ts'
import { pdf } from '../../src/formats/pdf.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { MANIFEST, MANIFEST_STORE } from '../../src/jumbf/content-type.ts'
import { encodeSuperbox } from '../../src/jumbf/superbox.ts'
import { decodeManifestStore } from '../../src/manifest/store.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { root, rootPem } from '../credential.ts'
import { refuses, survivesFlips } from '../malformed.ts'
import { signedPdf } from './pdf-signed.ts'
import { PdfWriter, type Revision } from './pdf-writer.ts'

const corpus = new URL('../../../../../shared/c2pa-corpus/', import.meta.url)

const store = (...labels: string[]): Uint8Array =>
  encodeSuperbox(
    { type: MANIFEST_STORE, requestable: true, label: 'c2pa' },
    ...labels.map((label) => encodeSuperbox({ type: MANIFEST, requestable: true, label }, encodeBox('free'))),
  )
const inspect = (bytes: Uint8Array): AssetLayout => walk(bytes, pdf.inspect)
const labelsIn = (bytes: Uint8Array): string[] =>
  decodeManifestStore(inspect(bytes).manifestStore?.bytes as Uint8Array).manifests.map(({ label }) => label)

const PAGES = '<< /Type /Pages /Kids [3 0 R] /Count 1 >>'
const PAGE = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>'
const CATALOG = '<< /Type /Catalog /Pages 2 0 R /AF [4 0 R] >>'
const specification = (stream: number) =>
  `<< /Type /Filespec /AFRelationship /C2PA_Manifest /F (a\\)b) /EF << /F ${stream} 0 R >> >>`

const base = (manifests: Uint8Array): Revision => ({
  1: CATALOG,
  2: PAGES,
  3: PAGE,
  4: specification(5),
  5: { dictionary: '/Type /EmbeddedFile /Subtype /application#2Fc2pa', bytes: manifests },
})

/** Whether qpdf takes it for a sound file; undefined where there is no qpdf. */
function judged(bytes: Uint8Array): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'pdf-'))
  try {
    writeFileSync(join(folder, 'a.pdf'), bytes)
    return execFileSync('qpdf', ['--check', join(folder, 'a.pdf')], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const KINDS = ['table', 'stream', 'object streams'] as const

for (const kind of KINDS)
  test(`with cross-references as ${kind}: the store of the last update is the active one`, (t: TestContext) => {
    const writer = new PdfWriter(kind)
    const one = store('a')
    const first = writer.update(base(one))
    const range = inspect(first).manifestStore?.container as ByteRange
    t.assert.deepEqual(first.subarray(range.start, range.start + range.length), one)
    t.assert.deepEqual(inspect(first).manifestStore?.bytes, one)

    const inherited = writer.update({ 3: PAGE })
    t.assert.deepEqual(inspect(inherited).manifestStore?.container, range)

    const two = store('b')
    const second = writer.update({ 1: CATALOG, 4: specification(6), 6: { dictionary: '', bytes: two } })
    t.assert.deepEqual(labelsIn(second), ['a', 'b'])
    const active = inspect(second).manifestStore?.container as ByteRange
    t.assert.deepEqual(second.subarray(active.start, active.start + active.length), two)

    const kept = writer.update({
      1: '<< /Type /Catalog /Pages 2 0 R /AF [4 0 R 7 0 R] >>',
      7: specification(8),
      8: { dictionary: '', bytes: store('a', 'c') },
    })
    t.assert.deepEqual(labelsIn(kept), ['b', 'a', 'c'])

    const removed = writer.update({ 1: '<< /Type /Catalog /Pages 2 0 R >>' })
    t.assert.equal(inspect(removed).manifestStore, undefined)

    const verdict = [first, inherited, second, kept, removed].map(judged)
    if (verdict[0] === undefined) t.skip('qpdf is absent: whether the files are sound is not checked')
    else for (const text of verdict) t.assert.match(text ?? '', /No syntax or stream encoding errors found/)
  })

for (const kind of KINDS)
  test(`with cross-references as ${kind}: a store that binds to its PDF is Trusted, for c2pa-rs too`, async (t: TestContext) => {
    const asset = await signedPdf(kind)
    const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
    t.assert.equal((await verify(asset, options)).state, 'Trusted')
    t.assert.equal((await verify(new Blob([asset as Uint8Array<ArrayBuffer>]), options)).state, 'Trusted')
    const theirs = await readWithC2paRs(asset, 'application/pdf', rootPem)
    t.assert.deepEqual(failuresOf(theirs), [])
    t.assert.equal((await verify(concatBytes([asset, utf8Bytes('\n')]), options)).state, 'Invalid')
  })

test('a table and a stream beside it, as hybrid files have', (t: TestContext) => {
  const asset = new PdfWriter('hybrid').update(base(store('a')))
  t.assert.deepEqual(labelsIn(asset), ['a'])
})

test('two stores at once, and what is damaged, are refused', (t: TestContext) => {
  const two = new PdfWriter('table').update({
    ...base(store('a')),
    1: '<< /Type /Catalog /AF [4 0 R 6 0 R] >>',
    6: specification(7),
    7: { dictionary: '', bytes: store('b') },
  })
  t.assert.throws(() => inspect(two), { code: 'multiple_manifest_stores' })
  const refused = (revision: Revision, pattern: RegExp, code = 'malformed_asset') =>
    t.assert.throws(
      () => inspect(new PdfWriter('table').update({ ...base(store('a')), ...revision })),
      (error) => error instanceof C2paError && error.code === code && pattern.test(error.message),
    )
  const bytes = store('a')
  refused({ 5: { dictionary: '', bytes, length: bytes.length - 1 } }, /another length/)
  refused({ 5: { dictionary: '', bytes, length: 1e9 } }, /length of the stream/)
  refused({ 4: specification(9) }, /not there/)
  refused({ 5: '<< /Type /EmbeddedFile >>' }, /not there/)
  const deflated = new Uint8Array(deflateSync(bytes))
  refused({ 5: { dictionary: '/Filter /FlateDecode', bytes: deflated } }, /through a filter/, 'unsupported_format')
  refused({ 1: '['.repeat(100) }, /nested deeper/)
  refused({ 1: `[${'0 '.repeat(300_000)}]` }, /more values/)
  refused({ 1: `(${'x'.repeat(2_000_000)})` }, /more than 1048576 bytes/)
})

test('of an encrypted file only what is not encrypted is read', (t: TestContext) => {
  const encrypt = { trailer: '/Encrypt << /Filter /Standard /V 4 >>' }
  const plain = new PdfWriter('table', encrypt).update(base(store('a')))
  t.assert.throws(() => inspect(plain), /encrypted/)
  const crypt = '/Filter [/Crypt] /DecodeParms [<< /Type /CryptFilterDecodeParms /Name /Identity >>]'
  const identity = { ...base(store('a')), 5: { dictionary: crypt, bytes: store('a') } }
  t.assert.deepEqual(labelsIn(new PdfWriter('table', encrypt).update(identity)), ['a'])
  t.assert.throws(() => inspect(new PdfWriter('object streams', encrypt).update(identity)), /encrypted/)
  t.assert.throws(
    () =>
      inspect(
        new PdfWriter('table', encrypt).update({
          ...identity,
          5: { dictionary: crypt.replace('/Identity', '/StdCF'), bytes: store('a') },
        }),
      ),
    /through a filter/,
  )
})

test('metadata are XMP as it stands, and the value of a signature', (t: TestContext) => {
  const found = (asset: Uint8Array): string[] => {
    const texts: string[] = []
    walk(asset, (source) =>
      (pdf.metadata as NonNullable<typeof pdf.metadata>)(source, ({ start, length }) => {
        texts.push(Buffer.from(asset.subarray(start, start + length)).toString())
        return true
      }),
    )
    return texts
  }
  const signed = (contents: string): Uint8Array => {
    const make = (before: number, after: number) =>
      new PdfWriter('table').update({
        ...base(store('a')),
        1: '<< /Type /Catalog /Metadata 6 0 R /AcroForm << /Fields [7 0 R] >> >>',
        6: { dictionary: '/Type /Metadata', bytes: utf8Bytes('<x:xmpmeta/>') },
        7: '<< /FT /Sig /V 8 0 R >>',
        8: `<< /Type /Sig /ByteRange [0 ${String(before).padStart(10, '0')} ${String(after).padStart(10, '0')} 10] /Contents ${contents} >>`,
      })
    const at = Buffer.from(make(0, 0)).indexOf(contents)
    return make(at, at + contents.length)
  }
  t.assert.deepEqual(found(signed('<00ff00>')), ['<x:xmpmeta/>', '<00ff00>'])
  t.assert.deepEqual(found(signed('<00> /V <00>')), ['<x:xmpmeta/>'])
  t.assert.deepEqual(found(new PdfWriter('table').update(base(store('a')))), [])
})

test('bytes cut, changed and lying are refused or read', (t: TestContext) => {
  t.assert.throws(() => checkSignable(utf8Bytes('%PDF-1.7')), { code: 'unsupported_format' })
  for (const kind of KINDS) {
    const asset = new PdfWriter(kind).update(base(store('a')))
    for (let length = 5; length < asset.length - 20; length++)
      t.assert.ok(
        refuses(() => inspect(asset.subarray(0, length)), `cut to ${length}`),
        `${kind}, cut to ${length}`,
      )
    survivesFlips(asset, inspect)
  }
  const loop = new PdfWriter('table', { trailer: '/Prev 9 /XRefStm 9' }).update(base(store('a')))
  t.assert.ok(refuses(() => inspect(loop), 'loop'))
  const self = concatBytes([utf8Bytes('%PDF-1.4\nxref\n0 0\ntrailer\n<< /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF')])
  t.assert.equal(inspect(self).manifestStore, undefined)
})

test('a thousand updates of a catalog that names a thousand files', (t: TestContext) => {
  const entry = (offset: number) => `${String(offset).padStart(10, '0')} 00000 n \n`
  const files = Array.from({ length: 999 }, (_, index) => `${index + 100} 0 R`).join(' ')
  const objects = [
    `1 0 obj\n<< /AF [${files} 3 0 R] >>\nendobj\n`,
    `3 0 obj\n${specification(4)}\nendobj\n`,
    '4 0 obj\n<< /Length 3 >>\nstream\nabc\nendstream\nendobj\n',
  ]
  let text = '%PDF-1.7\n'
  const offsets = objects.map((object) => {
    text += object
    return text.length - object.length
  })
  const entries = offsets.map((offset, index) => `${[1, 3, 4][index]} 1\n${entry(offset)}`).join('')
  const unused = Array.from({ length: 19 }, (_, index) => `${5000 + index} 0\n`).join('')
  let previous = 0
  for (let update = 0; update < 1000; update++) {
    const start = text.length
    text += `xref\n${update === 0 ? entries : unused}trailer\n<< /Root 1 0 R ${update === 0 ? '' : `/Prev ${previous}`} >>\n`
    previous = start
  }
  t.assert.throws(() => inspect(utf8Bytes(`${text}startxref\n${previous}\n%%EOF`)), { code: 'too_large' })
})

const SAMPLES: readonly (readonly [string, 'none' | 'whole'])[] = [
  ['c2pa-rs/basic.pdf', 'none'],
  ['c2pa-rs/basic-attachments.pdf', 'none'],
  ['encypher/x509-es256-pdf.pdf', 'whole'],
  ['public-testfiles/adobe-20240110-single_manifest_store.pdf', 'whole'],
]
for (const [name, expected] of SAMPLES)
  test(`${name}: ${expected === 'none' ? 'no store' : 'the store is where its hash says'}`, async (t: TestContext) => {
    const file = new URL(name, corpus)
    if (!existsSync(file)) return t.skip('../shared/c2pa-corpus is absent')
    const asset = new Uint8Array(readFileSync(file))
    const report = await verify(new Blob([asset]), { trust: [], tsaTrust: [], now: new Date('2026-11-23T00:00:00Z') })
    const codes = report.findings.map(({ code }) => code)
    t.assert.ok(codes.includes(expected === 'none' ? 'claim.missing' : 'assertion.dataHash.match'), codes.join(' '))
  })
