import { type TestContext, test } from 'node:test'
import { concatBytes } from '@countersign/codec'
import type { CborValue } from '../../src/cbor.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { signWithC2paRs } from '../c2pa-rs-signer.ts'
import { credential, rootPem } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { box, judge, MANDATORY, media, plainHash, type Range, roots, UUID, verdict, withHash } from './bmff-forge.ts'
import { forge, manifestLabel } from './forge.ts'

const mp4 = media('progressive.mp4')
const fragmented = media('fragmented.mp4')
const MATCH = 'Trusted match'
const MORE = 'Trusted additionalExclusionsPresent match'

for (const [name, mediaType] of [
  ['progressive.mp4', 'video/mp4'],
  ['faststart.mp4', 'video/mp4'],
  ['fragmented.mp4', 'video/mp4'],
  ['fragmented-base.mp4', 'video/mp4'],
  ['fragmented-index.mp4', 'video/mp4'],
  ['quicktime.mov', 'video/quicktime'],
  ['audio.m4a', 'audio/mp4'],
  ['still.heic', 'image/heic'],
  ['grid.heic', 'image/heic'],
  ['still.avif', 'image/avif'],
  ['grid.avif', 'image/avif'],
  ['sequence.avif', 'image/avif'],
] as const)
  test(`${name}, signed by c2pa-rs: the same codes`, async (t: TestContext) => {
    const signed = await signWithC2paRs(media(name), mediaType)
    const theirs = await readWithC2paRs(signed, mediaType, rootPem)
    t.assert.equal(theirs.validation_state, 'Trusted')
    const report = await verify(signed, judge)
    t.assert.equal(report.format, mediaType)
    t.assert.equal(report.state, 'Trusted')
    const kinds = { success: 'success', informational: 'informational', failure: 'failure' } as const
    for (const kind of Object.values(kinds)) {
      const ours = report.findings.filter((finding) => finding.kind === kind).map(({ code }) => code)
      const expected = theirs.validation_results.activeManifest[kind].map(({ code }) => code)
      t.assert.deepEqual([...new Set<string>(ours)].sort(), [...new Set(expected)].sort())
    }
  })

/** The range of the nth run of four letters that are the type of a box, behind the manifest. */
function boxRange(bytes: Uint8Array, type: string, number = 1): Range {
  let at = roots(bytes).find(({ isOurs }) => isOurs)?.end ?? 0
  for (let count = 0; count < number; count++) at = Buffer.from(bytes).indexOf(type, at + 1)
  return [at - 4, at - 4 + Buffer.from(bytes).readUInt32BE(at - 4)]
}

/** A hash around exclusions beside those that must be, and what they leave out in truth. */
const hashAround =
  (more: readonly CborValue[], without: (bytes: Uint8Array) => readonly Range[]) =>
  (placed: Uint8Array): CborValue => ({
    exclusions: [...MANDATORY, ...more],
    alg: 'sha256',
    hash: plainHash(placed, roots(placed), { without: without(placed) }),
  })
const none = (): readonly Range[] => []

