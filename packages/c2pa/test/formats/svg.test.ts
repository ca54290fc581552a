import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, encodeBase64, latin1Text, utf8Bytes } from '@countersign/codec'
import { bytesOf, walk } from '../../src/formats/asset.ts'
import type { Embedding } from '../../src/formats/asset-format.ts'
import { detectFormat } from '../../src/formats/detect.ts'
import { svg } from '../../src/formats/svg.ts'
import { sign } from '../../src/sign/sign.ts'
import { credential } from '../credential.ts'
import { isInstalled, judged } from '../decoders.ts'
import { refuses, survivesFlips } from '../malformed.ts'
import { outcomeOf, walkByBytes } from '../short-windows.ts'

const SVG = 'xmlns="http://www.w3.org/2000/svg"'
const C2PA = 'xmlns:c2pa="http://c2pa.org/manifest"'
const media = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../test/vectors/media/${name}`, import.meta.url)))
const inspect = (text: string) => walk(utf8Bytes(text), svg.inspect)
const store = Uint8Array.from({ length: 500 }, (_, index) => index & 0xff)
const BASE64 = encodeBase64(store)
const manifest = (text = BASE64) => `<c2pa:manifest>${text}</c2pa:manifest>`

/** With a store in it, put together as `sign` does. */
function embedded(asset: Uint8Array, bytes = store): Uint8Array {
  const embedding = walk(asset, svg.inspect).embedding as Embedding
  const container = new Uint8Array(embedding.containerLength(bytes.length))
  embedding.writeContainer(container, 0, bytes)
  const { before, after } = embedding.surroundings(container.length)
  const head = concatBytes(before.map((part) => bytesOf(asset, part)))
  if (head.length !== embedding.position) throw new Error('what stands before is not as long as the position')
  return concatBytes([head, container, ...after.map((part) => bytesOf(asset, part))])
}

test('told by its root element, behind whatever may stand before', (t: TestContext) => {
  for (const text of [
    '<svg/>',
    `<svg ${SVG}>`,
    '<svg:svg xmlns:svg="http://www.w3.org/2000/svg">',
    '\ufeff<svg>',
    '  \n<?xml version="1.0"?><!-- <html> --><?pi <html> ?>\n<svg>',
    '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">',
    `<!DOCTYPE svg [ ${'<!ENTITY a "b">'.repeat(1000)}`,
  ])
    t.assert.equal(detectFormat(utf8Bytes(text).subarray(0, 4096)), 'image/svg+xml', text.slice(0, 80))
  for (const text of [
    '<html><svg/></html>',
    '<!DOCTYPE html><svg>',
    '<svgz>',
    '<!-- <svg>',
    'svg',
    '<a:svg:svg>',
    '< svg>',
  ])
    t.assert.equal(detectFormat(utf8Bytes(text)), undefined, text)
  const utf16 = new Uint8Array(Buffer.from('\ufeff<?xml version="1.0"?><svg/>', 'utf16le'))
  t.assert.equal(detectFormat(utf16), 'image/svg+xml')
  t.assert.throws(() => walk(utf16, svg.inspect), { code: 'unsupported_format', message: /UTF-16/ })
})

const written: readonly (readonly [string, string, string])[] = [
  [
    'as the first thing in the root',
    `<svg ${SVG}><g/></svg>`,
    `<svg ${SVG} ${C2PA}><metadata>${manifest()}</metadata><g/></svg>`,
  ],
  [
    'in metadata that there are',
    `<svg ${SVG}><g/><metadata id='a'>\n<x/></metadata></svg>`,
    `<svg ${SVG} ${C2PA}><g/><metadata id='a'>${manifest()}\n<x/></metadata></svg>`,
  ],
  ['in an empty root', `<svg ${SVG} />`, `<svg ${SVG}  ${C2PA}><metadata>${manifest()}</metadata></svg>`],
  [
    'in empty metadata',
    `<svg ${SVG}><metadata id="a"/></svg>`,
    `<svg ${SVG} ${C2PA}><metadata id="a">${manifest()}</metadata></svg>`,
  ],
  [
    'with the prefix of the root',
    '<s:svg xmlns:s="http://www.w3.org/2000/svg"></s:svg>',
    `<s:svg xmlns:s="http://www.w3.org/2000/svg" ${C2PA}><s:metadata>${manifest()}</s:metadata></s:svg>`,
  ],
  [
    'where the namespace is declared already',
    `<svg ${C2PA} ${SVG}></svg>`,
    `<svg ${C2PA} ${SVG}><metadata>${manifest()}</metadata></svg>`,
  ],
  [
    'where the prefix means something else',
    `<svg xmlns:c2pa="urn:a"></svg>`,
    `<svg xmlns:c2pa="urn:a"><metadata><c2pa:manifest ${C2PA}>${BASE64}</c2pa:manifest></metadata></svg>`,
  ],
  [
    'where it means something else from the metadata on',
    `<svg><metadata xmlns:c2pa="urn:a"/></svg>`,
    `<svg ${C2PA}><metadata xmlns:c2pa="urn:a"><c2pa:manifest ${C2PA}>${BASE64}</c2pa:manifest></metadata></svg>`,
  ],
  ['without a byte order mark', '\ufeff<svg></svg>', `<svg ${C2PA}><metadata>${manifest()}</metadata></svg>`],
]

for (const [where, text, expected] of written)
  test(`the store is written ${where}`, (t: TestContext) => {
    const signed = embedded(utf8Bytes(text))
    t.assert.equal(latin1Text(signed), expected)
    t.assert.deepEqual(inspect(expected).manifestStore, {
      bytes: store,
      container: { start: expected.indexOf(BASE64), length: BASE64.length },
    })
    t.assert.deepEqual(embedded(embedded(signed, utf8Bytes('another'))), signed)
  })

test('a store is read by any prefix of its namespace, with white space, and where its prefix is not declared', (t: TestContext) => {
  for (const text of [
    `<svg><metadata>${manifest()}</metadata></svg>`,
    `<svg xmlns:x='http://c2pa.org/manifest'><metadata><x:manifest>${BASE64}</x:manifest></metadata></svg>`,
    `<svg><metadata><manifest xmlns="http://c2pa.org/manifest">${BASE64}</manifest></metadata></svg>`,
    `<s:svg><s:metadata><a/><c2pa:manifest id="a>b">\n${BASE64.replaceAll(/.{76}/g, '$&\r\n\t ')}\n</c2pa:manifest ></s:metadata></s:svg>`,
  ]) {
    const { bytes, container } = inspect(text).manifestStore ?? {}
    t.assert.deepEqual(bytes, store, text)
    t.assert.equal(text[(container?.start ?? 0) - 1], '>')
    t.assert.equal(text[(container?.start ?? 0) + (container?.length ?? 0)], '<')
  }
})

test('what only looks like one is none', (t: TestContext) => {
  for (const inner of [
    `<g><metadata>${manifest()}</metadata></g>`,
    `<metadata><g>${manifest()}</g></metadata>`,
    `<!-- <metadata>${manifest()}</metadata> -->`,
    `<![CDATA[<metadata>${manifest()}</metadata>]]>`,
    `<?a <metadata>${manifest()}</metadata>?>`,
    `<g title="<metadata>">'</g><g title='&lt;/svg>'/>`.replace('"<metadata>"', '"&lt;metadata>"'),
    `<metadata><x:manifest>${BASE64}</x:manifest><manifest>x</manifest></metadata>`,
    manifest(),
    '<metadata/>',
  ])
    t.assert.equal(inspect(`<svg>${inner}</svg>`).manifestStore, undefined, inner)
  const entities = `<!DOCTYPE svg [<!ENTITY a "<metadata>${manifest()}</metadata>"> <!-- ' ]> --> <?p ]> "?>]>`
  t.assert.equal(inspect(`${entities}<svg>&a;</svg>`).manifestStore, undefined)
  t.assert.equal(inspect(`<svg/><metadata>${manifest()}</metadata>`).manifestStore, undefined)
})

