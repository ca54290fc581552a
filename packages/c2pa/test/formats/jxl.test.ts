import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { C2paError } from '../../src/c2pa-error.ts'
import { walk } from '../../src/formats/asset.ts'
import type { ByteRange } from '../../src/formats/asset-format.ts'
import { jxl } from '../../src/formats/jxl.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import { MANIFEST_STORE } from '../../src/jumbf/content-type.ts'
import { encodeSuperbox } from '../../src/jumbf/superbox.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { credential, root, rootPem } from '../credential.ts'
import { survivesFlips } from '../malformed.ts'
import { CREATED, forge, manifestLabel } from '../verify/forge.ts'

const media = new URL('../../../../test/vectors/media/', import.meta.url)
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, media)))
const inspect = (bytes: Uint8Array) => walk(bytes, jxl.inspect)

const SAMPLES = ['codestream.jxl', 'container.jxl', 'from-jpeg.jxl', 'animation.jxl']
const container = read('container.jxl')
const SIGNATURE = container.subarray(0, 12)
const FILE_TYPE = container.subarray(12, 32)
const REST = container.subarray(32)
const store = encodeSuperbox({ type: MANIFEST_STORE, requestable: true, label: 'c2pa' }, encodeBox('free'))
const other = encodeSuperbox({ type: 'a0'.repeat(16), requestable: true, label: 'other' })
const level = encodeBox('jxll', Uint8Array.of(10))

const signer = await credential()
const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