test('boxes are left out by their paths', async (t: TestContext) => {
  const around = async (asset: Uint8Array, more: CborValue[], without: (bytes: Uint8Array) => readonly Range[]) =>
    verdict(await withHash(asset, hashAround(more, without)))
  t.assert.equal(await around(mp4, [], none), MATCH)
  t.assert.equal(await around(mp4, [{ xpath: '/free' }], (bytes) => [boxRange(bytes, 'free')]), MORE)
  t.assert.equal(await around(mp4, [{ xpath: '/moov/trak[2]/mdia' }], (bytes) => [boxRange(bytes, 'mdia', 2)]), MORE)
  const both = (bytes: Uint8Array) => [boxRange(bytes, 'mdia', 1), boxRange(bytes, 'mdia', 2)]
  t.assert.equal(await around(mp4, [{ xpath: '/moov/trak/mdia' }], both), MORE)
  t.assert.equal(
    await around(mp4, [{ xpath: '/moov[1]/trak/mdia' }, { xpath: '/moov/trak[1]' }], (bytes) => [
      boxRange(bytes, 'trak', 1),
      boxRange(bytes, 'mdia', 2),
    ]),
    MORE,
  )
  for (const xpath of ['/moov/trak[3]/mdia', '/moov[2]', '/trak', '/moov/mdia', '/moov/trak/mdia/minf/stbl/stsd/avc1'])
    t.assert.equal(await around(mp4, [{ xpath }], none), MORE, xpath)
  // Without a Merkle tree the hash has to cover the media data.
  const mdat = (from: number) => (bytes: Uint8Array) =>
    [boxRange(bytes, 'mdat')].map(([start, end]) => [start + from, end] as const)
  const subset = [
    { offset: 0, length: 4 },
    { offset: 8, length: 0 },
  ]
  const but = (bytes: Uint8Array) => [
    ...mdat(8)(bytes),
    ...mdat(0)(bytes).map(([start]) => [start, start + 4] as const),
  ]
  const bad = 'Invalid additionalExclusionsPresent mismatch'
  t.assert.equal(await around(mp4, [{ xpath: '/mdat' }], mdat(0)), bad)
  t.assert.equal(await around(mp4, [{ xpath: '/mdat', subset }], but), bad)
  t.assert.equal(await around(mp4, [{ xpath: '/mdat', subset: [{ offset: 16, length: 0 }] }], mdat(16)), bad)
  const iloc = (bytes: Uint8Array) => [boxRange(bytes, 'iloc')]
  t.assert.equal(await around(media('still.avif'), [{ xpath: '/meta/iloc' }], iloc), MORE)
})

test('and by what is in them', async (t: TestContext) => {
  const around = async (exclusion: CborValue, without: (bytes: Uint8Array) => readonly Range[]) =>
    verdict(await withHash(fragmented, hashAround([exclusion], without)))
  const first = (type: string, from: number, to: number) => (bytes: Uint8Array) => {
    const [start] = boxRange(bytes, type)
    return [[start + from, start + to]] as const
  }
  const mehd = { xpath: '/moov/mvex/trex' }
  const both = (bytes: Uint8Array) => [boxRange(bytes, 'trex', 1), boxRange(bytes, 'trex', 2)]
  const absent = { length: null, data: null, subset: null, version: null, flags: null, exact: null }
  t.assert.equal(await around({ ...mehd, ...absent }, both), MORE)
  t.assert.equal(await around({ ...mehd, length: 32 }, both), MORE)
  t.assert.equal(await around({ ...mehd, length: 31 }, none), MORE)
  t.assert.equal(await around({ ...mehd, version: 0 }, both), MORE)
  t.assert.equal(await around({ ...mehd, version: 1 }, none), MORE)
  // Track 2 in its fifth to eighth byte of content.
  const track = { offset: 12, value: Uint8Array.of(0, 0, 0, 2) }
  t.assert.equal(await around({ ...mehd, data: [track] }, (bytes) => [boxRange(bytes, 'trex', 2)]), MORE)
  t.assert.equal(await around({ ...mehd, data: [track, { offset: 12, value: Uint8Array.of(1) }] }, none), MORE)
  t.assert.equal(await around({ ...mehd, data: [{ offset: 31, value: new Uint8Array(2) }] }, none), MORE)
  // What has no version can't have that version: `mvex` is no FullBox.
  t.assert.equal(await around({ xpath: '/moov/mvex', version: 0 }, none), MORE)

  const subset = (...ranges: (readonly [number, number])[]) => ({
    xpath: '/moov/mvhd',
    subset: ranges.map(([offset, length]) => ({ offset, length })),
  })
  t.assert.equal(await around(subset([12, 8]), first('mvhd', 12, 20)), MORE)
  t.assert.equal(await around(subset([100, 50]), first('mvhd', 100, 108)), MORE)
  t.assert.equal(await around(subset([16, 0]), first('mvhd', 16, 108)), MORE)
  t.assert.equal(await around(subset([500, 4]), none), MORE)
  t.assert.equal(
    await around(subset([4, 4], [8, 2], [90, 3]), (bytes) => [
      ...first('mvhd', 4, 10)(bytes),
      ...first('mvhd', 90, 93)(bytes),
    ]),
    MORE,
  )
})

