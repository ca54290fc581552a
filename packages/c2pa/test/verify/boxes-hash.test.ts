/** General box hashes, well signed, of every format that has boxes; c2pa-rs is the judge where it knows them too. */
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import { walk } from '../../src/formats/asset.ts'
import type { HashBox } from '../../src/formats/asset-format.ts'
import { assetFormat, detectFormat } from '../../src/formats/detect.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { riffChunk, riffFile, riffList, silence } from '../chunks.ts'
import { root, rootPem } from '../credential.ts'
import { chunk, noise, segment, withChunks, withSegments } from '../pictures.ts'
import { CREATED, forge, manifestLabel } from './forge.ts'

const png = withChunks(
  new Uint8Array(await noise(24, 24).png().toBuffer()),
  chunk('tEXt', utf8Bytes('Title\0a picture')),
  chunk('gAMA', Uint8Array.of(0, 0, 0xb1, 0x8f)),
)
const plainJpeg = new Uint8Array(await noise(24, 24).jpeg().toBuffer())
const jpeg = withSegments(plainJpeg, segment(0xe1, utf8Bytes('Exif\0\0MM\0*')), segment(0xfe, utf8Bytes('a comment')))
const gif = new Uint8Array(await noise(24, 24).gif().toBuffer())
const wav = riffFile('WAVE', ...silence, riffChunk('note', Uint8Array.of(1)))

type Entry = { readonly [field: string]: CborValue }

function boxesOf(asset: Uint8Array): readonly HashBox[] {
  const boxes = assetFormat(asset)?.boxes
  if (!boxes) throw new Error('there are no boxes')
  return walk(asset, boxes)
}

const isStore = ({ name }: HashBox) => name === 'C2PA'

/** The entry of some boxes that follow one another. */
function entryOf(asset: Uint8Array, boxes: readonly HashBox[], algorithm: 'sha256' | 'sha512' = 'sha256'): Entry {
  const start = boxes[0]?.start ?? 0
  const last = boxes.at(-1)
  const covered = asset.subarray(start, last ? last.start + last.length : start)
  return {
    names: boxes.map(({ name }) => name),
    hash: boxes.some(isStore) ? Uint8Array.of(0) : digest(algorithm, covered),
    pad: new Uint8Array(),
  }
}

const eachAlone = (asset: Uint8Array): Entry[] => boxesOf(asset).map((box) => entryOf(asset, [box]))

/** All that is before the manifest store in one entry, and all that is behind it in another. */
function inThree(asset: Uint8Array): Entry[] {
  const boxes = boxesOf(asset)
  const at = boxes.findIndex(isStore)
  return [boxes.slice(0, at), boxes.slice(at, at + 1), boxes.slice(at + 1)]
    .filter((some) => some.length > 0)
    .map((some) => entryOf(asset, some))
}

type Listing = (asset: Uint8Array) => CborValue

const withAlgorithm =
  (list: (asset: Uint8Array) => readonly Entry[]): Listing =>
  (asset) => ({ alg: 'sha256', boxes: list(asset) })

const changed =
  (index: number, change: (entry: Entry) => Entry, list = eachAlone): Listing =>
  (asset) => ({ alg: 'sha256', boxes: list(asset).map((entry, at) => (at === index ? change(entry) : entry)) })

const forged = (asset: Uint8Array, listing: Listing, claim: { readonly [field: string]: CborValue } = {}) =>
  forge(
    [
      {
        label: manifestLabel(1),
        assertions: [
          ['c2pa.hash.boxes', ({ placed }) => listing(placed)],
          ['c2pa.actions.v2', () => CREATED],
        ],
        claim,
      },
    ],
    undefined,
    asset,
  )

const CODES = /boxesHash|algorithm/

async function verdict(asset: Uint8Array): Promise<string[]> {
  const report = await verify(asset, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })
  const codes = report.findings.map(({ code }) => code).filter((code) => CODES.test(code))
  return [report.state, ...codes]
}

