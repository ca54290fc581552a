/** Validating the asset's content by the hard binding. C2PA 2.2 §15.12. */
import { withoutVersion } from '../manifest/labels.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, isHardBinding } from './assertions.ts'
import { validateBmffHash } from './bmff-hash.ts'
import { validateBoxesHash } from './boxes-hash.ts'
import type { Claim } from './claim.ts'
import { validateCollectionHash } from './collection-hash.ts'
import { validateDataHash } from './data-hash.ts'
import { isMultiAssetHash } from './manifest-assertions.ts'
import { type BindingValidator, validateMultiAssetHash } from './multi-asset-hash.ts'
import type { Verification } from './verification.ts'

/**
 * Checks the first hard binding; gives whether there is one. `isUpdated`: it is that of a manifest below, whose failures the
 * active one may have recorded, and so it has to be sound.
 */
export async function validateContent(
  verification: Verification,
  claim: Claim,
  assertions: readonly Assertion[],
  isUpdated: boolean,
  findings: Finding[],
): Promise<boolean> {
  const binding = assertions.find(({ name, isSound }) => isHardBinding(name) && (isSound || !isUpdated))
  if (!binding) return false
  const validate: BindingValidator = (...given) => validateBinding(isUpdated, ...given)
  const found: Finding[] = []
  await validate(verification, claim, binding, found)
  const ofParts = assertions.filter(({ name, isSound }) => isSound && isMultiAssetHash(name))
  const hasChanged = found.some(({ code }) => code.endsWith('Hash.mismatch'))
  if (!hasChanged || ofParts.length === 0) findings.push(...found)
  else {
    findings.push(...found.filter(({ kind }) => kind !== 'failure'))
    await validateMultiAssetHash(verification, claim, assertions, ofParts, validate, findings)
  }
  return true
}

async function validateBinding(
  isUpdated: boolean,
  verification: Verification,
  claim: Claim,
  binding: Assertion,
  findings: Finding[],
): Promise<void> {
  const { name, uri } = binding
  const isBmff = withoutVersion(name) === 'c2pa.hash.bmff'
  if (verification.fragments.length > 0 && !isBmff)
    findings.push(finding('general.error', uri, `fragments are not bound by a binding of the kind ${name}`))
  else if (name === 'c2pa.hash.data') await validateDataHash(verification, claim, binding, isUpdated, findings)
  else if (name === 'c2pa.hash.boxes') await validateBoxesHash(verification, claim, binding, findings)
  else if (name === 'c2pa.hash.collection.data') await validateCollectionHash(verification, binding, findings)
  else if (isBmff) await validateBmffHash(verification, claim, binding, findings)
  else findings.push(finding('general.error', uri, `a binding of the kind ${name} is not checked here`))
}
