/** The Merkle trees of a BMFF hash: what they state, and the boxes in a file that lead to it. C2PA 2.2 §18.6.3, A.5.4. */
import type { HashAlgorithm } from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'
import { type CborValue, cborField, decodeCbor, type ItemBudget } from '../cbor.ts'
import type { Source, Walk } from '../formats/asset.ts'
import { bytesAt, type ProvenanceBox } from '../formats/bmff-box.ts'
import { allowedHash } from './box-hashes.ts'
import type { MerkleRow } from './merkle-tree.ts'

/** A tree by its two numbers. */
export type TreeId = { readonly uniqueId: number; readonly localId: number }

/** A row of one tree. `merkle-map`. */
export type MerkleMap = TreeId &
  MerkleRow & {
    readonly initHash?: Uint8Array
    readonly fixedBlockSize?: number
    readonly variableBlockSizes?: readonly number[]
  }

/** The way from one leaf to the row. `bmff-merkle-map`. */
export type MerkleProof = TreeId & { readonly location: number; readonly hashes: readonly Uint8Array[] }

/** In pieces of a megabyte these are 256 GB. */
const MOST_LEAVES = 262_144
/** Of a box that leads to the row of a tree. */
const LONGEST_PROOF = 65_536
/** Of all of them: each is a step of hashing, and nine hours of video in fragments of a second have as many. */
const MOST_STEPS = 500_000

/** What the field says; a text that says what is wrong with it. `enclosing`: the hash of maps that name none. */
export function merkleMapsOf(value: CborValue, enclosing: CborValue): readonly MerkleMap[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'there are no Merkle trees'
  const maps = new Map<string, MerkleMap>()
  let leaves = 0
  for (const item of value) {
    const map = merkleMap(item, enclosing)
    if (typeof map === 'string') return map
    leaves += map.count
    if (leaves > MOST_LEAVES) return `more than ${MOST_LEAVES} leaves`
    if (maps.has(treeName(map))) return 'two Merkle trees of the same numbers'
    maps.set(treeName(map), map)
  }
  return [...maps.values()]
}

/** The same for all that is of one tree. */
export function treeName({ uniqueId, localId }: TreeId): string {
  return `${uniqueId}/${localId}`
}

/** A hash that C2PA does not allow, for which there is a code of its own. */
export const UNSUPPORTED = 'a Merkle tree of a hash that is not allowed'

function merkleMap(item: CborValue, enclosing: CborValue): MerkleMap | string {
  const id = treeId(item)
  const count = cborField(item, 'count')
  const hashes = hashesOf(cborField(item, 'hashes'))
  if (!id || !isNatural(count) || count === 0 || !hashes || hashes.length === 0) return 'a Merkle tree that is none'
  if (hashes.length > count) return 'a Merkle tree with more hashes than leaves'
  const algorithm = algorithmOf(cborField(item, 'alg') ?? enclosing)
  if (!algorithm) return UNSUPPORTED
  const initHash = cborField(item, 'initHash') ?? undefined
  const fixedBlockSize = cborField(item, 'fixedBlockSize') ?? undefined
  const variableBlockSizes = cborField(item, 'variableBlockSizes') ?? undefined
  if (initHash !== undefined && !(initHash instanceof Uint8Array)) return 'an initHash that is none'
  if (fixedBlockSize !== undefined && (!isNatural(fixedBlockSize) || fixedBlockSize === 0))
    return 'a fixedBlockSize that is none'
  if (variableBlockSizes !== undefined && !isNaturals(variableBlockSizes)) return 'variableBlockSizes that are none'
  return {
    ...id,
    count,
    hashes,
    algorithm,
    ...(initHash ? { initHash } : {}),
    ...(fixedBlockSize ? { fixedBlockSize } : {}),
    ...(variableBlockSizes ? { variableBlockSizes } : {}),
  }
}

/** The proofs that stand in these boxes. Throws C2paError for one that is none. */
export function* merkleProofs(
  source: Source,
  boxes: readonly ProvenanceBox[],
  budget: ItemBudget,
): Walk<MerkleProof[]> {
  const proofs: MerkleProof[] = []
  let steps = 0
  for (const { box, data } of boxes) {
    const length = box.end - data
    if (length > LONGEST_PROOF || proofs.length >= MOST_LEAVES || steps > MOST_STEPS)
      throw new C2paError('too_large', 'its boxes for Merkle trees are longer or more than is read')
    // A copy: the hashes in it are kept, and what it was read with should not be.
    const bytes = (yield* bytesAt(source, data, length)).slice()
    const item = decodeCbor(bytes, { budget, isPadded: true })
    const id = treeId(item)
    const location = cborField(item, 'location')
    const hashes = hashesOf(cborField(item, 'hashes') ?? [])
    if (!id || !isNatural(location) || !hashes)
      throw new C2paError('malformed_asset', 'a box for a Merkle tree is none')
    proofs.push({ ...id, location, hashes })
    steps += hashes.length
  }
  return proofs
}

function treeId(item: CborValue): TreeId | undefined {
  const uniqueId = cborField(item, 'uniqueId')
  const localId = cborField(item, 'localId')
  return Number.isSafeInteger(uniqueId) && Number.isSafeInteger(localId)
    ? { uniqueId: uniqueId as number, localId: localId as number }
    : undefined
}

function hashesOf(value: CborValue): readonly Uint8Array[] | undefined {
  const isList = Array.isArray(value) && value.every((hash) => hash instanceof Uint8Array)
  return isList ? (value as readonly Uint8Array[]) : undefined
}

function algorithmOf(value: CborValue): HashAlgorithm | undefined {
  return allowedHash(typeof value === 'string' ? value : undefined)
}

function isNatural(value: CborValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isNaturals(value: CborValue): value is readonly number[] {
  return Array.isArray(value) && value.every(isNatural)
}