/** What djxl makes of it; undefined where there is no djxl. */
function decoded(bytes: Uint8Array, suffix: string): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'jxl-'))
  try {
    writeFileSync(join(folder, 'in.jxl'), bytes)
    execFileSync('djxl', [join(folder, 'in.jxl'), join(folder, `out.${suffix}`)], { stdio: 'pipe' })
    return readFileSync(join(folder, `out.${suffix}`))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

for (const name of SAMPLES)
  test(`${name}: signed, signed again, and decoded to the same pixels`, async (t: TestContext) => {
    const asset = read(name)
    const once = await sign(asset, { ...signer, claimGenerator: { name: 'Example' } })
    const twice = await sign(once.asset, { ...signer, claimGenerator: { name: 'Example' } })
    t.assert.equal(twice.isParentCarried, true)
    for (const signed of [once.asset, twice.asset]) {
      const report = await verify(signed, options)
      t.assert.equal(report.state, 'Trusted')
      t.assert.equal(report.format, 'image/jxl')
      const judged = await readWithC2paRs(signed, 'image/jxl', rootPem)
      t.assert.deepEqual(failuresOf(judged), [])
      t.assert.equal(judged.validation_state, 'Trusted')
      t.assert.equal((await verify(new Blob([signed as Uint8Array<ArrayBuffer>]), options)).state, 'Trusted')
    }
    const suffix = name === 'from-jpeg.jxl' ? 'jpg' : name === 'animation.jxl' ? 'apng' : 'ppm'
    const pixels = decoded(asset, suffix)
    if (!pixels) t.skip('djxl is absent: what it would decode is not compared')
    else for (const signed of [once.asset, twice.asset]) t.assert.deepEqual(decoded(signed, suffix), pixels)
  })

test('the store is a box behind ftyp and level, and comes back', (t: TestContext) => {
  const positionOf = (...boxes: Uint8Array[]) => inspect(concatBytes([...boxes, REST])).embedding?.position
  t.assert.equal(positionOf(SIGNATURE, FILE_TYPE), 32)
  t.assert.equal(positionOf(SIGNATURE, FILE_TYPE, level), 41)
  const layout = inspect(concatBytes([SIGNATURE, FILE_TYPE, other, store, REST]))
  const start = 32 + other.length
  t.assert.deepEqual(layout.manifestStore, { bytes: store, container: { start, length: store.length } })
  t.assert.equal(layout.embedding?.position, 32)
  t.assert.equal(inspect(concatBytes([SIGNATURE, FILE_TYPE, other, REST])).manifestStore, undefined)
})

test('a codestream alone holds none, and is put into boxes', (t: TestContext) => {
  const asset = read('codestream.jxl')
  const layout = inspect(asset)
  t.assert.equal(layout.manifestStore, undefined)
  const surroundings = layout.embedding?.surroundings(0)
  const parts = [...(surroundings?.before ?? []), ...(surroundings?.after ?? [])].map((part) =>
    part instanceof Uint8Array ? part : asset.subarray(part.start, part.start + part.length),
  )
  t.assert.deepEqual(concatBytes(parts), container)
})

test('boxes are named by their types, and fill the file', (t: TestContext) => {
  const asset = concatBytes([SIGNATURE, FILE_TYPE, other, store, REST])
  const boxes = walk(asset, jxl.boxes as NonNullable<typeof jxl.boxes>)
  t.assert.deepEqual(
    boxes.map(({ name }) => name),
    ['JXL ', 'ftyp', 'jumb', 'C2PA', 'jxlc'],
  )
  let position = 0
  for (const { start, length } of boxes) {
    t.assert.equal(start, position)
    position += length
  }
  t.assert.equal(position, asset.length)
})

test('metadata are Exif and XMP, compressed or not, without what says so', (t: TestContext) => {
  const found = (asset: Uint8Array): ByteRange[] => {
    const ranges: ByteRange[] = []
    walk(asset, (source) => (jxl.metadata as NonNullable<typeof jxl.metadata>)(source, (range) => !!ranges.push(range)))
    return ranges
  }
  const asset = concatBytes([container, encodeBox('Exif', utf8Bytes('abcd')), encodeBox('xml ', utf8Bytes('<x/>'))])
  t.assert.deepEqual(found(asset), [
    { start: container.length + 8, length: 4 },
    { start: container.length + 20, length: 4 },
  ])
  const lengths = found(read('from-jpeg.jxl')).map(({ length }) => length)
  t.assert.deepEqual(lengths, [159 - 12, 161 - 12])
  t.assert.deepEqual(found(read('codestream.jxl')), [])
})

test('a damaged file is refused with a sentence, and two stores are', (t: TestContext) => {
  const refused = (bytes: Uint8Array, pattern: RegExp) =>
    t.assert.throws(
      () => inspect(bytes),
      (error) => error instanceof C2paError && error.code === 'malformed_asset' && pattern.test(error.message),
    )
  for (let length = 12; length < container.length; length++)
    refused(container.subarray(0, length), /^The JPEG XL is damaged: .+\.$/)
  refused(concatBytes([SIGNATURE, REST]), /second box is not ftyp/)
  refused(concatBytes([SIGNATURE, FILE_TYPE]), /no codestream/)
  refused(
    concatBytes([SIGNATURE, FILE_TYPE, Uint8Array.of(0, 0, 0, 7, 0x6a, 0x78, 0x6c, 0x63)]),
    /length 7 at offset 32/,
  )
  refused(concatBytes([container, new Uint8Array(3)]), /inside the header/)
  const long = Uint8Array.of(0, 0, 0, 1, 0x6a, 0x78, 0x6c, 0x63, 0xff, 0, 0, 0, 0, 0, 0, 0)
  refused(concatBytes([SIGNATURE, FILE_TYPE, long]), /inside the header/)
  refused(concatBytes([container, ...Array.from({ length: 65_536 }, () => encodeBox('free'))]), /more than 65536 boxes/)
  t.assert.throws(() => inspect(concatBytes([SIGNATURE, FILE_TYPE, store, store, REST])), {
    code: 'multiple_manifest_stores',
  })
  const cut = inspect(concatBytes([SIGNATURE, FILE_TYPE, store, REST.subarray(0, 40)]))
  t.assert.match(cut.damage?.message ?? '', /ends inside the box/)
  t.assert.ok(cut.manifestStore)
})

test('bytes changed in any way are refused or read', () => {
  const asset = concatBytes([SIGNATURE, FILE_TYPE, level, other, store, REST])
  survivesFlips(asset, inspect)
})

test('a box hash binds the boxes of a container', async (t: TestContext) => {
  const forged = await forge(
    [
      {
        label: manifestLabel(1),
        assertions: [
          ['c2pa.actions.v2', () => CREATED],
          ['c2pa.hash.boxes', ({ placed }) => boxHash(placed)],
        ],
      },
    ],
    undefined,
    container,
  )
  const states = async (bytes: Uint8Array) => (await verify(bytes, options)).state
  t.assert.equal(await states(forged), 'Trusted')
  for (const position of [25, forged.length - 1]) {
    const changed = forged.slice()
    changed[position] = (changed[position] as number) ^ 1
    t.assert.equal(await states(changed), 'Invalid')
  }
  t.assert.equal(await states(concatBytes([forged, encodeBox('xml ')])), 'Invalid')
})

function boxHash(placed: Uint8Array) {
  const { start, length } = inspect(placed).manifestStore?.container ?? { start: 0, length: 0 }
  const pad = new Uint8Array()
  return {
    alg: 'sha256',
    boxes: [
      { names: ['JXL ', 'ftyp'], hash: digest('sha256', placed.subarray(0, start)), pad },
      { names: ['C2PA'], hash: Uint8Array.of(0), pad },
      { names: ['jxlc'], hash: digest('sha256', placed.subarray(start + length)), pad },
    ],
  }
}
