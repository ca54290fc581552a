/** The assertion that binds a claim to the content of the asset being signed. C2PA 2.2 §9.2. */
import type { Assertion, ContentHashAlgorithm } from '../assertions/assertion.ts'
import { bmffHashAssertion } from '../assertions/bmff-hash.ts'
import { dataHashAssertion } from '../assertions/data-hash.ts'
import { type Asset, hashParts } from '../formats/asset.ts'
import type { ByteRange, Embedding } from '../formats/asset-format.ts'

export type HardBinding = {
  /** Whether the hash is the same for a container of any length. */
  readonly isFixed: boolean
  /** As long as the hash, which it stands for until that is known. */
  readonly placeholder: Uint8Array
  /** Of the content as it is once a container of that length is in it. */
  hash(containerLength: number): Promise<Uint8Array>
  assertion(hash: Uint8Array, container: ByteRange): Assertion
}

const HASH_LENGTHS: { readonly [algorithm in ContentHashAlgorithm]: number } = { sha256: 32, sha384: 48, sha512: 64 }

/** `assetHash`: that of the asset as it came, if it is known and has no manifest store. */
export function hardBinding(
  asset: Asset,
  embedding: Embedding,
  algorithm: ContentHashAlgorithm,
  assetHash: Uint8Array | undefined,
): HardBinding {
  const isFixed = embedding.keepsContent === true && !embedding.bmffHashed
  return {
    isFixed,
    placeholder: new Uint8Array(HASH_LENGTHS[algorithm]),
    async hash(length) {
      const { before, after } = embedding.surroundings(length)
      const parts = embedding.bmffHashed?.(length) ?? [...before, ...after]
      const known = isFixed ? assetHash : undefined
      return known ?? (await hashParts(asset, parts, algorithm))
    },
    assertion: (hash, container) =>
      embedding.bmffHashed ? bmffHashAssertion(hash, algorithm) : dataHashAssertion(hash, algorithm, container),
  }
}
