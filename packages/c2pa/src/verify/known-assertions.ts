/** Validation of the other assertions that the specification has rules for. C2PA 2.2 §15.10.3.2. */
import { cborField, isCborObject } from '../cbor.ts'
import { type Finding, finding } from '../report/finding.ts'
import { validateAlternativeContents } from './alternative-content.ts'
import { type Assertion, cborOf, isIngredient } from './assertions.ts'
import { validateCloudData } from './cloud-data.ts'
import { isExternalReference, validateExternalReference } from './external-reference.ts'
import { hashedUri, resolve } from './hashed-uri.ts'
import { disallowedField } from './metadata-assertion.ts'
import { type ReferenceContext, validateReferenceTo } from './references.ts'

/** Checks the assertions of each kind that has rules of its own. */
export function validateKnownAssertions(context: ReferenceContext, assertions: readonly Assertion[]): void {
  const { manifest, findings } = context
  validateAlternativeContents(context, assertions)
  for (const assertion of assertions) {
    const { name } = assertion
    if (name === 'c2pa.cloud-data') validateCloudData(manifest, assertion, findings)
    else if (isExternalReference(name)) validateExternalReference(assertion, findings)
    else if (name === 'c2pa.time-stamp') validateTimeStamps(assertion, findings)
    else if (name === 'c2pa.metadata') validateMetadata(assertion, findings)
    else if (isIngredient(name)) validateIngredientReferences(context, assertion)
    if (context.claim.version === 2 && name.startsWith('c2pa.')) validateMetadataReference(context, assertion)
  }
}

/** Those to boxes beside the ingredient's manifest, which is validated in its turn. §15.10.3.3. Versions 1.x hashed otherwise. */
function validateIngredientReferences(context: ReferenceContext, assertion: Assertion): void {
  const { verification, manifest, claim } = context
  if (claim.version === 1) return
  const signature = hashedUri(cborField(cborOf(assertion), 'claimSignature'))
  const label = signature && resolve(verification.store, manifest, signature.url)?.manifestLabel
  // Where something was redacted, the ingredient is held by its signature, and what is wrong with that told so.
  const isHeldBySignature = label !== undefined && verification.redactedManifests.has(label)
  for (const name of isHeldBySignature ? ['thumbnail', 'data'] : ['thumbnail', 'data', 'claimSignature']) {
    const value = cborField(cborOf(assertion), name)
    const references = Array.isArray(value) ? value : value === undefined ? [] : [value]
    for (const reference of references) validateReferenceTo(context, assertion.uri, reference)
  }
}

/** What assertion metadata are about, be they in an assertion or one of their own. §18.3.4, §15.10.3.3. */
function validateMetadataReference(context: ReferenceContext, assertion: Assertion): void {
  const fields = cborOf(assertion)
  const metadata = assertion.name === 'c2pa.assertion.metadata' ? fields : cborField(fields, 'metadata')
  const reference = cborField(metadata, 'reference')
  if (reference !== undefined) validateReferenceTo(context, assertion.uri, reference)
}

/** §15.10.3.2.3. */
function validateMetadata({ content, uri }: Assertion, findings: Finding[]): void {
  const field = disallowedField('value' in content ? content.value : undefined)
  if (field !== undefined) findings.push(finding('assertion.metadata.disallowed', uri, `${field} is not allowed`))
}

/** §15.10.3.2.4. */
function validateTimeStamps(assertion: Assertion, findings: Finding[]): void {
  const fields = cborOf(assertion)
  if (!isCborObject(fields) || Object.keys(fields).length === 0)
    findings.push(finding('assertion.timestamp.malformed', assertion.uri))
}
