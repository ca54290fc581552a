/** Media in fragments, in one file or in many. C2PA 2.2 §15.12.2.2, A.5.4.1.2. */
import { equalBytes } from '@countersign/codec'
import type { HashAlgorithm } from '@countersign/pki'
import { type Asset, hashParts, walk } from '../formats/asset.ts'
import type { Exclusion } from './bmff-exclusions.ts'
import { bmffMap, hashedParts, type RootBox } from './bmff-map.ts'
import { proofsOf } from './bmff-media-data.ts'
import { type MerkleMap, type MerkleProof, treeName } from './bmff-merkle.ts'
import { malformed, mismatch, type Problem } from './bmff-problem.ts'
import { strayOffsetProblem } from './bmff-stray-offsets.ts'
import { climbed } from './merkle-tree.ts'

type Trees = {
  readonly exclusions: readonly Exclusion[]
  readonly merkle: readonly MerkleMap[]
  readonly hasOffsets: boolean
}

/** A fragment: what of which file is hashed for it, and its way up the tree. */
type Fragment = { readonly asset: Asset; readonly boxes: readonly RootBox[]; readonly proof: MerkleProof }

/** What is wrong with a file that begins with its initialization segment; a fragment is all from one `moof` to the next. */
export async function flatFileProblem(
  asset: Asset,
  boxes: readonly RootBox[],
  trees: Trees,
): Promise<Problem | undefined> {
  const starts = boxes.flatMap(({ type }, index) => (type === 'moof' ? [index] : []))
  const proofs = await proofsOf(asset, boxes)
  if (proofs.length !== starts.length || !haveProofsBefore(boxes, starts))
    return malformed('not each moof box has one for its Merkle tree before it')
  const progress = new Progress(asset, boxes.slice(0, starts[0]), trees)
  for (const [index, start] of starts.entries()) {
    const proof = proofs[index] as MerkleProof
    const problem = await progress.problemOf({ asset, boxes: boxes.slice(start, starts[index + 1]), proof })
    if (problem) return problem
  }
  return progress.missing(trees.merkle)
}

/** Whether between one `moof` and the next, and before the first, there is just one box for a Merkle tree. */
function haveProofsBefore(boxes: readonly RootBox[], starts: readonly number[]): boolean {
  const isProof = ({ provenance }: RootBox): boolean => provenance?.purpose === 'merkle'
  return starts.every((start, index) => boxes.slice(starts[index - 1] ?? 0, start).filter(isProof).length === 1)
}

/** What is wrong with an initialization segment and the fragments that come in files of their own, all of them and in order. */
export async function fragmentsProblem(
  asset: Asset,
  boxes: readonly RootBox[],
  fragments: readonly Asset[],
  trees: Trees,
): Promise<Problem | undefined> {
  const progress = new Progress(asset, boxes, trees)
  for (const fragment of fragments) {
    const ofFragment = await walk(fragment, (source) => bmffMap(source, trees.exclusions))
    const proofs = await proofsOf(fragment, ofFragment)
    const [proof] = proofs
    if (!proof || proofs.length > 1) return malformed('not each fragment has one box for its Merkle tree')
    if (ofFragment.filter(({ type }) => type === 'moof').length !== 1)
      return mismatch('a fragment without one moof box')
    const problem =
      (await progress.problemOf({ asset: fragment, boxes: ofFragment, proof })) ??
      (await strayOffsetProblem(fragment, ofFragment))
    if (problem) return problem
  }
  // Other tracks have initialization segments, and fragments, of their own.
  return progress.missing(trees.merkle.filter((map) => progress.hasBegun(map)))
}

/** How far the fragments have come in each tree. */
class Progress {
  readonly #asset: Asset
  readonly #initialization: readonly RootBox[]
  readonly #hasOffsets: boolean
  readonly #maps: ReadonlyMap<string, MerkleMap>
  readonly #initHashes = new Map<HashAlgorithm, Uint8Array>()
  readonly #next = new Map<MerkleMap, number>()

  constructor(asset: Asset, initialization: readonly RootBox[], trees: Trees) {
    this.#asset = asset
    this.#initialization = initialization
    this.#hasOffsets = trees.hasOffsets
    this.#maps = new Map(trees.merkle.map((map) => [treeName(map), map]))
  }

  hasBegun(map: MerkleMap): boolean {
    return this.#next.has(map)
  }

  async problemOf({ asset, boxes, proof }: Fragment): Promise<Problem | undefined> {
    const map = this.#maps.get(treeName(proof))
    if (!map) return mismatch('a fragment of no Merkle tree that is stated')
    if (!this.#next.has(map)) {
      const problem = await this.#initializationProblem(map)
      if (problem) return problem
    }
    const location = this.#next.get(map) ?? 0
    this.#next.set(map, location + 1)
    if (proof.location !== location || location >= map.count)
      return mismatch(`fragment ${proof.location} where ${location} is due`)
    // Where pieces of an `mdat` have a tree they are left out of the hash of the file: here nothing else would bind them.
    if (boxes.some(({ type, excluded }) => type === 'mdat' && excluded?.length !== 0))
      return mismatch(`the media data of fragment ${location} are not hashed`)
    const leaf = await hashParts(asset, hashedParts(boxes, this.#hasOffsets), map.algorithm)
    const node = climbed(map, location, leaf, proof.hashes)
    if (node && equalBytes(node.hash, map.hashes[node.index] ?? new Uint8Array())) return undefined
    return mismatch(`fragment ${location} differs`)
  }

  async #initializationProblem(map: MerkleMap): Promise<Problem | undefined> {
    if (!map.initHash) return malformed('there is no initHash')
    if (map.fixedBlockSize !== undefined || map.variableBlockSizes)
      return malformed('block sizes where there are fragments')
    const known = this.#initHashes.get(map.algorithm)
    const parts = hashedParts(this.#initialization, this.#hasOffsets)
    const hash = known ?? (await hashParts(this.#asset, parts, map.algorithm))
    this.#initHashes.set(map.algorithm, hash)
    return equalBytes(hash, map.initHash) ? undefined : mismatch('the initialization segment differs')
  }

  /** §15.12.2: what is bound and not there. */
  missing(maps: readonly MerkleMap[]): Problem | undefined {
    const isWhole = maps.every((map) => this.#next.get(map) === map.count)
    return isWhole ? undefined : mismatch('fragments are missing')
  }
}