const refused: readonly (readonly [string, RegExp])[] = [
  ['<svg><g></g>', /ends before its root element does/],
  [`<svg>${'<metadata/>'.repeat(10_000)}</svg>`, /more than 10000 elements of metadata/],
  [`<svg><metadata>${'<x:manifest/>'.repeat(10_000)}</metadata></svg>`, /more than 10000 elements/],
  ['<svg><g></svg>', /another element ends at offset 8 than is open/],
  [`<svg>${'<g>'.repeat(10_000)}`, /nested deeper than 10000/],
  ['<svg><g title="a></g></svg>', /there is no " after/],
  ['<svg><!-- a</svg>', /there is no --> after/],
  ['<svg><![CDATA[ a</svg>', /there is no \]\]> after/],
  ['<svg><g <h/></svg>', /a tag is not closed/],
  ['<svg>a < b</svg>', /there is no tag at offset 7/],
  ['<svg', /ends inside its markup/],
  ['</svg><svg/>', /begins with the end/],
  ['<g/><svg/>', /root element is not svg/],
  [`<svg><metadata>${manifest('a<!-- b -->c')}</metadata></svg>`, /holds more than text/],
  [`<svg><metadata>${manifest('<g/>')}</metadata></svg>`, /holds more than text/],
  [`<svg><metadata>${manifest('AAA')}</metadata></svg>`, /is not base64/],
  [`<svg><metadata>${manifest('AAAA=AAA')}</metadata></svg>`, /is not base64/],
  [`<svg><metadata>${manifest(`${'A'.repeat(4 * 65_536 - 1)}=AAAA`)}</metadata></svg>`, /is not base64/],
  [`<?xml version="1.0"${' '.repeat(512)}encoding="utf-7"?><svg/>`, /declaration has no end/],
  [`<svg><metadata>${manifest('AA&#65;A')}</metadata></svg>`, /is not base64/],
  ['\ufeff<?xml version="1.0" encoding="iso-8859-1"?><svg/>', /says iso-8859-1/],
]

