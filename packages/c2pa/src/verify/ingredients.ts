/** Validating the ingredients. C2PA 2.2 §15.11. */
import { equalBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { cborField } from '../cbor.ts'
import { parseAssertionLabel } from '../manifest/labels.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { IngredientDelta } from '../report/report.ts'
import { allowedHash } from './box-hashes.ts'
import { compareHash, resolve } from './hashed-uri.ts'
import { findingKey, type IngredientAssertion } from './ingredient-assertion.ts'
import { type Descent, isRecorded, type Lineage } from './lineage.ts'
import type { ManifestValidation } from './manifest-validation.ts'
import { type Telling, told } from './told.ts'
import { manifestUri, type Verification } from './verification.ts'

/** One manifest may be the ingredient of hundreds of assertions, and its findings are told for each. */
const MOST_FINDINGS = 50_000

/** Validates every ingredient of the lineage, and gives what their ingredient assertions don't record. §15.11.3.3. */
export async function validateIngredients(
  verification: Verification,
  lineage: Lineage,
  validationOf: (manifest: Manifest) => Promise<ManifestValidation>,
  telling: Telling,
): Promise<IngredientDelta[]> {
  const deltas: IngredientDelta[] = []
  let left = MOST_FINDINGS
  for (const descent of lineage.descents) {
    const all: Finding[] = []
    validateIngredient(verification, descent, all)
    // Time-stamp manifests are passed over, and what they lead to is not (§15.11.2.3).
    if (descent.manifest && descent.manifest.kind !== 'timeStamp') {
      const { findings } = await validationOf(descent.manifest)
      all.push(...findings)
    }
    left -= all.length
    if (left < 0) {
      const cut = finding('general.error', descent.uri, 'more was found about ingredients than is told')
      deltas.push({ ingredientAssertionUri: descent.uri, findings: [cut] })
      break
    }
    const news = all.filter((candidate) => !isRecorded(descent.recorded, findingKey(candidate)))
    const findings = told(telling, descent.uri, news)
    if (findings.length > 0) deltas.push({ ingredientAssertionUri: descent.uri, findings })
  }
  return deltas
}

/** The ingredient assertion itself, and the hashes by which it holds on to the ingredient's manifest. */
function validateIngredient(verification: Verification, descent: Descent, findings: Finding[]): void {
  const { uri, ingredient, manifest } = descent
  if (!ingredient) {
    findings.push(finding('assertion.ingredient.malformed', uri))
    return
  }
  if (!ingredient.manifest) {
    if (ingredient.relationship !== 'inputTo')
      findings.push(
        finding('ingredient.unknownProvenance', uri, `${titleOf(ingredient)}ingredient does not have provenance`),
      )
    return
  }
  if (!ingredient.hasResults && parseAssertionLabel(descent.label).name === 'c2pa.ingredient.v3')
    findings.push(finding('assertion.ingredient.malformed', uri, 'there are no validation results'))
  if (!manifest) {
    findings.push(finding('ingredient.manifest.missing', uri))
    return
  }
  if (verification.redactedManifests.has(manifest.label))
    compareClaimSignature(verification, descent, ingredient, manifest, findings)
  else compareManifest(verification, descent, ingredient, manifest, findings)
}

function titleOf({ fields }: IngredientAssertion): string {
  const title = cborField(fields, 'dc:title')
  return typeof title === 'string' ? `${title}: ` : ''
}

/** §15.11.3.3.1: where something was redacted, only the signature is still what it was. */
function compareClaimSignature(
  { store, hashes }: Verification,
  { from, uri, algorithm }: Descent,
  { claimSignature }: IngredientAssertion,
  manifest: Manifest,
  findings: Finding[],
): void {
  const target = claimSignature && resolve(store, from, claimSignature.url)
  const box = manifest.signatures.find((candidate) => candidate.box === target?.box)?.box
  if (!claimSignature || !box) {
    findings.push(finding('ingredient.claimSignature.missing', uri))
    return
  }
  const outcome = compareHash(hashes, claimSignature, algorithm, box)
  if (outcome === 'unsupported') findings.push(finding('algorithm.unsupported', uri))
  else if (outcome === 'mismatch') findings.push(finding('ingredient.claimSignature.mismatch', uri))
  else findings.push(finding('ingredient.claimSignature.validated', manifestUri(manifest)))
}

/** §15.11.3.3.2. */
function compareManifest(
  { hashes }: Verification,
  { uri, algorithm }: Descent,
  { manifest: reference }: IngredientAssertion,
  manifest: Manifest,
  findings: Finding[],
): void {
  if (!reference) return
  const outcome = compareHash(hashes, reference, algorithm, manifest.box)
  if (outcome === 'unsupported') findings.push(finding('algorithm.unsupported', uri))
  else if (outcome === 'match') findings.push(finding('ingredient.manifest.validated', manifestUri(manifest)))
  else if (!isHashOfClaim(reference, algorithm, manifest)) findings.push(finding('ingredient.manifest.mismatch', uri))
}

/** Version 1.0 hashed the claim alone, which holds the hashes of all else but the signature, and that is verified. */
function isHashOfClaim(
  reference: NonNullable<IngredientAssertion['manifest']>,
  enclosingAlgorithm: string | undefined,
  { claims }: Manifest,
): boolean {
  const algorithm = allowedHash(reference.algorithm ?? enclosingAlgorithm)
  const [claim] = claims
  if (!algorithm || !reference.hash || claims.length !== 1 || claim?.version !== 1) return false
  return equalBytes(digest(algorithm, claim.bytes), reference.hash)
}
