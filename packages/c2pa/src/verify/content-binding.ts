/** Validating the asset's content by the hard binding. C2PA 2.2 §15.12. */
import { withoutVersion } from '../manifest/labels.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, isHardBinding } from './assertions.ts'
import { validateBmffHash } from './bmff-hash.ts'
import { validateBoxesHash } from './boxes-hash.ts'
import type { Claim } from './claim.ts'
import { validateDataHash } from './data-hash.ts'
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
  if (binding.name === 'c2pa.hash.data') await validateDataHash(verification, claim, binding, isUpdated, findings)
  else if (withoutVersion(binding.name) === 'c2pa.hash.bmff')
    await validateBmffHash(verification, claim, binding, findings)
  else if (binding.name === 'c2pa.hash.boxes') await validateBoxesHash(verification, claim, binding, findings)
  else findings.push(finding('general.error', binding.uri, `a binding of the kind ${binding.name} is not checked here`))
  return true
}
