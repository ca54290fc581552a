/** Validating actions assertions. C2PA 2.2 §15.10.3.2.2. */
import { type CborValue, cborField, isCborObject } from '../cbor.ts'
import type { Superbox } from '../jumbf/superbox.ts'
import { ASSERTION_STORE_LABEL, parseAssertionLabel, withoutVersion } from '../manifest/labels.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import { contentCbor } from './assertion-content.ts'
import { type Assertion, cborOf, isActions, isIngredient } from './assertions.ts'
import type { Claim } from './claim.ts'
import { compareHash, type HashedUri, hashedUri, resolve } from './hashed-uri.ts'
import { type ReferenceContext, validateIcon, validateReferenceTo } from './references.ts'
import type { Verification } from './verification.ts'

/** The actions that say how the asset came to be: one of them begins the history. C2PA 2.2 §18.14.4. */
const INCEPTIONS: readonly CborValue[] = ['c2pa.created', 'c2pa.opened']

/** Checks all actions assertions of a claim. */
export function validateActions(
  verification: Verification,
  manifest: Manifest,
  claim: Claim,
  assertions: readonly Assertion[],
  findings: Finding[],
): void {
  const context: ReferenceContext = { verification, manifest, claim, findings }
  const lists = assertions.filter(({ name }) => isActions(name))
  const most = findings.length + MOST_FAULTS
  for (const [index, assertion] of lists.entries()) {
    validateList(context, assertion, index === 0, most)
    if (findings.length > most) {
      findings.push(finding('general.error', claim.uri, 'more is wrong with its actions than is told'))
      break
    }
  }
  if (claim.version === 2) requireSoftBinding(lists, assertions, findings)
  // What versions 1.x wrote need not begin with an inception, nor have actions at all.
  if (manifest.kind === 'standard' && claim.version === 2) requireInception(context, lists)
}

/** Watermarks that are there to be found by. C2PA 2.2 §18.14.5, 2.4 §18.15.5. */
const WATERMARKS: readonly CborValue[] = ['c2pa.watermarked', 'c2pa.watermarked.bound']

/** What a watermark says is stated by an assertion. C2PA 2.4 §15.10.3.2.2. */
function requireSoftBinding(lists: readonly Assertion[], assertions: readonly Assertion[], findings: Finding[]): void {
  if (assertions.some(({ name }) => withoutVersion(name) === 'c2pa.soft-binding')) return
  for (const list of lists)
    if (actionsOf(list)?.some((action) => WATERMARKS.includes(cborField(action, 'action'))))
      findings.push(finding('assertion.action.softBindingMissing', list.uri))
}

function requireInception({ claim, findings }: ReferenceContext, lists: readonly Assertion[]): void {
  // The first list may be there and unsound: then its contents say nothing, and its hash has said enough.
  const firstLabel = claim.assertions.map(({ url }) => url.slice(url.lastIndexOf('/') + 1)).find(isActionsLabel)
  if (firstLabel !== undefined && firstLabel !== lists[0]?.label) return
  const first = actionsOf(lists[0])?.[0]
  if (first === undefined || !INCEPTIONS.includes(cborField(first, 'action')))
    findings.push(
      finding('assertion.action.malformed', lists[0]?.uri ?? claim.uri, 'first action must be created or opened'),
    )
}

function isActionsLabel(label: string): boolean {
  return isActions(parseAssertionLabel(label).name)
}

/** Every real list has fewer. */
const MOST_ACTIONS = 10_000
/** Of all lists of one manifest: a byte is enough for an action that is no action. */
const MOST_FAULTS = 1000

function actionsOf(assertion: Assertion | undefined): readonly CborValue[] | undefined {
  const actions = assertion && cborField(cborOf(assertion), 'actions')
  return Array.isArray(actions) ? actions : undefined
}

