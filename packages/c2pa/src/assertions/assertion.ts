/** Assertion boxes, and the hashed URIs that bind them. C2PA 2.2 §6, §8.3, §8.4. */
import { utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { CborObject, CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor-encode.ts'
import { encodeBox } from '../jumbf/box.ts'
import { CBOR_CONTENT, EMBEDDED_FILE, JSON_CONTENT } from '../jumbf/content-type.ts'
import { encodeSuperbox } from '../jumbf/superbox.ts'
import { ASSERTION_STORE_LABEL, absoluteUri, relativeUri } from '../manifest/labels.ts'

/** The hashes that C2PA allows. C2PA 2.2 §13.1. */
export type ContentHashAlgorithm = 'sha256' | 'sha384' | 'sha512'

/** An assertion as it goes into the assertion store: the whole superbox. */
export type Assertion = { readonly label: string; readonly bytes: Uint8Array }

/** An assertion of CBOR. C2PA 2.2 §6.5. */
export function cborAssertion(label: string, data: CborValue): Assertion {
  return assertion(label, CBOR_CONTENT, encodeBox('cbor', encodeCbor(data)))
}

/** An assertion of JSON or JSON-LD. C2PA 2.2 §6.5. */
export function jsonAssertion(label: string, data: unknown): Assertion {
  return assertion(label, JSON_CONTENT, encodeBox('json', utf8Bytes(JSON.stringify(data))))
}

/** An assertion that is a file, such as a thumbnail: `bfdb` names its media type, `bidb` holds it. ISO/IEC 19566-5 B.6. */
export function fileAssertion(label: string, mediaType: string, file: Uint8Array): Assertion {
  const description = encodeBox('bfdb', Uint8Array.of(0), utf8Bytes(mediaType), Uint8Array.of(0))
  return assertion(label, EMBEDDED_FILE, description, encodeBox('bidb', file))
}

function assertion(label: string, type: string, ...contents: readonly Uint8Array[]): Assertion {
  return { label, bytes: encodeSuperbox({ type, requestable: true, label }, ...contents) }
}

/** A reference with the hash of the superbox it names, less that box's header. C2PA 2.2 §8.4.2. */
export type HashedUri = CborObject & { readonly url: string; readonly hash: Uint8Array; readonly alg?: string }

/** To an assertion from its own claim, whose `alg` counts. */
export function claimReference(target: Assertion, algorithm: ContentHashAlgorithm): HashedUri {
  return { url: relativeUri(ASSERTION_STORE_LABEL, target.label), hash: digest(algorithm, target.bytes.subarray(8)) }
}

/** To an assertion from another assertion of the same manifest. */
export function assertionReference(target: Assertion, algorithm: ContentHashAlgorithm): HashedUri {
  return { ...claimReference(target, algorithm), alg: algorithm }
}

/** To a superbox of another manifest of the store, by its path of labels. `hashed` is the box less its header. */
export function storeReference(
  path: readonly string[],
  hashed: Uint8Array,
  algorithm: ContentHashAlgorithm,
): HashedUri {
  return { url: absoluteUri(...path), hash: digest(algorithm, hashed), alg: algorithm }
}
