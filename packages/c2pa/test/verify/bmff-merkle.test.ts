import { type TestContext, test } from 'node:test'
import { concatBytes } from '@countersign/codec'
import type { CborValue } from '../../src/cbor.ts'
import type { AssetReader } from '../../src/formats/asset.ts'
import { climbed, rowLengths } from '../../src/verify/merkle-tree.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { readFragmentWithC2paRs, signWithC2paRs } from '../c2pa-rs-signer.ts'
import { rootPem } from '../credential.ts'
import {
  judge,
  MANDATORY,
  MEDIA_DATA,
  media,
  merkleBox,
  plainHash,
  proof,
  type Root,
  roots,
  rows,
  sha256,
  verdict,
  withHash,
} from './bmff-forge.ts'

const MATCH = 'Trusted match'
const mp4 = media('progressive.mp4')
const DATA = 5118

test('each leaf of trees of any size leads to each row', (t: TestContext) => {
  for (const count of [1, 2, 3, 5, 8, 13, 33]) {
    const leaves = Array.from({ length: count }, (_, index) => sha256(Uint8Array.of(index)))
    const tree = rows(leaves)
    t.assert.deepEqual(
      rowLengths(count),
      tree.map(({ length }) => length),
    )
    for (const [row, hashes] of tree.entries())
      for (const [location, leaf] of leaves.entries()) {
        const stated = { count, hashes, algorithm: 'sha256' } as const
        const siblings = proof(tree, location, row)
        const node = climbed(stated, location, leaf, siblings)
        t.assert.deepEqual(node && hashes[node.index], node?.hash)
        t.assert.equal(climbed(stated, location, leaf, [...siblings, leaf]), undefined)
        if (siblings.length > 0) t.assert.equal(climbed(stated, location, leaf, siblings.slice(1)), undefined)
      }
  }
  const three = { count: 4, hashes: [leaf(1), leaf(2), leaf(3)], algorithm: 'sha256' } as const
  t.assert.equal(climbed(three, 0, leaf(1), []), undefined)
})

function leaf(number: number): Uint8Array {
  return sha256(Uint8Array.of(number))
}

for (const proofs of [undefined, 0, 2])
  test(`c2pa-rs signs media data in pieces of a kilobyte, with ${proofs ?? 'all'} proofs`, async (t: TestContext) => {
    const core = {
      merkle_tree_chunk_size_in_kb: 1,
      ...(proofs === undefined ? {} : { merkle_tree_max_proofs: proofs }),
    }
    const signed = await signWithC2paRs(mp4, 'video/mp4', { core })
    const theirs = await readWithC2paRs(signed, 'video/mp4', rootPem)
    t.assert.equal(theirs.validation_state, 'Trusted')
    t.assert.equal(await verdict(signed), 'Trusted additionalExclusionsPresent match')
    const reader: AssetReader = { size: signed.length, read: async (start, end) => signed.slice(start, end) }
    t.assert.equal(await verdict(reader), 'Trusted additionalExclusionsPresent match')
    for (const { type, start, end, isOurs } of roots(signed)) {
      if (type === 'ftyp' || type === 'free' || (isOurs && start < 100)) continue
      for (let position = start; position < end; position += 101) {
        const changed = signed.slice()
        changed[position] = (changed[position] as number) ^ 0x40
        t.assert.match(await verdict(changed), /^Invalid/, `${type} at ${position - start}`)
      }
    }
  })

type Fields = { readonly [name: string]: CborValue }

/** The media data in pieces of these sizes from `from` on, the leaves being the row. */
const inPieces =
  (sizes: readonly number[], from: number, fields: Fields = {}, tree: Fields = {}) =>
  (placed: Uint8Array): CborValue => {
    const mdat = roots(placed).find(({ type }) => type === 'mdat') as Root
    let position = mdat.start + from
    const hashes = sizes.map((size) => {
      position += size
      return sha256(placed.subarray(position - size, position))
    })
    return {
      exclusions: [...MANDATORY, MEDIA_DATA],
      alg: 'sha256',
      hash: plainHash(placed, roots(placed), { without: [[mdat.start + 16, mdat.end]] }),
      merkle: [{ uniqueId: 1, localId: 0, count: sizes.length, hashes, ...tree }],
      ...fields,
    }
  }

