import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import type { Report } from '../../src/report/report.ts'
import { verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { media } from './bmff-forge.ts'
import { type Boxes, CREATED, forge, manifestLabel, picture } from './forge.ts'

/** Behind the picture, as gain maps and the films of motion photos are. */
const MAP = utf8Bytes('the gain map of the picture')
const FILM = concatBytes([encodeBox('ftyp', utf8Bytes('mp42')), encodeBox('mpvd', utf8Bytes('moving pixels'))])
const asset = concatBytes([picture, MAP, FILM])

type Part = {
  readonly location: CborValue
  readonly binding?: string
  readonly optional?: CborValue
  readonly hash?: CborValue
}

const primaryLength = ({ placed }: Boxes): number => placed.length - MAP.length - FILM.length

/** The hash of a part; that of the first leaves out the store. */
const partHash =
  (index: number, change: { readonly [field: string]: CborValue } = {}) =>
  (boxes: Boxes): CborValue => {
    const end = primaryLength(boxes)
    const { container } = inspect(boxes.placed)?.manifestStore ?? { container: { start: 0, length: 0 } }
    const { start, length } = container
    const bytes = [
      concatBytes([boxes.placed.subarray(0, start), boxes.placed.subarray(start + length, end)]),
      boxes.placed.subarray(end, end + MAP.length),
      boxes.placed.subarray(end + MAP.length),
    ][index] as Uint8Array
    const exclusions = index === 0 ? { exclusions: [{ start, length }] } : {}
    return { ...exclusions, alg: 'sha256', hash: digest('sha256', bytes), pad: new Uint8Array(), ...change }
  }

const threeParts = (boxes: Boxes): Part[] => {
  const end = primaryLength(boxes)
  return [
    { location: { byteOffset: 0, length: end } },
    { location: { byteOffset: end, length: MAP.length }, optional: true },
    { location: { byteOffset: end + MAP.length, length: FILM.length }, optional: true },
  ]
}

const HASHES = ['c2pa.hash.data.part', 'c2pa.hash.data.part__1', 'c2pa.hash.data.part__2']

const made = (
  partsOf: (boxes: Boxes) => readonly Part[] = threeParts,
  {
    first = {},
    twice = false,
  }: { readonly first?: { readonly [field: string]: CborValue }; readonly twice?: boolean } = {},
): Promise<Uint8Array> => {
  const multi = (boxes: Boxes): CborValue => ({
    parts: partsOf(boxes).map(({ location, binding, optional, hash }, index) => ({
      location,
      hashAssertion: hash ?? boxes.reference(binding ?? (HASHES[index] as string)),
      ...(optional === undefined ? {} : { optional }),
    })),
  })
  const assertions = [
    ['c2pa.actions.v2', () => CREATED],
    ['c2pa.hash.data', ({ dataHash }: Boxes) => dataHash],
    ...HASHES.map((label, index) => [label, partHash(index, index === 0 ? first : {})] as const),
    ['c2pa.hash.multi-asset', multi],
    ...(twice ? [['c2pa.hash.multi-asset__1', multi] as const] : []),
  ] as const
  return forge([{ label: manifestLabel(1), assertions }], undefined, asset)
}

const judge = (bytes: Uint8Array): Promise<Report> =>
  verify(bytes, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })

const bindingCodes = ({ findings }: Report): string[] =>
  findings.map(({ code }) => code).filter((code) => /Hash\.|unsupported|general/.test(code))

async function says(t: TestContext, bytes: Uint8Array, code: string, state: Report['state']): Promise<void> {
  for (const form of [bytes, new Blob([bytes as Uint8Array<ArrayBuffer>])]) {
    const report = await verify(form, { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() })
    t.assert.deepEqual(bindingCodes(report), [code])
    t.assert.equal(report.state, state)
  }
}

const signed = await made()
const withoutFilm = signed.subarray(0, signed.length - FILM.length)

test('an asset that is whole is bound as a whole', (t: TestContext) =>
  says(t, signed, 'assertion.dataHash.match', 'Trusted'))