async function verdictOfC2paRs(asset: Uint8Array): Promise<string[]> {
  const report = await readWithC2paRs(asset, detectFormat(asset) ?? '', rootPem)
  const { success } = report.validation_results.activeManifest
  return [
    report.validation_state,
    ...success.map(({ code }) => code).filter((code) => CODES.test(code)),
    ...failuresOf(report),
  ]
}

const MATCH = ['Trusted', 'assertion.boxesHash.match']

for (const [name, asset, isKnownToC2paRs] of [
  ['PNG', png, true],
  ['JPEG', jpeg, true],
  ['GIF', gif, true],
  ['WAV', wav, false],
] as const) {
  test(`${name}: boxes listed alone and together match, for c2pa-rs too`, async (t: TestContext) => {
    for (const list of [eachAlone, inThree]) {
      const signed = await forged(asset, withAlgorithm(list))
      t.assert.deepEqual(await verdict(signed), MATCH)
      if (isKnownToC2paRs) t.assert.deepEqual(await verdictOfC2paRs(signed), MATCH)
    }
  })

  test(`${name}: one byte changed in any box but the store's is a mismatch`, async (t: TestContext) => {
    const signed = await forged(asset, withAlgorithm(eachAlone))
    for (const box of boxesOf(signed).filter((box) => !isStore(box))) {
      const other = signed.slice()
      const at = box.start + box.length - 1
      other[at] = (other[at] as number) ^ 1
      const [state, ...codes] = await verdict(other)
      t.assert.equal(state, 'Invalid', box.name)
      if (detectFormat(other) && codes.length > 0)
        t.assert.ok(/boxesHash\.(mismatch|unknownBox)/.test(codes.join()), `${box.name}: ${codes.join()}`)
    }
  })

  test(`${name}: bytes behind the last box are one more`, async (t: TestContext) => {
    const longer = concatBytes([asset, utf8Bytes('and more')])
    t.assert.deepEqual(await verdict(await forged(longer, withAlgorithm(eachAlone))), [
      'Invalid',
      'assertion.boxesHash.unknownBox',
    ])
    const after: Listing = (placed) => {
      const last = boxesOf(placed).at(-1)
      const start = last ? last.start + last.length : 0
      const entry = entryOf(placed, [{ name: 'c2pa.after', start, length: placed.length - start }])
      return { alg: 'sha256', boxes: [...eachAlone(placed), entry] }
    }
    const signed = await forged(longer, after)
    t.assert.deepEqual(await verdict(signed), MATCH)
    t.assert.deepEqual(await verdict(concatBytes([signed, utf8Bytes('!')])), [
      'Invalid',
      'assertion.boxesHash.mismatch',
    ])
    t.assert.deepEqual(await verdict(signed.subarray(0, -8)), ['Invalid', 'assertion.boxesHash.mismatch'])
  })
}

const [PNG_SIGNATURE, PNG_HEADER, PNG_STORE, PNG_TEXT, PNG_GAMMA] = [0, 1, 2, 3, 4]
const without =
  (...indexes: readonly number[]): Listing =>
  (asset) => ({ alg: 'sha256', boxes: eachAlone(asset).filter((_, index) => !indexes.includes(index)) })

