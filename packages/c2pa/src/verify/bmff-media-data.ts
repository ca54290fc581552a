/** Media data that are hashed piece by piece, in files without fragments. C2PA 2.2 §15.12.2.1, A.5.4.1.1. */
import { equalBytes } from '@countersign/codec'
import { type Asset, hashParts, walk } from '../formats/asset.ts'
import type { RootBox } from './bmff-map.ts'
import { type MerkleMap, type MerkleProof, merkleProofs, treeName } from './bmff-merkle.ts'
import { malformed, mismatch, type Problem } from './bmff-problem.ts'
import { climbed } from './merkle-tree.ts'

/** So much of an `mdat` the hash of the file covers. A.5.6. */
const COVERED = 16

/** What is wrong with the `mdat` boxes: each has a tree, whose `localId` is its number from zero on. */
export async function mediaDataProblem(
  asset: Asset,
  boxes: readonly RootBox[],
  merkle: readonly MerkleMap[],
): Promise<Problem | undefined> {
  const mediaData = boxes.filter(({ type }) => type === 'mdat')
  if (merkle.some(({ localId }) => !mediaData[localId]))
    return mismatch('a Merkle tree is of an mdat box that is not there')
  const trees = new Map(merkle.map((map) => [map.localId, map]))
  if (trees.size < merkle.length) return malformed('an mdat box with two Merkle trees')
  const proofs = Map.groupBy(await proofsOf(asset, boxes), treeName)
  for (const [index, box] of mediaData.entries()) {
    const map = trees.get(index)
    if (map) {
      const problem = await boxProblem(asset, box, map, proofs.get(treeName(map)) ?? [])
      if (problem) return problem
    } else if (box.end - box.start > COVERED) return mismatch('an mdat box without a Merkle tree')
  }
  return undefined
}

/** All that the boxes for Merkle trees say. */
export async function proofsOf(asset: Asset, boxes: readonly RootBox[]): Promise<readonly MerkleProof[]> {
  const found = boxes.flatMap(({ provenance }) => (provenance?.purpose === 'merkle' ? [provenance] : []))
  return walk(asset, (source) => merkleProofs(source, found, { left: MOST_ITEMS }))
}

/** Of CBOR in boxes for Merkle trees. */
const MOST_ITEMS = 4_000_000

async function boxProblem(
  asset: Asset,
  box: RootBox,
  map: MerkleMap,
  stated: readonly MerkleProof[],
): Promise<Problem | undefined> {
  if (map.initHash) return malformed('an initHash where there are no fragments')
  if (map.fixedBlockSize !== undefined && map.variableBlockSizes) return malformed('two kinds of block sizes')
  const isLeafRow = map.hashes.length === map.count
  const proofs = isLeafRow ? [] : stated
  if (!isLeafRow && (proofs.length !== map.count || proofs.some(({ location }, index) => location !== index)))
    return malformed('boxes for a Merkle tree are missing or out of order')
  const isAsStated = async (start: number, length: number, location: number): Promise<boolean> => {
    const leaf = await hashParts(asset, [{ start, length }], map.algorithm)
    const node = climbed(map, location, leaf, proofs[location]?.hashes ?? [])
    return node !== undefined && equalBytes(node.hash, map.hashes[node.index] ?? new Uint8Array())
  }
  // The data of the box begin behind its header. c2pa-rs takes what the hash of the file does not cover, which is behind a long header the same.
  const isCovered = box.excluded?.every(({ start }) => start >= box.start + COVERED)
  const divisions = [...(isCovered ? [box.start + COVERED] : []), box.content].flatMap((start) => {
    const lengths = start <= box.end ? leafLengths(map, box.end - start) : undefined
    return lengths ? [{ start, lengths }] : []
  })
  if (divisions.length === 0) return malformed('the blocks of a Merkle tree are not those of its mdat box')
  for (const { start, lengths } of divisions) {
    if (!(await isAsStated(start, lengths[0] ?? 0, 0))) continue
    let position = start
    for (const [location, length] of lengths.entries()) {
      if (location > 0 && !(await isAsStated(position, length, location)))
        return mismatch(`piece ${location} of an mdat box differs`)
      position += length
    }
    return undefined
  }
  return mismatch('the first piece of an mdat box differs')
}

/** How long the pieces are; undefined where they are not as many as there should be, or not all of the data. */
function leafLengths(
  { count, fixedBlockSize, variableBlockSizes }: MerkleMap,
  length: number,
): readonly number[] | undefined {
  if (variableBlockSizes) {
    const total = variableBlockSizes.reduce((sum, size) => sum + size, 0)
    return variableBlockSizes.length === count && total === length ? variableBlockSizes : undefined
  }
  const size = fixedBlockSize ?? length
  const needed = Math.max(1, Math.ceil(length / Math.max(1, size)))
  if (needed !== count) return undefined
  return Array.from({ length: count }, (_, index) => Math.min(size, length - index * size))
}
