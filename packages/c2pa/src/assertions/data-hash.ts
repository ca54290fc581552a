/** The hard binding of assets that are hashed as one run of bytes. C2PA 2.2 §18.5. */
import type { ByteRange } from '../formats/asset-format.ts'
import { type Assertion, type ContentHashAlgorithm, cborAssertion } from './assertion.ts'

export const DATA_HASH_LABEL = 'c2pa.hash.data'

/** Binds all of the asset but the container of the manifest store. */
export function dataHashAssertion(hash: Uint8Array, algorithm: ContentHashAlgorithm, container: ByteRange): Assertion {
  const { start, length } = container
  return cborAssertion(DATA_HASH_LABEL, {
    exclusions: [{ start, length }],
    alg: algorithm,
    hash,
    name: 'jumbf manifest',
    pad: new Uint8Array(),
  })
}