const CASES: readonly (readonly [string, Listing, code: string])[] = [
  ['no boxes field', () => ({ alg: 'sha256' }), 'malformed'],
  ['boxes that are no list', () => ({ alg: 'sha256', boxes: 'PNGh' }), 'malformed'],
  ['an empty list', () => ({ alg: 'sha256', boxes: [] }), 'malformed'],
  ['an entry without names', changed(PNG_TEXT, ({ names: _, ...entry }) => entry), 'malformed'],
  ['an entry with no name', changed(PNG_TEXT, (entry) => ({ ...entry, names: [] })), 'malformed'],
  ['a name that is a number', changed(PNG_TEXT, (entry) => ({ ...entry, names: [1] })), 'malformed'],
  ['excluded that is no boolean', changed(PNG_TEXT, (entry) => ({ ...entry, excluded: 1 })), 'malformed'],
  ['a box that is not listed', without(PNG_GAMMA), 'unknownBox'],
  ['the store not listed', without(PNG_STORE), 'unknownBox'],
  ['a box listed as another', changed(PNG_GAMMA, (entry) => ({ ...entry, names: ['sRGB'] })), 'unknownBox'],
  [
    'a box listed that is not there',
    (asset) => ({
      alg: 'sha256',
      boxes: [...eachAlone(asset), { names: ['zzzz'], hash: Uint8Array.of(0), pad: new Uint8Array() }],
    }),
    'mismatch',
  ],
  [
    'boxes in another order',
    (asset) => {
      const entries = eachAlone(asset)
      const [text, gamma] = [entries[PNG_TEXT] as Entry, entries[PNG_GAMMA] as Entry]
      return { alg: 'sha256', boxes: entries.with(PNG_TEXT, gamma).with(PNG_GAMMA, text) }
    },
    'mismatch',
  ],
  ['another hash', changed(PNG_HEADER, (entry) => ({ ...entry, hash: new Uint8Array(32) })), 'mismatch'],
  ['no hash', changed(PNG_HEADER, ({ hash: _, ...entry }) => entry), 'mismatch'],
  ['a hash that is text', changed(PNG_HEADER, (entry) => ({ ...entry, hash: 'abc' })), 'mismatch'],
  [
    'the store together with another box',
    (asset) => {
      const boxes = boxesOf(asset)
      const alone = (list: readonly HashBox[]) => list.map((box) => entryOf(asset, [box]))
      return {
        alg: 'sha256',
        boxes: [
          ...alone(boxes.slice(0, PNG_STORE)),
          entryOf(asset, boxes.slice(PNG_STORE, PNG_GAMMA)),
          ...alone(boxes.slice(PNG_GAMMA)),
        ],
      }
    },
    'mismatch',
  ],
  ['content that is excluded', changed(PNG_HEADER, (entry) => ({ ...entry, excluded: true })), 'mismatch'],
]

for (const [name, listing, code] of CASES)
  test(`${name}: ${code}`, async (t: TestContext) => {
    t.assert.deepEqual(await verdict(await forged(png, listing)), ['Invalid', `assertion.boxesHash.${code}`])
  })

test('metadata that is excluded may change', async (t: TestContext) => {
  const signed = await forged(
    png,
    changed(PNG_TEXT, (entry) => ({ ...entry, hash: Uint8Array.of(0), excluded: true })),
  )
  t.assert.deepEqual(await verdict(signed), MATCH)
  t.assert.deepEqual(await verdictOfC2paRs(signed), MATCH)
  const title = Buffer.from(signed).indexOf('Title')
  const other = concatBytes([signed.subarray(0, title), utf8Bytes('Titel'), signed.subarray(title + 5)])
  t.assert.deepEqual(await verdict(other), MATCH)
})

test('an excluded box with a wrong hash is excluded, one that is not with false is not', async (t: TestContext) => {
  const wrong = (excluded: boolean) => changed(PNG_TEXT, (entry) => ({ ...entry, hash: new Uint8Array(32), excluded }))
  t.assert.deepEqual(await verdict(await forged(png, wrong(true))), MATCH)
  t.assert.deepEqual(await verdict(await forged(png, wrong(false))), ['Invalid', 'assertion.boxesHash.mismatch'])
})