test('flags are matched as a whole, or bit by bit', async (t: TestContext) => {
  const [start] = boxRange(fragmented, 'tfhd')
  const flags = fragmented.slice(start + 9, start + 12)
  const all = (bytes: Uint8Array) => [1, 2, 3, 4].map((number) => boxRange(bytes, 'tfhd', number))
  const tfhd = { xpath: '/moof/traf/tfhd' }
  const same = (bytes: Uint8Array) =>
    all(bytes).filter(([at]) => [9, 10, 11].every((offset, index) => bytes[at + offset] === flags[index]))
  const around = async (exclusion: CborValue, without: (bytes: Uint8Array) => readonly Range[]) =>
    verdict(await withHash(fragmented, hashAround([exclusion], without)))
  t.assert.equal(await around({ ...tfhd, flags }, same), MORE)
  t.assert.equal(await around({ ...tfhd, flags, exact: true }, same), MORE)
  // Default base is moof: all of them have that bit among others.
  t.assert.equal(await around({ ...tfhd, flags: Uint8Array.of(2, 0, 0) }, none), MORE)
  t.assert.equal(await around({ ...tfhd, flags: Uint8Array.of(2, 0, 0), exact: false }, all), MORE)
  t.assert.equal(await around({ ...tfhd, flags: Uint8Array.of(3, 0, 0), exact: false }, none), MORE)
})

test('what is not stated as it has to be is malformed', async (t: TestContext) => {
  const made = (fields: { readonly [name: string]: CborValue }) =>
    withHash(mp4, (placed) => ({ exclusions: MANDATORY, alg: 'sha256', hash: plainHash(placed), ...fields }))
  t.assert.equal(await verdict(await made({})), MATCH)
  const subset = (...ranges: [number, number][]) => [
    ...MANDATORY,
    { xpath: '/moov', subset: ranges.map(([offset, length]) => ({ offset, length })) },
  ]
  for (const exclusions of [
    undefined,
    [],
    'all',
    [...MANDATORY, {}],
    [...MANDATORY, { xpath: 'moov' }],
    [...MANDATORY, { xpath: '//moov' }],
    [...MANDATORY, { xpath: '/moov[0]' }],
    [...MANDATORY, { xpath: '/moov[01]' }],
    [...MANDATORY, { xpath: '/moov/trak/' }],
    [...MANDATORY, { xpath: '/moov'.repeat(20) }],
    [...MANDATORY, { xpath: '/moov', flags: Uint8Array.of(1) }],
    [...MANDATORY, { xpath: '/moov', version: 'one' }],
    [...MANDATORY, { xpath: '/moov', length: -1 }],
    [...MANDATORY, { xpath: '/moov', data: [{ offset: 1 }] }],
    subset([8, 4], [10, 4]),
    subset([20, 4], [8, 4]),
    subset([8, 0], [20, 4]),
    subset([-8, 4]),
    Array.from({ length: 1000 }, () => ({ xpath: '/free' })),
  ])
    t.assert.equal(await verdict(await made({ exclusions })), 'Invalid malformed', JSON.stringify(exclusions))
  t.assert.equal(await verdict(await made({ hash: 'none' })), 'Invalid malformed')
  t.assert.equal(await verdict(await made({ hash: undefined })), 'Invalid mismatch')
  t.assert.equal(await verdict(await made({ hash: new Uint8Array(32) })), 'Invalid mismatch')
  t.assert.equal(await verdict(await made({ hash: new Uint8Array() })), 'Invalid mismatch')
  t.assert.equal(await verdict(await made({ alg: 'md5' })), 'Invalid algorithm.unsupported')
  // The claim's is the enclosing one.
  t.assert.equal(await verdict(await made({ alg: undefined })), MATCH)
})