test('media data in pieces, by the sizes that are stated', async (t: TestContext) => {
  const of = async (...parameters: Parameters<typeof inPieces>) => verdict(await withHash(mp4, inPieces(...parameters)))
  const sizes = [100, 0, 3000, DATA - 3100]
  const thousands = [1000, 1000, 1000, 1000, 1000, DATA - 5000]
  t.assert.equal(await of(sizes, 8, {}, { variableBlockSizes: sizes }), MATCH)
  t.assert.equal(await of([DATA - 8], 16, {}, { variableBlockSizes: [DATA - 8] }), MATCH)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1000 }), MATCH)
  t.assert.equal(await of([DATA], 8, {}, { fixedBlockSize: 1e9 }), MATCH)
  t.assert.equal(await of([DATA], 8), MATCH)

  const malformed = 'Invalid malformed'
  t.assert.equal(await of(sizes, 8, {}, { variableBlockSizes: [...sizes.slice(0, 3), 2019] }), malformed)
  t.assert.equal(await of(sizes, 8, {}, { variableBlockSizes: sizes.slice(0, 3) }), malformed)
  t.assert.equal(await of(sizes, 8, {}, { variableBlockSizes: [-1] }), malformed)
  t.assert.equal(await of(sizes, 8, {}, { variableBlockSizes: sizes, fixedBlockSize: 1000 }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1024 * 1024 }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 0 }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1000, count: 5 }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1, count: 5110 }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1000, count: 1e9 }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1000, initHash: leaf(1) }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1000, hashes: [leaf(1)] }), malformed)
  t.assert.equal(await of(thousands, 8, {}, { fixedBlockSize: 1000, uniqueId: 'one' }), malformed)
  t.assert.equal(await of([DATA], 8, { merkle: [] }), malformed)

  const mismatch = 'Invalid mismatch'
  t.assert.equal(await of(sizes, 9, {}, { variableBlockSizes: sizes }), mismatch)
  t.assert.equal(await of([DATA], 8, { hash: undefined }), mismatch)
  t.assert.equal(await of([DATA], 8, {}, { localId: 1 }), mismatch)
  t.assert.equal(await of([DATA], 8, {}, { hashes: [leaf(1)] }), mismatch)
  t.assert.equal(await of([DATA], 8, {}, { alg: 'md5' }), 'Invalid algorithm.unsupported')
})

test('media data that no tree covers are not bound', async (t: TestContext) => {
  const second = concatBytes([Uint8Array.of(0, 0, 0, 24), Buffer.from('mdat'), new Uint8Array(16).fill(5)])
  const two = concatBytes([mp4, second])
  const without = (placed: Uint8Array) =>
    roots(placed).flatMap(({ type, start, end }) => (type === 'mdat' ? [[start + 16, end] as const] : []))
  const made = (merkle: (placed: Uint8Array) => CborValue) =>
    withHash(two, (placed) => ({
      exclusions: [...MANDATORY, MEDIA_DATA],
      alg: 'sha256',
      hash: plainHash(placed, roots(placed), { without: without(placed) }),
      merkle: merkle(placed),
    }))
  const tree = (placed: Uint8Array, localId: number) => {
    const { start, end } = roots(placed).filter(({ type }) => type === 'mdat')[localId] as Root
    return { uniqueId: 1, localId, count: 1, hashes: [sha256(placed.subarray(start + 8, end))] }
  }
  t.assert.equal(await verdict(await made((placed) => [tree(placed, 0), tree(placed, 1)])), MATCH)
  t.assert.equal(await verdict(await made((placed) => [tree(placed, 0)])), 'Invalid mismatch')
  t.assert.equal(await verdict(await made((placed) => [tree(placed, 0), tree(placed, 0)])), 'Invalid malformed')
  const twice = (placed: Uint8Array) => [tree(placed, 0), tree(placed, 1), { ...tree(placed, 0), uniqueId: 2 }]
  t.assert.equal(await verdict(await made(twice)), 'Invalid malformed')
})