test('optional parts may be taken away from the end', async (t: TestContext) => {
  await says(t, withoutFilm, 'assertion.multiAssetHash.match', 'Trusted')
  const alone = signed.subarray(0, withoutFilm.length - MAP.length)
  await says(t, alone, 'assertion.multiAssetHash.match', 'Trusted')
})

test('parts that are there may not be changed', async (t: TestContext) => {
  for (const position of [signed.length - 1, withoutFilm.length - 1, withoutFilm.length - MAP.length - 1, 20]) {
    const changed = signed.slice()
    changed[position] = (changed[position] as number) ^ 1
    await says(t, changed, 'assertion.multiAssetHash.mismatch', 'Invalid')
  }
})

test('a part cut in two, a gap, and more than the parts are no parts', async (t: TestContext) => {
  await says(t, signed.subarray(0, signed.length - 5), 'assertion.multiAssetHash.malformed', 'Invalid')
  await says(t, concatBytes([signed, utf8Bytes('x')]), 'assertion.multiAssetHash.malformed', 'Invalid')
  await says(t, withoutFilm.subarray(0, -1), 'assertion.multiAssetHash.malformed', 'Invalid')
})

test('a part that has to be there is missing', async (t: TestContext) => {
  const required = await made((boxes) => threeParts(boxes).map(({ location }) => ({ location })))
  await says(t, required, 'assertion.dataHash.match', 'Trusted')
  const cut = required.subarray(0, required.length - FILM.length)
  await says(t, cut, 'assertion.multiAssetHash.missingPart', 'Invalid')
})

const MALFORMED: readonly (readonly [what: string, parts: (parts: Part[]) => readonly Part[]])[] = [
  ['no parts', () => []],
  ['an overlap', ([a, b, c]) => [a as Part, { ...(b as Part), location: { byteOffset: 5, length: 9 } }, c as Part]],
  ['another order', (parts) => parts.toReversed()],
  ['no location', (parts) => parts.map((part) => ({ ...part, location: {} }))],
  ['a negative length', (parts) => parts.map((part) => ({ ...part, location: { byteOffset: 0, length: -1 } }))],
  [
    'two locations',
    (parts) => parts.map((part) => ({ ...part, location: { byteOffset: 0, length: 1, bmffBox: '/mpvd' } })),
  ],
  [
    'a box that is not there',
    (parts) => parts.map((part) => ({ ...part, location: { bmffBox: '/mpvd' }, optional: false })),
  ],
  ['no hash', (parts) => parts.map((part) => ({ ...part, hash: 'self#jumbf=c2pa.assertions/c2pa.hash.data.part' }))],
  ['a hash of another kind', (parts) => parts.map((part) => ({ ...part, binding: 'c2pa.actions.v2' }))],
  ['the hash of the whole', (parts) => parts.map((part) => ({ ...part, binding: 'c2pa.hash.data' }))],
  ['a hash that is not there', (parts) => parts.map((part) => ({ ...part, binding: 'c2pa.hash.data.part__9' }))],
  [
    'a wrong reference',
    (parts) =>
      parts.map((part, index) => ({
        ...part,
        hash: { url: `self#jumbf=c2pa.assertions/${HASHES[index]}`, hash: new Uint8Array(32) },
      })),
  ],
  ['optional or not', (parts) => parts.map((part) => ({ ...part, optional: 'perhaps' }))],
]
for (const [what, change] of MALFORMED)
  test(`malformed: ${what}`, async (t: TestContext) => {
    const forged = await made((boxes) => change(threeParts(boxes)))
    t.assert.deepEqual(bindingCodes(await judge(forged)), ['assertion.dataHash.match'])
    const cut = forged.subarray(0, forged.length - FILM.length)
    await says(t, cut, 'assertion.multiAssetHash.malformed', 'Invalid')
  })

