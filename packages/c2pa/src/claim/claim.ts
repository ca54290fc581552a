/** The claim, version 2: what the signature speaks for. C2PA 2.2 §10.3. */
import type { GeneratorInfo } from '../assertions/actions.ts'
import type { ContentHashAlgorithm, HashedUri } from '../assertions/assertion.ts'
import { encodeCbor } from '../cbor-encode.ts'
import { relativeUri, SIGNATURE_LABEL } from '../manifest/labels.ts'

export type Claim = {
  readonly instanceId: string
  readonly generator: GeneratorInfo
  readonly title?: string
  readonly algorithm: ContentHashAlgorithm
  /** Stated by the signer. */
  readonly created: readonly HashedUri[]
  /** Taken over from elsewhere, by whoever had the asset signed. */
  readonly gathered: readonly HashedUri[]
}

/** The CBOR that is signed. */
export function encodeClaim(claim: Claim): Uint8Array {
  return encodeCbor({
    instanceID: claim.instanceId,
    claim_generator_info: claim.generator,
    signature: relativeUri(SIGNATURE_LABEL),
    created_assertions: claim.created,
    gathered_assertions: claim.gathered.length === 0 ? undefined : claim.gathered,
    'dc:title': claim.title,
    alg: claim.algorithm,
  })
}