function validateList(context: ReferenceContext, assertion: Assertion, isFirstList: boolean, most: number): void {
  const { claim, findings } = context
  const malformed = (explanation: string) =>
    findings.push(finding('assertion.action.malformed', assertion.uri, explanation))
  const actions = actionsOf(assertion)
  if (!actions) {
    malformed('there is no list of actions')
    return
  }
  // c2pa-rs takes an empty list of versions 1.x, and the specification says nothing of it.
  if (actions.length === 0 && claim.version === 2) malformed('the list of actions is empty')
  if (actions.length > MOST_ACTIONS) {
    malformed(`more than ${MOST_ACTIONS} actions`)
    return
  }
  for (const [index, action] of actions.entries()) {
    if (findings.length > most) return
    const type = cborField(action, 'action')
    if (typeof type !== 'string') {
      malformed(`action ${index} has no type`)
      continue
    }
    if (INCEPTIONS.includes(type) && claim.version === 2 && !(isFirstList && index === 0))
      malformed('created or opened must be first action')
    if (type === 'c2pa.created' && claim.version === 2 && typeof cborField(action, 'digitalSourceType') !== 'string')
      malformed('c2pa.created action must have a digitalSourceType')
    if (claim.version === 2) for (const fault of formFaults(action, type)) malformed(fault)
    validateIngredients(context, assertion, action, type)
    if (type === 'c2pa.redacted') validateRedaction(context, assertion, action)
    validateIcon(context, assertion.uri, cborField(action, 'softwareAgent'))
  }
  if (claim.version === 2) for (const fault of listFaults(cborOf(assertion))) malformed(fault)
  for (const list of ['softwareAgents', 'templates']) {
    const members = cborField(cborOf(assertion), list)
    if (Array.isArray(members))
      for (const member of members) if (findings.length <= most) validateIcon(context, assertion.uri, member)
  }
}

/** C2PA 2.2 §18.14.4.6, §18.14.4.7: what is wrong with the changes and parameters of an action. */
function formFaults(action: CborValue, type: string): string[] {
  const faults: string[] = []
  const parameters = cborField(action, 'parameters')
  const changes = cborField(action, 'changes')
  if (parameters !== undefined && !isCborObject(parameters)) faults.push(`the parameters of ${type} are no map`)
  if (changes !== undefined && !(Array.isArray(changes) && changes.every(isRegion)))
    faults.push(`the changes of ${type} are no list of regions`)
  if (type !== 'c2pa.translated') return faults
  for (const language of ['sourceLanguage', 'targetLanguage']) {
    const code = cborField(parameters, language)
    if (typeof code !== 'string' || code === '') faults.push(`c2pa.translated action must have a ${language}`)
  }
  return faults
}

/** `region-map`, C2PA 2.2 §18.2. */
function isRegion(value: CborValue): boolean {
  return Array.isArray(cborField(value, 'region'))
}

/** `actions-map-v2`, C2PA 2.2 §18.14.12: of what stands beside the actions. */
function listFaults(fields: CborValue): string[] {
  const faults: string[] = []
  const templates = cborField(fields, 'templates')
  const allIncluded = cborField(fields, 'allActionsIncluded')
  if (allIncluded !== undefined && typeof allIncluded !== 'boolean')
    faults.push('allActionsIncluded is neither true nor false')
  if (
    templates !== undefined &&
    !(Array.isArray(templates) && templates.every((template) => typeof cborField(template, 'action') === 'string'))
  )
    faults.push('a template does not say for which action it is')
  return faults
}

/** How an action needs its ingredients to relate to the asset. */
const RELATIONSHIPS: { readonly [action: string]: { readonly relationship: string; readonly optional: boolean } } = {
  'c2pa.opened': { relationship: 'parentOf', optional: false },
  'c2pa.placed': { relationship: 'componentOf', optional: false },
  'c2pa.removed': { relationship: 'componentOf', optional: false },
  'c2pa.transcoded': { relationship: 'parentOf', optional: true },
  'c2pa.repackaged': { relationship: 'parentOf', optional: true },
}