test('two multi-asset hashes, a hash without algorithm, exclusions that are none', async (t: TestContext) => {
  const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length - FILM.length)
  await says(t, cut(await made(threeParts, { twice: true })), 'assertion.multiAssetHash.malformed', 'Invalid')
  await says(t, cut(await made(threeParts, { first: { alg: 'md5' } })), 'algorithm.unsupported', 'Invalid')
  const overlapping = [
    { start: 9, length: 9 },
    { start: 9, length: 9 },
  ]
  await says(
    t,
    cut(await made(threeParts, { first: { exclusions: overlapping } })),
    'assertion.multiAssetHash.malformed',
    'Invalid',
  )
  await says(
    t,
    cut(await made(threeParts, { first: { exclusions: [] } })),
    'assertion.multiAssetHash.mismatch',
    'Invalid',
  )
})

test('a part in a box of its own', async (t: TestContext) => {
  const video = new Uint8Array(readFileSync(new URL('../../../../test/vectors/media/faststart.mp4', import.meta.url)))
  const film = utf8Bytes('moving pixels')
  const parts = ({ placed }: Boxes) => {
    const end = placed.length - film.length
    const { container } = inspect(placed)?.manifestStore ?? { container: { start: 0, length: 0 } }
    const behind = container.start + container.length
    const outside = concatBytes([placed.subarray(0, container.start), placed.subarray(behind, end)])
    return { end, exclusions: [{ ...container }], outside }
  }
  const motion = await forge(
    [
      {
        label: manifestLabel(1),
        assertions: [
          ['c2pa.actions.v2', () => CREATED],
          ['c2pa.hash.data', ({ dataHash }) => dataHash],
          [
            'c2pa.hash.data.part',
            (boxes) => {
              const { exclusions, outside } = parts(boxes)
              return { exclusions, alg: 'sha256', hash: digest('sha256', outside), pad: new Uint8Array() }
            },
          ],
          ['c2pa.hash.data.part__1', () => ({ alg: 'sha256', hash: digest('sha256', film), pad: new Uint8Array() })],
          [
            'c2pa.hash.multi-asset',
            (boxes) => ({
              parts: [
                {
                  location: { byteOffset: 0, length: parts(boxes).end },
                  hashAssertion: boxes.reference('c2pa.hash.data.part'),
                },
                {
                  location: { bmffBox: '/mpvd' },
                  hashAssertion: boxes.reference('c2pa.hash.data.part__1'),
                  optional: true,
                },
              ],
            }),
          ],
        ],
      },
    ],
    undefined,
    concatBytes([video, encodeBox('mpvd', film)]),
  )
  await says(t, motion, 'assertion.dataHash.match', 'Trusted')
  await says(t, motion.subarray(0, motion.length - film.length), 'assertion.multiAssetHash.match', 'Trusted')
  const changed = motion.slice()
  changed[changed.length - 1] = 0
  await says(t, changed, 'assertion.multiAssetHash.mismatch', 'Invalid')
})

test('boxes are looked for in one file so often and no more', async (t: TestContext) => {
  const film = concatBytes([media('progressive.mp4'), ...Array.from({ length: 60_000 }, () => encodeBox('free'))])
  const part = { location: { bmffBox: '/mpvd' }, hashAssertion: undefined as CborValue, optional: true }
  const assertions = [
    ['c2pa.actions.v2', () => CREATED],
    ['c2pa.hash.bmff.v3', () => ({ exclusions: [{ xpath: '/ftyp' }], alg: 'sha256', hash: new Uint8Array(32) })],
    ['c2pa.hash.data.part', () => ({ alg: 'sha256', hash: new Uint8Array(32), pad: new Uint8Array() })],
    [
      'c2pa.hash.multi-asset',
      ({ reference }: Boxes): CborValue => ({
        parts: Array.from({ length: 10 }, () => ({ ...part, hashAssertion: reference('c2pa.hash.data.part') })),
      }),
    ],
  ] as const
  const report = await judge(await forge([{ label: manifestLabel(1), assertions }], undefined, film))
  t.assert.equal(report.findings[0]?.code, 'general.error')
  t.assert.match(report.findings[0]?.explanation ?? '', /more boxes than are looked at/)
})
