/** The report in the shape that c2pa-rs's Reader gives it, key by key, so that tools made for that read this too. */
import { type CborObject, type CborValue, cborField, isCborObject } from '../cbor.ts'
import { parseAssertionLabel, parseUri, withoutVersion } from '../manifest/labels.ts'
import { identityJson, signatureInfo } from './identity-json.ts'
import { type JsonObject, type JsonValue, jsonValue, present, timeText } from './json-value.ts'
import type { AssertionReport, ManifestReport, Report, SignatureReport } from './report.ts'
import { deltaJson, SPECIFICATION_VERSION, statusesJson, statusJson } from './status-json.ts'

/** The Reader JSON of a report: `manifests` by label, `validation_results`, `validation_state`. */
export function readerReport(report: Report): JsonObject {
  const failures = [...report.findings, ...report.ingredientDeltas.flatMap(({ findings }) => findings)].filter(
    ({ kind }) => kind === 'failure',
  )
  const byLabel = manifestsByLabel(report)
  const manifests: { [label: string]: JsonValue } = Object.create(null)
  for (const [label, manifest] of byLabel) manifests[label] = manifestJson(manifest, byLabel)
  return present({
    active_manifest: report.activeManifest,
    manifests,
    validation_status: failures.length === 0 ? undefined : failures.map(statusJson),
    validation_results: present({
      activeManifest: statusesJson(report.findings),
      ingredientDeltas: report.ingredientDeltas.length === 0 ? undefined : report.ingredientDeltas.map(deltaJson),
      specVersion: SPECIFICATION_VERSION,
      // What c2pa-rs calls the anchors that it was given, which have no URI.
      trustListUri: isTrusted(report) ? 'system_anchors' : undefined,
    }),
    validation_state: report.state,
  })
}

type ManifestsByLabel = ReadonlyMap<string, ManifestReport>

/** Where several have one label, that which was checked: what nothing leads to is not to be taken for it. */
function manifestsByLabel({ manifests }: Report): ManifestsByLabel {
  const byLabel = new Map<string, ManifestReport>()
  for (const manifest of manifests)
    if (manifest.findings.length > 0 || !byLabel.has(manifest.label)) byLabel.set(manifest.label, manifest)
  return byLabel
}

/** Whether an anchor vouches for the signer of any manifest. */
function isTrusted({ manifests }: Report): boolean {
  return manifests.some(({ findings }) => findings.some(({ code }) => code === 'signingCredential.trusted'))
}

function manifestJson(manifest: ManifestReport, manifests: ManifestsByLabel): JsonObject {
  const { claim, claimVersion, assertions, signature, label } = manifest
  const field = (name: string): JsonValue | undefined => optional(claim && cborField(claim, name))
  const generator = field('claim_generator_info')
  const generators = generator && (Array.isArray(generator) ? generator : [generator])
  const ingredients = assertions.filter(isIngredient)
  const redactions = field('redacted_assertions')
  return present({
    claim_generator: claimVersion === 1 ? field('claim_generator') : undefined,
    claim_generator_info: generators,
    metadata: field('metadata'),
    title: field('dc:title'),
    format: claimVersion === 1 ? field('dc:format') : undefined,
    instance_id: field('instanceID'),
    thumbnail: thumbnailJson(assertions.find(({ label }) => label.startsWith('c2pa.thumbnail.claim'))),
    ingredients:
      ingredients.length === 0
        ? undefined
        : ingredients.map((ingredient) => ingredientJson(ingredient, manifest, manifests)),
    assertions: assertions.filter((assertion) => !isLeftOut(assertion)).map(assertionJson),
    redactions: Array.isArray(redactions) && redactions.length > 0 ? redactions : undefined,
    signature_info: signature && signatureJson(signature),
    label,
    claim_version: claimVersion,
  })
}

function nameOf({ label }: AssertionReport): string {
  return parseAssertionLabel(label).name
}