/** The fragmented sample with a box for a Merkle tree before each fragment; `change` alters their order or number. */
async function inFragments(
  row: number,
  change: (proofs: CborValue[]) => CborValue[] = (proofs) => proofs,
  { isMediaLeftOut = false }: { readonly isMediaLeftOut?: boolean } = {},
) {
  const sample = media('fragmented-base.mp4')
  // Without `mfra`: where it says fragments are, they are no longer.
  const plain = sample.subarray(0, roots(sample).find(({ type }) => type === 'mfra')?.start)
  const count = roots(plain).filter(({ type }) => type === 'moof').length
  // Offsets in the file count what is before them: the boxes have their lengths first, then what is in them.
  const lengths = (hashes: number) =>
    merkleBox({ uniqueId: 7, localId: 1, location: 0, hashes: Array.from({ length: hashes }, () => leaf(0)) }).length
  const room = lengths(row) + 40
  const boxes = (proofs: readonly CborValue[]) => {
    const parts: Uint8Array[] = []
    let next = 0
    for (const { type, start, end } of roots(plain)) {
      const content = type === 'moof' ? proofs[next++] : undefined
      if (content) parts.push(merkleBox(content, room - merkleBox(content).length))
      parts.push(plain.subarray(start, end))
    }
    return concatBytes(parts)
  }
  const fragments = (placed: Uint8Array): Root[][] => {
    const all = roots(placed)
    const starts = all.flatMap(({ type }, index) => (type === 'moof' ? [index] : []))
    return starts.map((start, index) => all.slice(start, starts[index + 1]))
  }
  const empty = Array.from({ length: count }, (_, location): CborValue => ({ uniqueId: 7, localId: 1, location }))
  let tree: (readonly Uint8Array[])[] = []
  const signed = await withHash(boxes(empty), (placed) => {
    const without = roots(placed).flatMap(({ type, start, end }) =>
      isMediaLeftOut && type === 'mdat' ? [[start + 16, end] as const] : [],
    )
    tree = rows(fragments(placed).map((list) => plainHash(placed, list, { without })))
    const all = roots(placed)
    const init = all.slice(
      0,
      all.findIndex(({ type }) => type === 'moof'),
    )
    const map = { uniqueId: 7, localId: 1, count, hashes: tree[row] as readonly Uint8Array[] }
    return {
      exclusions: isMediaLeftOut ? [...MANDATORY, MEDIA_DATA] : MANDATORY,
      alg: 'sha256',
      merkle: [{ ...map, initHash: plainHash(placed, init) }],
    }
  })
  const proofs = change(
    empty.map((_, location) => ({ uniqueId: 7, localId: 1, location, hashes: proof(tree, location, row) })),
  )
  // They are excluded from all hashes: what is in them can come last.
  const filled = signed.slice()
  let next = 0
  for (const { start, isOurs } of roots(signed)) {
    if (!isOurs || start < 100) continue
    const content = proofs[next++] as CborValue
    filled.set(merkleBox(content, room - merkleBox(content).length), start)
  }
  return filled
}

test('fragments in one file, each with its box before it', async (t: TestContext) => {
  for (const row of [0, 1, 2, 3]) {
    const asset = await inFragments(row)
    t.assert.equal(await verdict(asset), MATCH, `row ${row}`)
    const theirs = await readWithC2paRs(asset, 'video/mp4', rootPem)
    t.assert.equal(theirs.validation_state, 'Trusted', failuresOf(theirs).join())
    for (const { type, start, end, isOurs } of roots(asset)) {
      if (type === 'ftyp' || (isOurs && start < 100)) continue
      // A proof ends before its padding.
      for (let position = start; position < (isOurs ? start + 60 : end); position += 89) {
        const changed = asset.slice()
        changed[position] = (changed[position] as number) ^ 0x10
        t.assert.match(await verdict(changed), /^Invalid/, `${type} at ${position - start}`)
      }
    }
  }
})

test('fragments that are missing, twice, in another order, or without a box', async (t: TestContext) => {
  const asset = await inFragments(1)
  const all = roots(asset)
  const [first = 0, second = 0, third = 0] = all.flatMap(({ isOurs, start }) => (isOurs && start > 100 ? [start] : []))
  const last = all.findLast(({ isOurs }) => isOurs)?.start ?? 0
  const part = (start: number, end?: number) => asset.subarray(start, end)
  const mismatch = 'Invalid mismatch'
  t.assert.equal(await verdict(part(0, last)), mismatch)
  t.assert.equal(await verdict(part(0, first)), mismatch)
  t.assert.equal(await verdict(concatBytes([part(0, first), part(second)])), mismatch)
  t.assert.equal(await verdict(concatBytes([part(0), part(first, second)])), mismatch)
  t.assert.equal(
    await verdict(concatBytes([part(0, first), part(second, third), part(first, second), part(third)])),
    mismatch,
  )
  const moof = all.find(({ type }) => type === 'moof')?.start ?? 0
  t.assert.equal(await verdict(concatBytes([part(0, first), part(moof)])), 'Invalid malformed')
  const swapped = (proofs: CborValue[]) => [proofs[1] as CborValue, proofs[0] as CborValue, ...proofs.slice(2)]
  t.assert.equal(await verdict(await inFragments(1, swapped)), mismatch)
  const foreign = (proofs: CborValue[]) => proofs.map((content) => ({ ...(content as object), uniqueId: 8 }))
  t.assert.equal(await verdict(await inFragments(1, foreign)), mismatch)
})

test('fragments whose media data are left out', async (t: TestContext) => {
  t.assert.equal(await verdict(await inFragments(0, undefined, { isMediaLeftOut: true })), 'Invalid mismatch')
})

