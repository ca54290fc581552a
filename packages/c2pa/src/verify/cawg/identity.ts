/** Validation of identity assertions: who, beside the signer of the claim, stands behind the asset. CAWG Identity Assertion 1.1 §7. */
import { equalBytes } from '@countersign/codec'
import { parseAssertionLabel } from '../../manifest/labels.ts'
import { type Finding, finding } from '../../report/finding.ts'
import { isHardBinding } from '../assertions.ts'
import { resolve } from '../hashed-uri.ts'
import type { ManifestValidation } from '../manifest-validation.ts'
import type { Verification } from '../verification.ts'
import { validateClaimsAggregation } from './claims-aggregation.ts'
import { type Surroundings, validateExpectations } from './expectations.ts'
import { type IdentityAssertion, identityAssertion, isIdentity } from './identity-assertion.ts'
import { validateX509 } from './x509.ts'

/** Each has a signature to check, and a path to find. */
const MOST_IDENTITIES = 16

/** Checks the identity assertions of the active manifest; those of ingredients spoke of another asset. */
export async function validateIdentities(
  verification: Verification,
  { manifest, claim, assertions, signature }: ManifestValidation,
  findings: Finding[],
): Promise<void> {
  if (!claim) return
  const identities: IdentityAssertion[] = []
  for (const assertion of assertions.filter(({ name, isSound }) => isSound && isIdentity(name))) {
    const identity = identityAssertion(assertion, claim.algorithm)
    if (typeof identity === 'string') findings.push(finding('cawg.identity.cbor.invalid', assertion.uri, identity))
    else identities.push(identity)
  }
  if (identities.length > MOST_IDENTITIES) {
    findings.push(finding('general.error', claim.uri, `more than ${MOST_IDENTITIES} identity assertions`))
    return
  }
  const [claimSigner] = signature?.certificates ?? []
  const surroundings = { store: verification.store, manifest, claim, claimSigner, identities }
  for (const identity of identities) await validateIdentity(verification, surroundings, identity, findings)
}

async function validateIdentity(
  verification: Verification,
  surroundings: Surroundings,
  identity: IdentityAssertion,
  findings: Finding[],
): Promise<void> {
  const { uri, pads, signatureType } = identity
  if (pads.some((pad) => pad.some((byte) => byte !== 0))) findings.push(finding('cawg.identity.pad.invalid', uri))
  validateReferences(surroundings, identity, findings)
  validateExpectations(surroundings, identity, findings)
  if (signatureType === 'cawg.x509.cose') await validateX509(verification, identity, findings)
  else if (signatureType === 'cawg.identity_claims_aggregation')
    await validateClaimsAggregation(verification, identity, findings)
  else findings.push(finding('cawg.identity.sig_type.unknown', uri, `sig_type ${signatureType} is not known here`))
}

/** Each is in the claim too, none is there twice, and one of them is a hard binding. */
function validateReferences(
  { store, manifest, claim }: Surroundings,
  { uri, references }: IdentityAssertion,
  findings: Finding[],
): void {
  const targetOf = (url: string): string => resolve(store, manifest, url)?.uri ?? url
  const inClaim = new Map(claim.assertions.map((reference) => [targetOf(reference.url), reference]))
  const seen = new Set<string>()
  for (const { url, hash } of references) {
    const target = targetOf(url)
    const claimed = inClaim.get(target)
    if (!claimed?.hash || !hash || !equalBytes(claimed.hash, hash))
      findings.push(finding('cawg.identity.assertion.mismatch', uri, `not in the claim: ${url}`))
    if (seen.has(target)) findings.push(finding('cawg.identity.assertion.duplicate', uri, `there twice: ${url}`))
    seen.add(target)
  }
  const isBound = [...seen].some((target) =>
    isHardBinding(parseAssertionLabel(target.slice(target.lastIndexOf('/') + 1)).name),
  )
  if (!isBound) findings.push(finding('cawg.identity.hard_binding_missing', uri))
}
