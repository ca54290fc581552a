/** The assertion that binds a claim to the content of the asset being signed. C2PA 2.2 §9.2. */
import type { Assertion, ContentHashAlgorithm } from '../assertions/assertion.ts'
import { bmffHashAssertion } from '../assertions/bmff-hash.ts'
import { dataHashAssertion } from '../assertions/data-hash.ts'
import { type Asset, hashParts } from '../formats/asset.ts'
import type { ByteRange, Embedding, Part, Surroundings } from '../formats/asset-format.ts'

/** The content as it is once a container of a certain length is in it. */
export type BoundContent = {
  readonly container: ByteRange
  readonly surroundings: Surroundings
  readonly hash: Uint8Array
  readonly assertion: Assertion
}

export type HardBinding = {
  /** An assertion as long as the one that binds, for a container of that length: it hashes nothing. */
  unbound(containerLength: number): Assertion
  bind(containerLength: number): Promise<BoundContent>
}

const HASH_LENGTHS: { readonly [algorithm in ContentHashAlgorithm]: number } = { sha256: 32, sha384: 48, sha512: 64 }

/** `assetHash`: that of the asset as it came, if it is known and has no manifest store. */
export function hardBinding(
  asset: Asset,
  embedding: Embedding,
  algorithm: ContentHashAlgorithm,
  assetHash: Uint8Array | undefined,
): HardBinding {
  const { position } = embedding
  const unknown = new Uint8Array(HASH_LENGTHS[algorithm])
  const assertionOf = (hash: Uint8Array, container: ByteRange): Assertion =>
    embedding.bmffHashed ? bmffHashAssertion(hash, algorithm) : dataHashAssertion(hash, algorithm, container)
  return {
    unbound: (length) => assertionOf(unknown, { start: position, length }),
    async bind(length) {
      const container = { start: position, length }
      const surroundings = embedding.surroundings(length)
      const parts = [...surroundings.before, ...surroundings.after]
      const known = !embedding.bmffHashed && parts.every(isRange) ? assetHash : undefined
      const hash = known ?? (await hashParts(asset, embedding.bmffHashed?.(length) ?? parts, algorithm))
      return { container, surroundings, hash, assertion: assertionOf(hash, container) }
    },
  }
}

function isRange(part: Part): part is ByteRange {
  return !(part instanceof Uint8Array)
}