/** Some of the text chunk left out: where it stands in the entry of these boxes, and what that entry says of it. */
const textLess =
  (start: number, length: number, more: Entry = {}, names: readonly string[] = ['tEXt']): Listing =>
  (asset) => {
    const boxes = boxesOf(asset)
    const at = boxes.findIndex(({ name }) => name === names[0])
    const some = boxes.slice(at, at + names.length)
    const text = boxes.find(({ name }) => name === 'tEXt')?.start ?? 0
    const from = some[0]?.start ?? 0
    const end = (some.at(-1)?.start ?? 0) + (some.at(-1)?.length ?? 0)
    const hash = digest(
      'sha256',
      concatBytes([asset.subarray(from, text + start), asset.subarray(text + start + length, end)]),
    )
    const entry = { ...entryOf(asset, some), hash, exclusions: [{ start, length }], ...more }
    const alone = (list: readonly HashBox[]) => list.map((box) => entryOf(asset, [box]))
    return { alg: 'sha256', boxes: [...alone(boxes.slice(0, at)), entry, ...alone(boxes.slice(at + names.length))] }
  }

const MORE = 'assertion.boxesHash.additionalExclusionsPresent'
const TEXT = utf8Bytes('Title\0a picture').length

test('part of metadata may be left out of the hash of its box', async (t: TestContext) => {
  for (const [start, length] of [
    [8, TEXT],
    [8, TEXT + 4],
    [10, 3],
  ] as const) {
    const signed = await forged(png, textLess(start, length))
    t.assert.deepEqual(await verdict(signed), [...MATCH, MORE])
    t.assert.deepEqual(await verdictOfC2paRs(signed), MATCH)
    const other = signed.slice()
    const at = Buffer.from(signed).lastIndexOf('tEXt') - 4 + start + 1
    other[at] = (other[at] as number) ^ 1
    t.assert.deepEqual(await verdict(other), [...MATCH, MORE])
  }
  const together = textLess(9, 4, { exclusions: [{ start: 9, length: 4, boxIndex: 1 }] }, ['gAMA', 'tEXt'])
  const swapped = withChunks(png.slice(), chunk('gAMA', Uint8Array.of(0, 0, 0xb1, 0x8f)))
  const signed = await forged(swapped, together)
  t.assert.deepEqual(await verdict(signed), [...MATCH, MORE])
  t.assert.deepEqual(await verdictOfC2paRs(signed), MATCH)
})

const EXCLUSIONS: readonly (readonly [string, Listing, code: string])[] = [
  ['the length of the box', textLess(4, 4), 'mismatch'],
  ['all of the box', textLess(0, TEXT + 12), 'mismatch'],
  ['more than the box', textLess(8, TEXT + 5), 'mismatch'],
  ['part of the header', textLess(9, 2, {}, ['IHDR']), 'mismatch'],
  ['none', textLess(8, 0, { exclusions: [] }), 'malformed'],
  ['no list', textLess(8, 0, { exclusions: 1 }), 'malformed'],
  ['a negative start', textLess(8, 0, { exclusions: [{ start: -1, length: 1 }] }), 'malformed'],
  ['no length', textLess(8, 0, { exclusions: [{ start: 8 }] }), 'malformed'],
  ['a box that is not there', textLess(8, 1, { exclusions: [{ start: 8, length: 1, boxIndex: 1 }] }), 'malformed'],
  ['no box among two', textLess(8, 1, {}, ['tEXt', 'gAMA']), 'malformed'],
  [
    'two that overlap',
    textLess(8, 3, {
      exclusions: [
        { start: 8, length: 2 },
        { start: 9, length: 2 },
      ],
    }),
    'malformed',
  ],
]

for (const [name, listing, code] of EXCLUSIONS)
  test(`exclusions of a box, ${name}: ${code}`, async (t: TestContext) => {
    const [state, ...codes] = await verdict(await forged(png, listing))
    t.assert.equal(state, 'Invalid')
    t.assert.ok(codes.includes(`assertion.boxesHash.${code}`), codes.join())
  })

test('a list that calls itself C2PA is not the manifest store', async (t: TestContext) => {
  const odd = riffFile('WAVE', ...silence, riffList('C2PA', riffChunk('data', new Uint8Array(8))))
  t.assert.deepEqual(await verdict(await forged(odd, withAlgorithm(eachAlone))), [
    'Invalid',
    'assertion.boxesHash.mismatch',
  ])
})