test('version 2 is as version 3; version 1 hashes no offsets, and binds claims of its time alone', async (t: TestContext) => {
  const hash = (offsets: boolean) => (placed: Uint8Array) => ({
    exclusions: MANDATORY,
    alg: 'sha256',
    hash: plainHash(placed, roots(placed), { offsets }),
  })
  const v1 = 'c2pa.hash.bmff'
  t.assert.equal(await verdict(await withHash(mp4, hash(true), { label: 'c2pa.hash.bmff.v2' })), MATCH)
  t.assert.equal(await verdict(await withHash(mp4, hash(false))), 'Invalid mismatch')
  const old = await withHash(mp4, hash(false), { label: v1, isVersion1: true })
  t.assert.equal(await verdict(old), MATCH)
  t.assert.equal(await verdict(await withHash(mp4, hash(true), { label: v1, isVersion1: true })), 'Invalid mismatch')
  t.assert.equal(await verdict(await withHash(mp4, hash(false), { label: v1 })), 'Invalid claim.hardBindings.missing')
})

test('a BMFF hash binds nothing but ISO base media files', async (t: TestContext) => {
  const png = await forge([
    {
      label: manifestLabel(1),
      assertions: [['c2pa.hash.bmff.v3', () => ({ exclusions: MANDATORY, alg: 'sha256', hash: new Uint8Array(32) })]],
    },
  ])
  t.assert.equal(await verdict(png), 'Invalid mismatch')
})

const signed = await sign(media('still.avif'), { ...(await credential()), claimGenerator: { name: 'Example' } })

test('no byte outside of the manifest and the brands can change, and none can be added', async (t: TestContext) => {
  const { asset, container } = signed
  t.assert.equal(await verdict(asset), MATCH)
  for (let position = container.start + container.length; position < asset.length; position += 3) {
    const changed = asset.slice()
    changed[position] = (changed[position] as number) ^ (1 << (position % 8))
    const found = await verdict(changed)
    t.assert.match(found, /^Invalid/, `byte ${position}: ${found}`)
  }
  const free = box('free', new Uint8Array(8))
  t.assert.equal(await verdict(concatBytes([asset, free])), 'Invalid mismatch')
  t.assert.equal(await verdict(concatBytes([asset, Uint8Array.of(0)])), 'Invalid mismatch')
  const end = container.start + container.length
  t.assert.equal(await verdict(concatBytes([asset.subarray(0, end), free, asset.subarray(end)])), 'Invalid mismatch')
  // What is excluded by its name can come and go without moving anything.
  t.assert.equal(await verdict(concatBytes([asset, box('mfra', new Uint8Array(8))])), MATCH)
  for (let length = 1; length < asset.length; length += 97)
    t.assert.match(await verdict(asset.subarray(0, length)), /^Invalid/)
})

test('a box of another UUID is hashed', async (t: TestContext) => {
  const other = UUID.slice()
  other[15] = 0
  t.assert.equal(await verdict(concatBytes([signed.asset, box('uuid', other)])), 'Invalid mismatch')
  t.assert.equal(await verdict(concatBytes([signed.asset, box('uuid', UUID, new Uint8Array(12))])), MATCH)
})

test('two stores are as none', async (t: TestContext) => {
  const { asset, container } = signed
  const again = asset.subarray(container.start, container.start + container.length)
  t.assert.equal(await verdict(concatBytes([asset, again])), 'Invalid claim.missing')
})

