/** Hashes of JUMBF boxes. C2PA 2.2 §8.4.2.3 and §15.4. */
import { digest, type HashAlgorithm } from '@countersign/pki'
import { hashedPart, type Superbox } from '../jumbf/superbox.ts'

/** The hash that a name stands for; undefined for all that is not in the allowed list. C2PA 2.2 §13.1. */
export function allowedHash(name: string | undefined): Exclude<HashAlgorithm, 'sha1'> | undefined {
  return name === 'sha256' || name === 'sha384' || name === 'sha512' ? name : undefined
}

/** Hashes each box once with each algorithm, however many references point to it. */
export class BoxHashes {
  readonly #known = new WeakMap<Superbox, Map<HashAlgorithm, Uint8Array>>()

  of(box: Superbox, algorithm: HashAlgorithm): Uint8Array {
    let hashes = this.#known.get(box)
    if (!hashes) {
      hashes = new Map()
      this.#known.set(box, hashes)
    }
    let hash = hashes.get(algorithm)
    if (!hash) {
      hash = digest(algorithm, hashedPart(box))
      hashes.set(algorithm, hash)
    }
    return hash
  }
}