test('the signature of a PNG need not be listed', async (t: TestContext) => {
  const signed = await forged(png, without(PNG_SIGNATURE))
  t.assert.deepEqual(await verdict(signed), MATCH)
  t.assert.deepEqual(await verdictOfC2paRs(signed), MATCH)
})

test('the algorithm is that of the entry, of the list, of the claim', async (t: TestContext) => {
  const unsupported = ['Invalid', 'algorithm.unsupported']
  const sha512 = (asset: Uint8Array) => boxesOf(asset).map((box) => entryOf(asset, [box], 'sha512'))
  t.assert.deepEqual(await verdict(await forged(png, (asset) => ({ boxes: eachAlone(asset) }))), MATCH)
  t.assert.deepEqual(await verdict(await forged(png, (asset) => ({ alg: 'sha512', boxes: sha512(asset) }))), MATCH)
  const named = (asset: Uint8Array) => sha512(asset).map((entry) => ({ ...entry, alg: 'sha512' }))
  t.assert.deepEqual(await verdict(await forged(png, (asset) => ({ alg: 'sha256', boxes: named(asset) }))), MATCH)
  t.assert.deepEqual(await verdict(await forged(png, (asset) => ({ alg: 'sha1', boxes: named(asset) }))), unsupported)
  const odd = changed(PNG_GAMMA, (entry) => ({ ...entry, alg: 'md5' }))
  t.assert.deepEqual(await verdict(await forged(png, odd)), unsupported)
  const none = await forged(png, (asset) => ({ boxes: eachAlone(asset) }), { alg: undefined })
  t.assert.equal((await verdict(none))[0], 'Invalid')
})

test('the images of a multi-picture file are listed one after the other, or as what comes after', async (t: TestContext) => {
  const two = concatBytes([jpeg, plainJpeg])
  const signed = await forged(two, withAlgorithm(eachAlone))
  t.assert.equal(boxesOf(signed).filter(({ name }) => name === 'EOI').length, 2)
  t.assert.deepEqual(await verdict(signed), MATCH)
  const after = await forged(two, (asset) => {
    const boxes = boxesOf(asset)
    const end = boxes.findIndex(({ name }) => name === 'EOI') + 1
    const start = boxes[end]?.start ?? 0
    const rest = { name: 'c2pa.after', start, length: asset.length - start }
    return { alg: 'sha256', boxes: [...boxes.slice(0, end), rest].map((box) => entryOf(asset, [box])) }
  })
  t.assert.deepEqual(await verdict(after), MATCH)
})

test('restart intervals are boxes of their own', async (t: TestContext) => {
  // As sharp writes none: two intervals, and a stuffed byte in the first.
  const scan = plainJpeg.length - 2
  const restarted = concatBytes([
    plainJpeg.subarray(0, scan),
    Uint8Array.of(0xff, 0, 0xff, 0xd0, 1, 2, 0xff, 0xd1, 3),
    plainJpeg.subarray(scan),
  ])
  const signed = await forged(restarted, withAlgorithm(eachAlone))
  const names = boxesOf(signed).map(({ name }) => name)
  t.assert.deepEqual(names.slice(-4), ['SOS', 'RST0', 'RST1', 'EOI'])
  t.assert.deepEqual(await verdict(signed), MATCH)
  t.assert.deepEqual(names.slice(0, 4), ['SOI', 'C2PA', 'DQT', 'DQT'])
})

test('read piece by piece it is the same', async (t: TestContext) => {
  for (const asset of [png, jpeg, gif, wav]) {
    const signed = await forged(asset, withAlgorithm(eachAlone))
    const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
    const inMemory = await verify(signed, options)
    t.assert.equal(inMemory.state, 'Trusted')
    t.assert.deepEqual(await verify(new Blob([new Uint8Array(signed)]), options), inMemory)
  }
})
