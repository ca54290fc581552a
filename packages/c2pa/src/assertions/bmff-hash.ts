/** The hard binding of ISO base media files. C2PA 2.2 §18.6. */
import { c2paUuid } from '../formats/bmff-box.ts'
import { type Assertion, type ContentHashAlgorithm, cborAssertion } from './assertion.ts'

export const BMFF_HASH_LABEL = 'c2pa.hash.bmff.v3'

/** Binds all of the asset but what every such hash leaves out. C2PA 2.2 A.5.6. */
export function bmffHashAssertion(hash: Uint8Array, algorithm: ContentHashAlgorithm): Assertion {
  return cborAssertion(BMFF_HASH_LABEL, {
    exclusions: [{ xpath: '/uuid', data: [{ offset: 8, value: c2paUuid() }] }, { xpath: '/ftyp' }, { xpath: '/mfra' }],
    alg: algorithm,
    hash,
    name: 'jumbf manifest',
  })
}