for (const [text, message] of refused)
  test(`refused: ${text.slice(0, 60)}`, (t: TestContext) => {
    t.assert.throws(() => inspect(text), { code: 'malformed_asset', message })
  })

test('two stores are refused, and encodings in which a letter may be something else', (t: TestContext) => {
  t.assert.throws(() => inspect(`<svg><metadata>${manifest()}${manifest()}</metadata></svg>`), {
    code: 'multiple_manifest_stores',
  })
  const twice = `<metadata>${manifest()}</metadata>`
  t.assert.throws(() => inspect(`<svg>${twice}<g/>${twice}</svg>`), { code: 'multiple_manifest_stores' })
  for (const encoding of ['utf-7', 'ISO-2022-JP', 'EBCDIC-CP-US', 'shift_jis'])
    t.assert.throws(() => inspect(`<?xml version="1.0" encoding="${encoding}"?><svg/>`), { code: 'unsupported_format' })
  for (const encoding of ['UTF-8', 'us-ascii', 'ISO-8859-15', 'windows-1252'])
    t.assert.equal(inspect(`<?xml version='1.0' encoding='${encoding}'?><svg/>`).damage, undefined)
})

test('what is wrong behind a store is damage', (t: TestContext) => {
  const { manifestStore, damage } = inspect(`<svg><metadata>${manifest()}</metadata><g>`)
  t.assert.deepEqual(manifestStore?.bytes, store)
  t.assert.match(damage?.message ?? '', /^The SVG is damaged: it ends before its root element does\.$/)
})