/** The DASH sample: its initialization segment signed, and its fragments with their boxes. */
async function dash(row: number) {
  const plain = [1, 2, 3, 4, 5].map((number) => media(`dash-${number}.m4s`))
  const withBox = (fragment: Uint8Array, content: CborValue, room: number) => {
    const moof = roots(fragment).find(({ type }) => type === 'moof')?.start ?? 0
    const made = merkleBox(content, room - merkleBox(content).length)
    return concatBytes([fragment.subarray(0, moof), made, fragment.subarray(moof)])
  }
  const content = (location: number, hashes: readonly Uint8Array[]) => ({
    uniqueId: 3,
    localId: 1,
    location,
    ...(hashes.length > 0 ? { hashes } : {}),
  })
  const room = 400
  const tree = rows(plain.map((fragment, location) => plainHash(withBox(fragment, content(location, []), room))))
  const fragments = plain.map((fragment, location) =>
    withBox(fragment, content(location, proof(tree, location, row)), room),
  )
  const hashes = tree[row] as readonly Uint8Array[]
  const init = await withHash(media('dash-init.mp4'), (placed) => ({
    exclusions: MANDATORY,
    alg: 'sha256',
    merkle: [
      { uniqueId: 3, localId: 1, count: 5, hashes, initHash: plainHash(placed) },
      // Another track's, whose initialization segment is another file.
      { uniqueId: 4, localId: 2, count: 1, hashes: [leaf(1)], initHash: leaf(2) },
    ],
  }))
  return { init, fragments }
}

test('fragments in files of their own', async (t: TestContext) => {
  for (const row of [0, 2, 3]) {
    const { init, fragments } = await dash(row)
    t.assert.equal(await verdict(init, { fragments }), MATCH)
    const blobs = fragments.map((fragment) => new Blob([new Uint8Array(fragment)]))
    t.assert.equal(await verdict(init, { fragments: blobs }), MATCH)
    for (const fragment of fragments) {
      const theirs = await readFragmentWithC2paRs(init, fragment)
      t.assert.equal(theirs.validation_state, 'Trusted', failuresOf(theirs).join())
    }
  }
})

test('all of them have to be there, whole and in order', async (t: TestContext) => {
  const { init, fragments } = await dash(1)
  const [one, two, three, four, five] = fragments as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const of = (...list: Uint8Array[]) => verdict(init, { fragments: list })
  t.assert.equal(await of(one, two, three, four, five), MATCH)
  const mismatch = 'Invalid mismatch'
  t.assert.equal(await verdict(init), mismatch)
  t.assert.equal(await of(one, two, three, four), mismatch)
  t.assert.equal(await of(two, three, four, five), mismatch)
  t.assert.equal(await of(one, three, two, four, five), mismatch)
  t.assert.equal(await of(one, one, two, three, four, five), mismatch)
  t.assert.equal(await of(one, two, three, four, five, five), mismatch)
  t.assert.equal(await of(one, two, three, four, media('dash-5.m4s')), 'Invalid malformed')
  t.assert.equal(await of(one, two, three, four, five.subarray(0, five.length - 1)), mismatch)
  t.assert.equal(await of(one, two, three, four, concatBytes([five, five])), 'Invalid malformed')
  t.assert.equal(await of(one, two, three, four, new Uint8Array()), 'Invalid malformed')
  for (let position = 0; position < five.length; position += 61) {
    const changed = five.slice()
    changed[position] = (changed[position] as number) ^ 0x20
    // The box for the tree is not hashed: its padding may be anything that reads as padding.
    t.assert.match(await of(one, two, three, four, changed), /^Invalid/, `byte ${position}`)
  }
  for (let position = init.length - 700; position < init.length; position += 61) {
    const changed = init.slice()
    changed[position] = (changed[position] as number) ^ 0x20
    t.assert.equal(await verdict(changed, { fragments }), mismatch, `byte ${position}`)
  }
})

test('no more proofs than can be followed in a moment', async (t: TestContext) => {
  const long = merkleBox({ uniqueId: 0, localId: 0, location: 0, hashes: Array(65_000).fill(new Uint8Array()) })
  const map = { uniqueId: 0, localId: 0, count: 2, hashes: [new Uint8Array(32)] }
  const signed = await withHash(concatBytes([media('progressive.mp4'), ...Array(9).fill(long)]), (placed) => ({
    exclusions: MANDATORY,
    alg: 'sha256',
    hash: plainHash(placed),
    merkle: [map],
  }))
  const report = await verify(signed, judge)
  const found = report.findings.find(({ code }) => code === 'assertion.bmffHash.mismatch')
  t.assert.match(found?.explanation ?? '', /longer or more than is read/)
})