function isIngredient(assertion: AssertionReport): boolean {
  return withoutVersion(nameOf(assertion)) === 'c2pa.ingredient' && assertion.content.kind === 'cbor'
}

/** Bindings, thumbnails and ingredients have places of their own, and files none. */
function isLeftOut(assertion: AssertionReport): boolean {
  const name = nameOf(assertion)
  return (
    name.startsWith('c2pa.hash.') ||
    name.startsWith('c2pa.thumbnail.') ||
    isIngredient(assertion) ||
    assertion.content.kind === 'file'
  )
}

function assertionJson(assertion: AssertionReport): JsonObject {
  const { label, content, created } = assertion
  const { name, instance } = parseAssertionLabel(label)
  return present({
    label: name === ACTIONS_V1 ? ACTIONS_V2 : name,
    data: dataJson(name, content),
    instance: instance === 0 ? undefined : instance,
    kind: content.kind === 'json' ? 'Json' : content.kind === 'cbor' ? undefined : 'Binary',
    created: created || undefined,
  })
}

/** c2pa-rs reads the first version of actions as the second, which has all members of the first but one. */
const ACTIONS_V1 = 'c2pa.actions'
const ACTIONS_V2 = 'c2pa.actions.v2'

function dataJson(name: string, content: AssertionReport['content']): JsonValue {
  if (!('value' in content)) return jsonValue(content.bytes)
  const value = content.value as CborValue
  if (name === 'cawg.identity') return identityJson(value) ?? jsonValue(value)
  const actions = cborField(value, 'actions')
  if (name !== ACTIONS_V1 || !Array.isArray(actions)) return jsonValue(value)
  return jsonValue({ ...(value as CborObject), actions: actions.map(withoutInstance) })
}

function withoutInstance(action: CborValue): CborValue {
  if (!isCborObject(action)) return action
  const { instanceId: _, ...members } = action
  return members
}

function thumbnailJson(assertion: AssertionReport | undefined): JsonObject | undefined {
  return assertion?.content.kind === 'file'
    ? { format: assertion.content.format, identifier: assertion.uri }
    : undefined
}

function ingredientJson(
  { label, content }: AssertionReport,
  manifest: ManifestReport,
  manifests: ManifestsByLabel,
): JsonObject {
  const fields = content.kind === 'cbor' ? (content.value as CborValue) : undefined
  const field = (name: string): JsonValue | undefined => optional(cborField(fields, name))
  const url = cborField(cborField(fields, 'activeManifest') ?? cborField(fields, 'c2pa_manifest'), 'url')
  const activeManifest = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : undefined
  const isThere = activeManifest !== undefined && manifests.has(activeManifest)
  return present({
    title: field('dc:title'),
    format: field('dc:format'),
    document_id: field('documentID'),
    instance_id: field('instanceID'),
    thumbnail: thumbnailJson(referred(cborField(cborField(fields, 'thumbnail'), 'url'), manifest, manifests)),
    relationship: field('relationship'),
    active_manifest: activeManifest,
    validation_status: field('validationStatus'),
    validation_results: field('validationResults'),
    metadata: field('metadata'),
    manifest_data: isThere ? { format: 'application/c2pa', identifier: activeManifest } : undefined,
    label,
  })
}

/** The assertion that a reference from a manifest points to. */
function referred(url: CborValue, from: ManifestReport, manifests: ManifestsByLabel): AssertionReport | undefined {
  const parsed = typeof url === 'string' ? parseUri(url) : undefined
  if (!parsed) return undefined
  const owner = parsed.isAbsolute ? manifests.get(parsed.path[1] ?? '') : from
  return owner?.assertions.find(({ label }) => label === parsed.path.at(-1))
}

function signatureJson(signature: SignatureReport): JsonObject {
  const { time } = signature
  return { ...signatureInfo(signature), ...(time ? { time: timeText(time) } : {}) }
}

/** Absent, null and empty are one to readers. */
function optional(value: CborValue): JsonValue | undefined {
  const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0)
  return isEmpty ? undefined : jsonValue(value)
}
