/** Validation of one manifest, in the order of the specification's chapter 15. */
import { cborField } from '../cbor.ts'
import { parseAssertionLabel } from '../manifest/labels.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { ManifestReport, SignatureReport } from '../report/report.ts'
import { validateActions } from './actions.ts'
import { type Assertion, validateAssertions } from './assertions.ts'
import { type Claim, locateClaim } from './claim.ts'
import { validateKnownAssertions } from './known-assertions.ts'
import { validateAssertionSet } from './manifest-assertions.ts'
import { validateIcon } from './references.ts'
import { validateSignature } from './signature.ts'
import type { Verification } from './verification.ts'
import { manifestUri } from './verification.ts'

/** A manifest with all that was found about it but for the asset's content and its ingredients. */
export type ManifestValidation = {
  readonly manifest: Manifest
  readonly claim?: Claim
  readonly assertions: readonly Assertion[]
  readonly signature?: SignatureReport
  readonly findings: readonly Finding[]
}

/** §15.6 to §15.10: claim, signature, credential, time, revocation, assertions. */
export async function validateManifest(verification: Verification, manifest: Manifest): Promise<ManifestValidation> {
  const findings: Finding[] = []
  if (manifest.kind === 'compressed') {
    findings.push(finding('manifest.compressed.invalid', manifestUri(manifest)))
    return { manifest, assertions: [], findings }
  }
  const claim = locateClaim(manifest, findings)
  if (!claim) return { manifest, assertions: [], findings }
  const signature = await validateSignature(verification, manifest, claim, findings)
  const context = { verification, manifest, claim, findings }
  validateIcon(context, claim.uri, cborField(claim.fields, 'claim_generator_info'))
  const assertions = validateAssertions(verification, manifest, claim, findings)
  const sound = assertions.filter(({ isSound }) => isSound)
  validateAssertionSet(manifest, claim, assertionNames(claim), sound, findings)
  validateActions(verification, manifest, claim, sound, findings)
  validateKnownAssertions(context, sound)
  return { manifest, claim, assertions, ...(signature ? { signature } : {}), findings }
}

/** What a manifest says that nothing leads to: shown, and neither checked nor believed. */
export function unchecked(verification: Verification, manifest: Manifest): ManifestValidation {
  const claim = locateClaim(manifest, [])
  if (!claim) return { manifest, assertions: [], findings: [] }
  return { manifest, claim, assertions: validateAssertions(verification, manifest, claim, []), findings: [] }
}

/** Names of all assertions that a claim refers to, be they there or not; the same one counts once. */
function assertionNames(claim: Claim): string[] {
  const labels = new Set(claim.assertions.map(({ url }) => url.slice(url.lastIndexOf('/') + 1)))
  return [...labels].map((label) => parseAssertionLabel(label).name)
}

/** The part of a report that one manifest is. */
export function manifestReport({
  manifest,
  claim,
  assertions,
  signature,
  findings,
}: ManifestValidation): ManifestReport {
  return {
    label: manifest.label,
    isUpdate: manifest.kind === 'update',
    isCompressed: manifest.isCompressed,
    ...(claim ? { claimVersion: claim.version, claim: claim.fields } : {}),
    assertions: assertions.map(({ label, uri, created, content }) => ({ label, uri, created, content })),
    assertionLabels: manifest.assertions.flatMap(({ description }) => description.label ?? []),
    ...(signature ? { signature } : {}),
    findings,
  }
}
