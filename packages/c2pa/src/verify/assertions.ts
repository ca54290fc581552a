/** Validating the assertions of a claim, whatever they say. C2PA 2.2 §15.10.3.1. */
import type { CborValue } from '../cbor.ts'
import type { Superbox } from '../jumbf/superbox.ts'
import { ASSERTION_STORE_LABEL, parseAssertionLabel, withoutVersion } from '../manifest/labels.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { AssertionReport } from '../report/report.ts'
import { assertionContent } from './assertion-content.ts'
import { type AssertionReference, type Claim, isOfVersion } from './claim.ts'
import { compareHash, resolve } from './hashed-uri.ts'
import { manifestUri, type Verification } from './verification.ts'

/** An assertion that the claim refers to and that could be read. */
export type Assertion = {
  /** With its instance: `c2pa.ingredient.v3__2`. */
  readonly label: string
  /** Without: `c2pa.ingredient.v3`. */
  readonly name: string
  readonly uri: string
  readonly created: boolean
  /** Whether its hash is the one in the claim: what is not sound is shown and not believed. */
  readonly isSound: boolean
  readonly box: Superbox
  readonly content: AssertionReport['content']
}

/** Labels of hard bindings without versions. C2PA 2.2 §9.2. */
const HARD_BINDINGS = ['c2pa.hash.data', 'c2pa.hash.boxes', 'c2pa.hash.collection.data', 'c2pa.hash.bmff']

/** Whether an assertion of that name binds the claim to the asset. */
export function isHardBinding(name: string): boolean {
  return HARD_BINDINGS.includes(withoutVersion(name))
}

/** Whether an assertion of that name lists actions. */
export function isActions(name: string): boolean {
  return withoutVersion(name) === 'c2pa.actions'
}

/** Whether an assertion of that name states an ingredient. */
export function isIngredient(name: string): boolean {
  return withoutVersion(name) === 'c2pa.ingredient'
}

/** The CBOR of an assertion; undefined for one of another kind. */
export function cborOf({ content }: Assertion): CborValue {
  return content.kind === 'cbor' ? (content.value as CborValue) : undefined
}

/** Checks every reference of the claim and looks for assertions that none refers to; gives those that are there, in the claim's order. */
export function validateAssertions(
  verification: Verification,
  manifest: Manifest,
  claim: Claim,
  findings: Finding[],
): Assertion[] {
  const assertions = new Map<Superbox, Assertion>()
  const own = new Set(manifest.assertions)
  const referred = new Set<Superbox>()
  for (const reference of claim.assertions) {
    const assertion = validateReference(verification, manifest, claim, reference, { own, referred }, findings)
    if (assertion && !assertions.has(assertion.box)) assertions.set(assertion.box, assertion)
  }
  for (const box of manifest.assertions)
    if (!referred.has(box)) findings.push(finding('assertion.undeclared', assertionUri(manifest, box)))
  for (const url of claim.redactedAssertions) {
    const target = resolve(verification.store, manifest, url)
    if (!target || target.manifestLabel === manifest.label) findings.push(finding('assertion.selfRedacted', claim.uri))
    else if (target.box && !verification.redactions.has(target.uri))
      findings.push(finding('general.error', claim.uri, `redacts what is in none of its ingredients: ${url}`))
  }
  return [...assertions.values()]
}

function assertionUri(manifest: Manifest, { description }: Superbox): string {
  return `${manifestUri(manifest)}/${ASSERTION_STORE_LABEL}/${description.label ?? ''}`
}

function validateReference(
  verification: Verification,
  manifest: Manifest,
  claim: Claim,
  reference: AssertionReference,
  { own, referred }: { readonly own: ReadonlySet<Superbox>; readonly referred: Set<Superbox> },
  findings: Finding[],
): Assertion | undefined {
  const { store, hashes, redactions } = verification
  const { url } = reference
  const target = resolve(store, manifest, url)
  const [storeLabel, label, ...deeper] = target?.path ?? []
  if (target?.manifestLabel !== manifest.label || storeLabel !== ASSERTION_STORE_LABEL || !label || deeper.length > 0) {
    findings.push(finding('assertion.outsideManifest', claim.uri, `assertion outside of manifest: ${url}`))
    return undefined
  }
  const { uri } = target
  // A store of assertions under that label but of another type is none: what else it holds would go unnoticed.
  const box = target.box && own.has(target.box) ? target.box : undefined
  const { name } = parseAssertionLabel(label)
  if (redactions.has(uri)) {
    if (box) referred.add(box)
    checkRedaction(claim, name, uri, box, findings)
    return undefined
  }
  if (!box) {
    findings.push(finding('assertion.missing', uri, `cannot find matching assertion: ${url}`))
    return undefined
  }
  referred.add(box)
  const outcome = compareHash(hashes, reference, claim.algorithm, box)
  if (outcome === 'unsupported') {
    findings.push(finding('algorithm.unsupported', uri, `no hash that is allowed for ${url}`))
    return undefined
  }
  const isSound = outcome === 'match'
  findings.push(
    isSound
      ? finding('assertion.hashedURI.match', uri, `hashed uri matched: ${url}`)
      : finding('assertion.hashedURI.mismatch', uri, `hash does not match assertion data: ${url}`),
  )
  const content = assertionContent(box)
  if (content.kind === 'invalid') {
    findings.push(finding(content.code, uri, content.reason))
    return undefined
  }
  return { label, name, uri, created: reference.created, isSound, box, content }
}

/** §15.10.3.1 and §15.11.3.3.1: some may never be redacted, and of those that were nothing may be left. */
function checkRedaction(claim: Claim, name: string, uri: string, box: Superbox | undefined, findings: Finding[]): void {
  if (isActions(name)) findings.push(finding('assertion.action.redacted', uri))
  else if (isHardBinding(name))
    findings.push(
      finding(isOfVersion(claim, 2, 3) ? 'assertion.hardBinding.redacted' : 'assertion.dataHash.redacted', uri),
    )
  if (box?.boxes.some(({ payload }) => payload.some((byte) => byte !== 0)))
    findings.push(finding('assertion.notRedacted', uri))
}