test('a megabyte of anything is passed over', (t: TestContext) => {
  const long = 'x'.repeat(1_000_000)
  for (const inner of [
    `<image href="${long}"/>`,
    `<!--${long}-->`,
    `<${long}/>`,
    '<g>'.repeat(9_000) + '</g>'.repeat(9_000),
    `<![CDATA[${']]'.repeat(300_000)}]]>`,
    `<g ${'a="b" '.repeat(100_000)}/>`,
    '<g a="b"/>'.repeat(100_000),
    '<!---->'.repeat(150_000),
    `<metadata ${'a="b" '.repeat(9000)}>${'<x:manifest/>'.repeat(9000)}</metadata>`,
  ])
    t.assert.deepEqual(inspect(`<svg>${inner}<metadata>${manifest()}</metadata></svg>`).manifestStore?.bytes, store)
})

test('whatever is cut off or changed is refused or read, and every window may be as short as can be', (t: TestContext) => {
  const plain = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg a=\'>\'><!-- - --><g/><![CDATA[]]]>]]>'
  const signed = utf8Bytes(`${plain}<metadata>${manifest('AAAA')}</metadata></svg>`)
  const parse = (bytes: Uint8Array) => walkByBytes(bytes, svg.inspect)
  t.assert.deepEqual(parse(signed).manifestStore?.bytes, new Uint8Array(3))
  const last = signed.length - '</svg>'.length
  for (let length = 0; length < signed.length; length++) {
    const bytes = signed.subarray(0, length)
    t.assert.equal(
      outcomeOf(() => parse(bytes)),
      outcomeOf(() => walk(bytes, svg.inspect)),
    )
    if (length > 22 && length < last - 30) t.assert.ok(refuses(() => parse(bytes), `cut to ${length}`))
  }
  survivesFlips(signed, parse)
})

const options = { ...(await credential()), claimGenerator: { name: 'Example' } }

for (const name of ['drawing.svg', 'drawing-doctype.svg', 'drawing-metadata.svg'])
  test(`${name}: xmllint reads the signed file, and the same but for the manifest`, async (t: TestContext) => {
    if (!isInstalled('xmllint')) {
      t.skip('xmllint is not installed')
      return
    }
    // Behind that it says what it did not load.
    const canonical = (bytes: Uint8Array) =>
      judged(bytes, 'svg', ['xmllint', '--nonet', '--c14n']).split('</svg>')[0] ?? ''
    const before = canonical(media(name))
    const { asset } = await sign((await sign(media(name), options)).asset, options)
    const without = canonical(asset)
      .replace(` ${C2PA}`, '')
      .replace(/<c2pa:manifest>[^<]*<\/c2pa:manifest>/, '')
    t.assert.ok([before, before.replace(/(<svg[^>]*>)/, '$1<metadata></metadata>')].includes(without), without)
  })

test('metadata of another vocabulary are left alone', (t: TestContext) => {
  const foreign = '<x:metadata xmlns:x="urn:other">text</x:metadata>'
  const signed = (inner: string) => latin1Text(embedded(utf8Bytes(`<svg ${SVG}>${foreign}${inner}</svg>`)))
  t.assert.equal(signed('<metadata/>'), `<svg ${SVG} ${C2PA}>${foreign}<metadata>${manifest()}</metadata></svg>`)
  t.assert.equal(signed(''), `<svg ${SVG} ${C2PA}><metadata>${manifest()}</metadata>${foreign}</svg>`)
  const prefixed = 's:svg xmlns:s="http://www.w3.org/2000/svg"'
  const plain = embedded(utf8Bytes(`<${prefixed}><metadata/><s:g/></s:svg>`))
  t.assert.equal(
    latin1Text(plain),
    `<${prefixed} ${C2PA}><s:metadata>${manifest()}</s:metadata><metadata/><s:g/></s:svg>`,
  )
})
