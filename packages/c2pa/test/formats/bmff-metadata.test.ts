import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { concatBytes, latin1Text, utf8Bytes } from '@countersign/codec'
import { walk } from '../../src/formats/asset.ts'
import { bmff } from '../../src/formats/bmff.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential } from '../credential.ts'
import { survivesFlips } from '../malformed.ts'
import { box, judge, media } from '../verify/bmff-forge.ts'

const XMP = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="https://example.com/a.c2pa"/></rdf:RDF></x:xmpmeta>`

/** What the format calls metadata. */
function metadataOf(asset: Uint8Array): string[] {
  const found: string[] = []
  walk(asset, (source) =>
    (bmff.metadata as NonNullable<typeof bmff.metadata>)(source, ({ start, length }) => {
      found.push(latin1Text(asset.subarray(start, start + length)))
      return true
    }),
  )
  return found
}

const ftyp = box('ftyp', utf8Bytes('mif1'), new Uint8Array(4))
const xmpUuid = Uint8Array.from(Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'))
const entry = (id: number, type: string, content = '') =>
  box('infe', Uint8Array.of(2, 0, 0, 0, 0, id, 0, 0), utf8Bytes(`${type}name\0${content}`))
const place = (id: number, method: number, offset: number, length: number) =>
  Uint8Array.of(0, id, 0, method, 0, 0, 0, 1, 0, 0, 0, offset, 0, 0, 0, length)

/** An image file of nothing but items: XMP, Exif, XMP in `idat`. */
const items = (text: string): Uint8Array => {
  const head = (offset: number) =>
    box(
      'meta',
      new Uint8Array(4),
      box('hdlr', new Uint8Array(4)),
      box(
        'iinf',
        Uint8Array.of(0, 0, 0, 0, 0, 3),
        entry(1, 'mime', 'application/rdf+xml\0'),
        entry(2, 'Exif'),
        entry(3, 'mime', 'application/rdf+xml\0'),
      ),
      box(
        'iloc',
        Uint8Array.of(1, 0, 0, 0, 0x44, 0, 0, 3),
        place(1, 0, offset, text.length),
        place(2, 0, offset, 4),
        place(3, 1, 0, 4),
      ),
    )
  const offset = ftyp.length + head(0).length + 8
  return concatBytes([ftyp, head(offset), box('mdat', utf8Bytes(text))])
}

test('XMP is found where it belongs, and nowhere else', (t: TestContext) => {
  const inUuid = box('uuid', xmpUuid, utf8Bytes('packet'))
  t.assert.deepEqual(metadataOf(concatBytes([ftyp, inUuid])), ['packet'])
  t.assert.deepEqual(metadataOf(concatBytes([ftyp, box('moov', box('udta', box('XMP_', utf8Bytes('packet'))))])), [
    'packet',
  ])
  t.assert.deepEqual(metadataOf(items('packet')), ['packet'])
  t.assert.deepEqual(metadataOf(concatBytes([items('first'), inUuid])), ['first', 'packet'])
  for (const elsewhere of [
    box('mdat', utf8Bytes(XMP)),
    box('free', inUuid),
    box('moov', inUuid),
    box('uuid', xmpUuid.toReversed(), utf8Bytes('packet')),
    box('uuid', xmpUuid.subarray(1)),
  ])
    t.assert.deepEqual(metadataOf(concatBytes([ftyp, elsewhere])), [])
  t.assert.deepEqual(metadataOf(items('packet').subarray(0, -3)), [])
})

test('whatever the bytes are, metadata are ranges of the file', (t: TestContext) => {
  const asset = items('packet')
  survivesFlips(asset, (bytes) =>
    walk(bytes, (source) =>
      (bmff.metadata as NonNullable<typeof bmff.metadata>)(source, ({ start, length }) => {
        t.assert.ok(start >= 0 && length >= 0 && start + length <= bytes.length)
        return true
      }),
    ),
  )
})

test('where exiftool writes XMP, the address of a store is found; and still after signing', async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-xmp-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const packet = join(folder, 'packet.xmp')
  writeFileSync(packet, XMP)
  const options = { ...(await credential()), claimGenerator: { name: 'Example' } }
  for (const name of ['still.avif', 'still.heic', 'progressive.mp4', 'quicktime.mov']) {
    const file = join(folder, name)
    writeFileSync(file, media(name))
    try {
      execFileSync('exiftool', ['-q', '-overwrite_original', `-XMP<=${packet}`, file])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      t.skip('exiftool is absent')
      return
    }
    const asset = new Uint8Array(readFileSync(file))
    const report = await verify(asset, judge)
    t.assert.deepEqual(
      report.findings.map(({ code }) => code),
      ['manifest.inaccessible'],
      name,
    )
    const found = metadataOf(asset)
    t.assert.ok(found.length === 1 && found[0]?.includes(XMP), name)
    const signed = await sign(asset, options)
    t.assert.deepEqual(metadataOf(signed.asset), found, name)
    t.assert.equal((await verify(signed.asset, judge)).state, 'Trusted')
  }
})