function validateIngredients(context: ReferenceContext, { uri }: Assertion, action: CborValue, type: string): void {
  const rule = Object.hasOwn(RELATIONSHIPS, type) ? RELATIONSHIPS[type] : undefined
  const { claim, findings } = context
  if (!rule) {
    if (claim.version === 2) validateOtherIngredients(context, uri, action)
    return
  }
  const mismatch = (explanation: string) =>
    findings.push(finding('assertion.action.ingredientMismatch', uri, explanation))
  const parameters = cborField(action, 'parameters')
  const listed = cborField(parameters, 'ingredients')
  // Before c2pa.actions.v2 there was one ingredient, not in a list.
  const single = cborField(parameters, 'ingredient')
  const ingredients = listed ?? (single === undefined ? undefined : [single])
  if (ingredients === undefined) {
    // Versions 1.x named ingredients by their instance identifiers, or not at all.
    if (!rule.optional && claim.version === 2)
      mismatch('opened, placed and removed items must have ingredient(s) parameters')
    return
  }
  if (!Array.isArray(ingredients) || ingredients.length === 0) {
    mismatch('ingredients is not a list of references')
    return
  }
  if (type === 'c2pa.opened' && ingredients.length !== 1) mismatch('opened items must have exactly one ingredient')
  if (
    ingredients.some(
      (reference) => !isIngredientReference(context, reference, rule.relationship, type === 'c2pa.removed'),
    )
  )
    mismatch(`an ingredient of ${type} is not there, is changed or is not ${rule.relationship}`)
}

/** Of actions that need none in particular: they have to be there, as all that is referred to. §15.10.3.2, §15.10.3.3. */
function validateOtherIngredients(context: ReferenceContext, uri: string, action: CborValue): void {
  const ingredients = cborField(cborField(action, 'parameters'), 'ingredients')
  if (ingredients === undefined) return
  const most = context.findings.length + MOST_FAULTS
  for (const reference of Array.isArray(ingredients) ? ingredients : [ingredients])
    if (context.findings.length < most) validateReferenceTo(context, uri, reference)
}

/** Whether the value is a reference whose hash matches, to an ingredient assertion of that relationship. */
function isIngredientReference(
  { verification, manifest, claim }: ReferenceContext,
  value: CborValue,
  relationship: string,
  inAnotherManifest: boolean,
): boolean {
  const reference = hashedUri(value)
  const target = reference && resolve(verification.store, manifest, reference.url)
  const [storeLabel, label] = target?.path ?? []
  if (!target?.box || target.path.length !== 2 || storeLabel !== ASSERTION_STORE_LABEL || !label) return false
  if ((target.manifestLabel === manifest.label) === inAnotherManifest) return false
  return (
    isIngredient(parseAssertionLabel(label).name) &&
    isUnchanged(verification, claim, reference as HashedUri, target.box) &&
    cborField(contentCbor(target.box), 'relationship') === relationship
  )
}

/** The claim's own reference to the ingredient assertion has been checked; version 1.0 hashed differently here. */
function isUnchanged({ hashes }: Verification, claim: Claim, reference: HashedUri, box: Superbox): boolean {
  return claim.version === 1 || compareHash(hashes, reference, claim.algorithm, box) === 'match'
}

function validateRedaction(
  { verification, manifest, findings }: ReferenceContext,
  { uri }: Assertion,
  action: CborValue,
): void {
  const redacted = cborField(cborField(action, 'parameters'), 'redacted')
  const target = typeof redacted === 'string' ? resolve(verification.store, manifest, redacted) : undefined
  const isAssertion = target?.path.length === 2 && target.path[0] === ASSERTION_STORE_LABEL
  if (!isAssertion || !(target.box || verification.redactions.has(target.uri)))
    findings.push(finding('assertion.action.redactionMismatch', uri))
}
