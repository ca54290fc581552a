/** Building a manifest store: the manifests it carries over, then the new one. C2PA 2.2 §11.1. */
import type { Assertion } from '../assertions/assertion.ts'
import { encodeBox } from '../jumbf/box.ts'
import { ASSERTION_STORE, CLAIM, CLAIM_SIGNATURE, MANIFEST, MANIFEST_STORE } from '../jumbf/content-type.ts'
import { encodeSuperbox } from '../jumbf/superbox.ts'
import { ASSERTION_STORE_LABEL, CLAIM_LABEL, SIGNATURE_LABEL, STORE_LABEL } from './labels.ts'

export type ManifestParts = {
  readonly label: string
  readonly assertions: readonly Assertion[]
  /** CBOR of the claim, as it is signed. */
  readonly claim: Uint8Array
  /** CBOR of the COSE_Sign1. */
  readonly signature: Uint8Array
}

/** The store with `carried` boxes first, byte for byte, and the new manifest last: the active one. */
export function encodeManifestStore(
  carried: readonly Uint8Array[],
  { label, assertions, claim, signature }: ManifestParts,
): Uint8Array<ArrayBuffer> {
  const manifest = encodeSuperbox(
    { type: MANIFEST, requestable: true, label },
    encodeSuperbox(
      { type: ASSERTION_STORE, requestable: true, label: ASSERTION_STORE_LABEL },
      ...assertions.map(({ bytes }) => bytes),
    ),
    encodeSuperbox({ type: CLAIM, requestable: true, label: CLAIM_LABEL }, encodeBox('cbor', claim)),
    encodeSuperbox({ type: CLAIM_SIGNATURE, requestable: true, label: SIGNATURE_LABEL }, encodeBox('cbor', signature)),
  )
  return encodeSuperbox({ type: MANIFEST_STORE, requestable: true, label: STORE_LABEL }, ...carried, manifest)
}

const ONE_LETTER: ManifestParts = { label: 'x', assertions: [], claim: new Uint8Array(), signature: new Uint8Array() }
const FRAME = encodeManifestStore([], ONE_LETTER).length - ONE_LETTER.label.length

/** How long a store is, all of whose parts' lengths are known. `label` is of ASCII. */
export function manifestStoreLength(
  label: string,
  lengths: {
    readonly carried: number
    readonly assertions: number
    readonly claim: number
    readonly signature: number
  },
): number {
  return FRAME + label.length + lengths.carried + lengths.assertions + lengths.claim + lengths.signature
}
