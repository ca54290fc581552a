/** Validating alternative content representations, which C2PA 2.3 brought. C2PA 2.4 §15.10.3.2.7 and §18.14. */
import { type CborValue, cborField } from '../cbor.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf } from './assertions.ts'
import { compareHash, hashedUri, resolve } from './hashed-uri.ts'
import { isMultiAssetHash } from './manifest-assertions.ts'
import type { ReferenceContext } from './references.ts'

const LABEL = 'c2pa.alternative-content-representation'
/** The only type with rules: the image as Exif keeps it from before it was processed. */
const ORIGINAL_PRESERVATION_IMAGE = 'exif.originalPreservationImage'

/** Checks where the original preservation image of a manifest is said to be; a manifest has one at most. */
export function validateAlternativeContents(context: ReferenceContext, assertions: readonly Assertion[]): void {
  const originals = assertions.filter(
    (assertion) => assertion.name === LABEL && cborField(cborOf(assertion), 'type') === ORIGINAL_PRESERVATION_IMAGE,
  )
  for (const [index, assertion] of originals.entries())
    context.findings.push(
      index === 0 ? judge(context, assertion, assertions) : malformed(assertion, 'there is another'),
    )
}

function malformed({ uri }: Assertion, explanation: string): Finding {
  return finding('assertion.alternativeContentRepresentation.malformed', uri, explanation)
}

function judge(context: ReferenceContext, assertion: Assertion, assertions: readonly Assertion[]): Finding {
  const parameters = cborField(cborOf(assertion), 'parameters')
  const index = cborField(parameters, 'multiAssetPartIndex')
  const embedded = cborField(parameters, 'embeddedOriginalPreservationImage')
  if ((index === undefined) === (embedded === undefined))
    return malformed(assertion, 'it names not one of a part and an embedded image')
  return embedded === undefined ? judgePart(assertion, index, assertions) : judgeEmbedded(context, assertion, embedded)
}

/** The part itself is hashed by the multi-asset hash. */
function judgePart(assertion: Assertion, index: CborValue, assertions: readonly Assertion[]): Finding {
  const multiAsset = assertions.find(({ name }) => isMultiAssetHash(name))
  const parts = multiAsset && cborField(cborOf(multiAsset), 'parts')
  const isThere = Array.isArray(parts) && typeof index === 'number' && Number.isInteger(index) && index in parts
  return isThere
    ? finding('assertion.alternativeContentRepresentation.match', assertion.uri)
    : malformed(assertion, 'there is no part of that index')
}

function judgeEmbedded(
  { verification, manifest, claim }: ReferenceContext,
  assertion: Assertion,
  embedded: CborValue,
): Finding {
  const { uri } = assertion
  const reference = hashedUri(embedded)
  if (!reference?.hash) return malformed(assertion, 'the reference to the image has no hash')
  const target = resolve(verification.store, manifest, reference.url)
  if (!target?.box) return finding('assertion.alternativeContentRepresentation.missing', uri)
  const outcome = compareHash(verification.hashes, reference, claim.algorithm, target.box)
  if (outcome === 'unsupported') return finding('algorithm.unsupported', uri)
  return outcome === 'match'
    ? finding('assertion.alternativeContentRepresentation.match', uri)
    : finding('assertion.alternativeContentRepresentation.hashMismatch', uri)
}
