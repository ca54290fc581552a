/** Merkle trees as C2PA has them: a node without a sibling goes up as it is. C2PA 2.2 A.5.4. */
import { createHash, type HashAlgorithm } from '@countersign/pki'

/** How many nodes each row has, from the leaves up to the root. */
export function rowLengths(leaves: number): number[] {
  const rows = [leaves]
  for (let length = leaves; length > 1; rows.push(length)) length = Math.ceil(length / 2)
  return rows
}

/** A row of a tree, as a manifest states it. */
export type MerkleRow = {
  /** How many leaves the tree has. */
  readonly count: number
  /** From any one row. */
  readonly hashes: readonly Uint8Array[]
  readonly algorithm: HashAlgorithm
}

/**
 * The index and hash of the node in the stated row that a leaf leads to, by the hashes of the siblings on the way there; undefined where
 * these are too few or too many.
 */
export function climbed(
  { count, hashes, algorithm }: MerkleRow,
  location: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): { readonly index: number; readonly hash: Uint8Array } | undefined {
  let index = location
  let hash = leaf
  let used = 0
  for (const length of rowLengths(count)) {
    if (length === hashes.length) return used === proof.length ? { index, hash } : undefined
    const isRight = index % 2 === 1
    if (isRight || index + 1 < length) {
      const sibling = proof[used++]
      if (!sibling) return undefined
      const [left, right] = isRight ? [sibling, hash] : [hash, sibling]
      hash = createHash(algorithm).update(left).update(right).digest()
    }
    index = Math.floor(index / 2)
  }
  return undefined
}