test('a hash under many exclusions and many boxes ends soon', async (t: TestContext) => {
  const free = box('free')
  const boxes = Buffer.alloc(free.length * 65_000, free)
  const many = concatBytes([mp4, boxes])
  const conditions = Array.from({ length: 16 }, () => ({ offset: 4, value: Uint8Array.from(Buffer.from('free')) }))
  const exclusions = [
    ...MANDATORY,
    ...Array.from({ length: 90 }, () => ({
      xpath: '/free',
      length: 8,
      data: conditions,
      subset: [{ offset: 4, length: 1 }],
    })),
  ]
  const forged = await withHash(many, () => ({ exclusions, alg: 'sha256', hash: new Uint8Array(32) }))
  t.assert.equal(await verdict(forged), 'Invalid additionalExclusionsPresent mismatch')
})

test('updates stand at the end, after an original', async (t: TestContext) => {
  const { asset, container, manifestLabel: label } = signed
  const store = inspect(asset)?.manifestStore?.bytes ?? new Uint8Array()
  // Superbox header and description, then the manifest.
  const header = 8 + Buffer.from(store).readUInt32BE(8)
  const standard = store.subarray(header)
  const update = manifestLabel(2)
  const both = await forge(
    [
      { label, assertions: [], stored: () => standard },
      {
        label: update,
        isUpdate: true,
        assertions: [
          [
            'c2pa.ingredient.v3',
            ({ reference }) => ({
              relationship: 'parentOf',
              activeManifest: reference(label),
              claimSignature: reference(label),
              validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
            }),
          ],
        ],
      },
    ],
    undefined,
    media('still.avif'),
  )
  const joined = inspect(both)?.manifestStore?.bytes ?? new Uint8Array()
  const updates = joined.slice(header + standard.length - header)
  const list = concatBytes([store.subarray(8, header), joined.subarray(header + standard.length)])
  t.assert.ok(updates.length > 0)
  const last = box('uuid', UUID, new Uint8Array(4), Buffer.from('update\0'), new Uint8Array(8), box('jumb', list))
  const original = asset.slice()
  original.set(Buffer.from('original'), container.start + 28)
  const updated = concatBytes([original, last])

  const report = await verify(updated, judge)
  t.assert.equal(report.activeManifest, update)
  t.assert.equal(await verdict(updated), MATCH)
  const theirs = await readWithC2paRs(updated, 'image/avif', rootPem)
  t.assert.equal(theirs.active_manifest, update)
  t.assert.equal(theirs.validation_state, 'Trusted', failuresOf(theirs).join())

  const again = await sign(updated, { ...(await credential()), claimGenerator: { name: 'Example' } })
  t.assert.equal(again.asset.length - again.container.length, asset.length - container.length)
  t.assert.equal(await verdict(again.asset), MATCH)
  const resigned = await readWithC2paRs(again.asset, 'image/avif', rootPem)
  t.assert.equal(resigned.validation_state, 'Trusted', failuresOf(resigned).join())

  // What says that something is missing is not signed; it is read for what is there.
  t.assert.equal(await verdict(original), MATCH)
  await t.assert.rejects(sign(original, { ...(await credential()), claimGenerator: { name: 'Example' } }), {
    code: 'malformed_asset',
  })
  t.assert.equal(await verdict(concatBytes([updated, last])), 'Invalid claim.missing')
})

