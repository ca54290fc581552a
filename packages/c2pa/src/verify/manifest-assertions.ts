/** Which assertions each type of manifest must and must not have. C2PA 2.2 §15.10.1. */
import { type CborValue, cborField } from '../cbor.ts'
import { ASSERTION_STORE_LABEL, withoutVersion } from '../manifest/labels.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf, isActions, isHardBinding, isIngredient } from './assertions.ts'
import type { Claim } from './claim.ts'
import { manifestUri } from './verification.ts'

/** What an update manifest may say it did. C2PA 2.2 §11.2.3. */
const UPDATE_ACTIONS: readonly CborValue[] = ['c2pa.edited.metadata', 'c2pa.opened', 'c2pa.published', 'c2pa.redacted']

/** Checks the claim's assertions against the type of its manifest; `labels` are all it refers to, sound or not. */
export function validateAssertionSet(
  manifest: Manifest,
  claim: Claim,
  labels: readonly string[],
  assertions: readonly Assertion[],
  findings: Finding[],
): void {
  if (manifest.kind === 'update') validateUpdateManifest(claim, labels, assertions, findings)
  else if (manifest.kind === 'timeStamp') validateTimeStampManifest(claim, labels, assertions, findings)
  else validateStandardManifest(manifest, claim, labels, assertions, findings)
}

/** §15.10.1.2. */
function validateStandardManifest(
  manifest: Manifest,
  claim: Claim,
  labels: readonly string[],
  assertions: readonly Assertion[],
  findings: Finding[],
): void {
  const bindings = labels.filter(isHardBinding).length
  if (bindings === 0 || (claim.version === 2 && assertions.some(isGatheredBinding)))
    findings.push(finding('claim.hardBindings.missing', claim.uri))
  if (bindings > 1)
    findings.push(finding('assertion.multipleHardBindings', `${manifestUri(manifest)}/${ASSERTION_STORE_LABEL}`))
  if (parents(assertions).length > 1) findings.push(finding('manifest.multipleParents', claim.uri))
}

/** Nobody answers for what was gathered: the binding is the signer's own. C2PA 2.2 §10.3.2.1. */
function isGatheredBinding({ name, created }: Assertion): boolean {
  return isHardBinding(name) && !created
}

/** §15.10.1.3. */
function validateUpdateManifest(
  claim: Claim,
  labels: readonly string[],
  assertions: readonly Assertion[],
  findings: Finding[],
): void {
  if (labels.filter(isIngredient).length !== 1 || parents(assertions).length !== 1)
    findings.push(finding('manifest.update.wrongParents', claim.uri))
  const disallowed = labels.find((name) => isHardBinding(name) || isThumbnail(name) || isMultiAssetHash(name))
  if (disallowed) findings.push(finding('manifest.update.invalid', claim.uri, `an update manifest with ${disallowed}`))
  for (const assertion of assertions.filter(({ name }) => isActions(name))) {
    const actions = cborField(cborOf(assertion), 'actions')
    if (Array.isArray(actions) && actions.some((action) => !UPDATE_ACTIONS.includes(cborField(action, 'action'))))
      findings.push(finding('manifest.update.invalid', claim.uri, 'an update manifest with an action of editing'))
  }
}

/** §15.2.2.3: it adds a time stamp to its one parent, and nothing else. No longer written, and of no use for its time (§11.2.5). */
function validateTimeStampManifest(
  claim: Claim,
  labels: readonly string[],
  assertions: readonly Assertion[],
  findings: Finding[],
): void {
  if (labels.filter(isIngredient).length !== 1 || parents(assertions).length !== 1)
    findings.push(finding('manifest.timestamp.wrongParents', claim.uri))
  const disallowed = labels.find((name) => !isIngredient(name))
  if (disallowed)
    findings.push(finding('manifest.timestamp.invalid', claim.uri, `a time-stamp manifest with ${disallowed}`))
}

function parents(assertions: readonly Assertion[]): Assertion[] {
  return assertions.filter(
    (assertion) => isIngredient(assertion.name) && cborField(cborOf(assertion), 'relationship') === 'parentOf',
  )
}

function isThumbnail(name: string): boolean {
  return name.startsWith('c2pa.thumbnail.')
}

/** Whether an assertion of that name hashes parts of an asset one by one. C2PA 2.2 §18.9. */
export function isMultiAssetHash(name: string): boolean {
  return withoutVersion(name) === 'c2pa.hash.multi-asset'
}
