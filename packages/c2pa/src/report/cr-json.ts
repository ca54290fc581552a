/**
 * The report as Content Credentials JSON, which the conformance program asks of validators: asset, trust list, list of time-stamp
 * authorities and moment go into `verify`, and what it reports into here.
 *
 * Sections are those of "Content Credentials JSON (crJSON) File Format Specification" 2.5.
 */
import { encodeBase64 } from '@countersign/codec'
import { type CborObject, type CborValue, cborField, isCborObject } from '../cbor.ts'
import { parseAssertionLabel } from '../manifest/labels.ts'
import { signatureJson } from './cr-json-signature.ts'
import type { Finding } from './finding.ts'
import { type JsonObject, type JsonValue, jsonValue, present, timeText } from './json-value.ts'
import type { AssertionReport, IngredientDelta, ManifestReport, Report } from './report.ts'
import { deltaJson, SPECIFICATION_VERSION, statusesJson } from './status-json.ts'

/** §3.2: the terms of crJSON itself, and those of what it has no place for. */
const CONTEXT = { '@vocab': 'https://c2pa.org/crjson', extras: 'https://c2pa.org/crjson/extras' }

/** §3.3. The version is that of this package. */
const GENERATOR = { name: 'Countersign', version: '0.1.0' }

/** §3.5.3 and §3.5.2: what a claim may hold, in the schema's order. */
const CLAIM_MEMBERS = {
  1: 'claim_generator claim_generator_info signature assertions dc:format instanceID dc:title redacted_assertions alg alg_soft metadata',
  2: 'instanceID claim_generator_info signature created_assertions gathered_assertions dc:title redacted_assertions alg alg_soft specVersion metadata',
} as const

const REFERENCES = ['assertions', 'created_assertions', 'gathered_assertions']

/** The crJSON document of a report, the active manifest first. Without a manifest to show, `extras:validationResults` says why. */
export function crJson(report: Report): JsonObject {
  const deltas = deltasByManifest(report)
  const manifests = report.manifests
    .toReversed()
    .map((manifest) => manifestJson(manifest, report, deltas.get(manifest.label) ?? []))
  return {
    '@context': CONTEXT,
    manifests,
    jsonGenerator: GENERATOR,
    ...(manifests.length === 0 ? { 'extras:validationResults': resultsJson(report.findings, report) } : {}),
  }
}

function deltasByManifest({ ingredientDeltas }: Report): ReadonlyMap<string, readonly IngredientDelta[]> {
  const byManifest = new Map<string, IngredientDelta[]>()
  for (const delta of ingredientDeltas) {
    const label = delta.ingredientAssertionUri.split('/')[2] ?? ''
    const others = byManifest.get(label)
    if (others) others.push(delta)
    else byManifest.set(label, [delta])
  }
  return byManifest
}

/** §3.4. Each has its own claim key, so that readers see the version at once. */
function manifestJson(manifest: ManifestReport, report: Report, deltas: readonly IngredientDelta[]): JsonObject {
  const { label, isUpdate, isCompressed, claimVersion = 2, signature } = manifest
  const isActive = manifest === report.manifests.at(-1)
  return present({
    label,
    isUpdateManifest: isUpdate,
    isCompressedManifest: isCompressed,
    assertions: assertionsJson(manifest),
    [claimVersion === 1 ? 'claim' : 'claim.v2']: claimJson(manifest.claim ?? {}, claimVersion),
    signature: signatureJson(signature),
    validationResults: resultsJson(isActive ? report.findings : manifest.findings, report),
    ingredientDeltas: deltas.length === 0 ? undefined : deltas.map(deltaJson),
  })
}

/** §3.8. */
function resultsJson(findings: readonly Finding[], { validatedAt }: Report): JsonObject {
  return {
    ...statusesJson(findings),
    specVersion: SPECIFICATION_VERSION,
    validationTime: timeText(validatedAt),
  }
}

/** §3.5. */
function claimJson(claim: CborObject, version: 1 | 2): JsonObject {
  const members = CLAIM_MEMBERS[version].split(' ').map((name): [string, JsonValue | undefined] => {
    const value = cborField(claim, name)
    if (REFERENCES.includes(name) && Array.isArray(value)) return [name, value.map(referenceJson)]
    return [name, value === undefined ? undefined : decoded(value)]
  })
  const empty = version === 2 ? { gathered_assertions: [], redacted_assertions: [] } : {}
  return { ...empty, ...present(Object.fromEntries(members)), ...(version === 1 ? generatorInfo(claim) : {}) }
}

/** A hashed URI has these three members and no others in a claim. */
function referenceJson(value: CborValue): JsonValue {
  const members = ['url', 'alg', 'hash'].map((name): [string, CborValue] => [name, cborField(value, name)])
  return decoded(Object.fromEntries(members.filter(([, member]) => member !== undefined)))
}

/** Claims of the first versions have no `claim_generator_info`, which crJSON demands: the name is in `claim_generator`. */
function generatorInfo(claim: CborObject): JsonObject {
  const list = cborField(claim, 'claim_generator_info')
  const infos = Array.isArray(list) ? list.filter(isCborObject) : []
  const name = cborField(claim, 'claim_generator')
  const known = infos.length === 0 && typeof name === 'string' ? [{ name }] : infos
  return { claim_generator_info: known.map(decoded) }
}

/** §3.6.1: every assertion of the store by its label; empty where nothing can be said, or where the claim does not vouch for it. */
function assertionsJson(manifest: ManifestReport): JsonObject {
  const { assertions, assertionLabels } = manifest
  const byLabel: { [label: string]: JsonValue } = Object.create(null)
  for (const label of assertionLabels) byLabel[label] = {}
  for (const assertion of assertions) byLabel[assertion.label] = assertionJson(assertion)
  return byLabel
}

/** §3.6.2 to §3.6.4. */
function assertionJson({ label, uri, content }: AssertionReport): JsonValue {
  switch (content.kind) {
    case 'cbor':
      return decoded(content.value)
    case 'json':
      // §3.6.2: just as it is.
      return content.value as JsonValue
    case 'file': {
      const thumbnailType = THUMBNAILS.findIndex((name) => parseAssertionLabel(label).name.startsWith(name))
      return thumbnailType < 0
        ? { format: content.format, identifier: uri }
        : { thumbnailType, mimeType: content.format }
    }
    default:
      return {}
  }
}

/** By their number in crJSON. */
const THUMBNAILS = ['c2pa.thumbnail.claim', 'c2pa.thumbnail.ingredient']

/** §3.6.3, table 1: byte strings are told apart from text. */
function decoded(value: unknown): JsonValue {
  return jsonValue(value, (bytes) => `b64'${encodeBase64(bytes)}'`)
}