test('offsets that are not hashed may not lead to what is not hashed', async (t: TestContext) => {
  const uint32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
  const signed = await withHash(fragmented, (placed) => ({
    exclusions: [...MANDATORY],
    alg: 'sha256',
    hash: plainHash(placed),
  }))
  t.assert.equal(await verdict(signed), MATCH)
  const films = roots(signed).filter(({ type }) => type === 'moof')
  const kept = signed.subarray(0, roots(signed).find(({ type }) => type === 'mfra')?.start)
  const film = concatBytes(
    roots(media('fragmented-base.mp4'))
      .filter(({ type }) => type === 'moof' || type === 'mdat')
      .map(({ start, end }) => media('fragmented-base.mp4').subarray(start, end)),
  )
  const hidden = box('uuid', UUID, new Uint8Array(4), Buffer.from('other\0'), film)
  /** Version and flags, track, sizes of numbers, entry count; then time, offset and three numbers of a byte. */
  const access = (offset: number) =>
    box('mfra', box('tfra', ...[0, 1, 0, 1, 0, offset].map(uint32), Uint8Array.of(1, 1, 1)))
  const first = films[0]?.start ?? 0
  t.assert.equal(await verdict(concatBytes([kept, hidden, access(first)])), MATCH)
  const problem = 'Invalid mismatch'
  t.assert.equal(await verdict(concatBytes([kept, hidden, access(kept.length + 34)])), problem)
  t.assert.equal(await verdict(concatBytes([kept, access(kept.length + 8)])), problem)
  t.assert.equal(await verdict(concatBytes([kept, hidden, box('mfra', box('moof'))])), problem)

  // Those of older hashes: what says where the samples or items are is not in them.
  const still = media('still.avif')
  const older = (bytes: Uint8Array) => hashAround([{ xpath: '/meta/iloc' }], (at) => [boxRange(at, 'iloc')])(bytes)
  const picture = await withHash(still, older)
  t.assert.equal(await verdict(picture), MORE)
  const [iloc, end] = boxRange(picture, 'iloc')
  const forged = concatBytes([picture, box('uuid', UUID, new Uint8Array(4), Buffer.from('other\0'), still)])
  const mdat = roots(picture).find(({ type }) => type === 'mdat')?.start ?? 0
  const view = new DataView(forged.buffer)
  let moved = 0
  for (let at = iloc; at + 4 <= end; at++) {
    const offset = view.getUint32(at)
    if (offset < mdat || offset >= picture.length) continue
    view.setUint32(at, picture.length + 40)
    moved++
  }
  t.assert.ok(moved > 0)
  t.assert.equal(await verdict(forged), 'Invalid additionalExclusionsPresent mismatch')
})

test('exclusions that would take minutes are not followed', async (t: TestContext) => {
  const copies = (bytes: Uint8Array, count: number) => concatBytes(Array.from({ length: count }, () => bytes))
  const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
  const tracks = (track: Uint8Array, count: number) =>
    concatBytes([
      mp4.subarray(0, roots(mp4)[0]?.end),
      box('moov', copies(track, count)),
      mp4.subarray(roots(mp4)[0]?.end),
    ])
  const zeros = { offset: 16, value: new Uint8Array(4096) }
  const [first, second] = [
    { offset: 0, length: 1 },
    { offset: 2, length: 1 },
  ]
  const subset = times(500, first).map((range, index) => ({ ...(index % 2 ? second : range), offset: 2 * index }))
  const cases: readonly (readonly [Uint8Array, CborValue])[] = [
    [
      concatBytes([mp4, copies(box('free', new Uint8Array(4200)), 100)]),
      { xpath: '/free', data: [...times(15, zeros), { offset: 16, value: Uint8Array.of(1) }] },
    ],
    [tracks(box('trak'), 60_000), { xpath: '/moov/trak[50000]/mdia[2]' }],
    [tracks(box('trak', box('free')), 25_000), { xpath: '/moov/trak/mdia[2]' }],
    [tracks(box('trak'), 10_000), { xpath: '/moov/trak', subset }],
  ]
  for (const [asset, exclusion] of cases) {
    const hash = { exclusions: [...MANDATORY, ...times(90, exclusion)], alg: 'sha256', hash: new Uint8Array(32) }
    const report = await verify(await withHash(asset, () => hash), judge)
    const found = report.findings.find(({ code }) => code === 'assertion.bmffHash.mismatch')
    t.assert.match(found?.explanation ?? '', /its exclusions match more boxes than are looked at/)
  }
})
