/** Ingredient assertions of all three versions. C2PA 2.2 §18.16. */
import { type CborObject, type CborValue, cborField, isCborObject } from '../cbor.ts'
import type { Finding } from '../report/finding.ts'
import { type StatusCode, statusCodes } from '../report/status-code.ts'
import { type HashedUri, hashedUri } from './hashed-uri.ts'

/** What an ingredient assertion says of the ingredient's own manifest. */
export type IngredientAssertion = {
  readonly fields: CborObject
  readonly relationship: CborValue
  /** `activeManifest`, or `c2pa_manifest` before version 3. */
  readonly manifest?: HashedUri
  /** Version 3 only. */
  readonly claimSignature?: HashedUri
  /** Whether validation results are recorded; before version 3 they need not be. */
  readonly hasResults: boolean
  /** `code url` of each recorded finding. */
  readonly recorded: ReadonlySet<string>
}

const RELATIONSHIPS: readonly CborValue[] = ['parentOf', 'inputTo', 'componentOf']

/** What each version has to have, and how it names the ingredient's manifest. C2PA 2.2 §18.15.6. */
const VERSIONS: { readonly [name: string]: { readonly manifest: string; readonly required: readonly string[] } } = {
  'c2pa.ingredient': { manifest: 'c2pa_manifest', required: ['dc:title', 'dc:format', 'instanceID'] },
  'c2pa.ingredient.v2': { manifest: 'c2pa_manifest', required: ['dc:title', 'dc:format'] },
  'c2pa.ingredient.v3': { manifest: 'activeManifest', required: [] },
}

/** Reads the CBOR of an assertion of that name; undefined where it is no ingredient assertion in shape, or of no version that is known. */
export function ingredientAssertion(name: string, value: CborValue): IngredientAssertion | undefined {
  const version = Object.hasOwn(VERSIONS, name) ? VERSIONS[name] : undefined
  if (!version || !isCborObject(value)) return undefined
  if (version.required.some((field) => typeof cborField(value, field) !== 'string')) return undefined
  const relationship = cborField(value, 'relationship')
  if (!RELATIONSHIPS.includes(relationship)) return undefined
  const reference = cborField(value, version.manifest)
  const manifest = reference === undefined ? undefined : (hashedUri(reference) ?? { url: '' })
  const claimSignature = hashedUri(cborField(value, 'claimSignature'))
  const results = cborField(value, 'validationResults') ?? cborField(value, 'validationStatus')
  return {
    fields: value,
    relationship,
    ...(manifest ? { manifest } : {}),
    ...(claimSignature ? { claimSignature } : {}),
    hasResults: Array.isArray(results) || isCborObject(results),
    recorded: new Set(recordedStatuses(results).map((status) => findingKey(status))),
  }
}

/** What makes two findings equivalent: code and box. §15.11.3.3. */
export function findingKey({ code, url }: Pick<Finding, 'url'> & { readonly code: string }): string {
  return `${code} ${url}`
}

/** Whether that is the code of a failure. */
export function isFailure(code: string): boolean {
  return Object.hasOwn(statusCodes, code) && statusCodes[code as StatusCode].kind === 'failure'
}

type Status = { readonly code: string; readonly url: string }

/** Statuses of `validationResults` (version 3) or `validationStatus` (before). */
function recordedStatuses(results: CborValue): Status[] {
  if (Array.isArray(results)) return results.flatMap(status)
  const deltas = cborField(results, 'ingredientDeltas')
  const codes = [
    cborField(results, 'activeManifest'),
    ...(Array.isArray(deltas) ? deltas.map((delta) => cborField(delta, 'validationDeltas')) : []),
  ]
  return codes.flatMap((set) =>
    ['success', 'informational', 'failure'].flatMap((kind) => {
      const list = cborField(set, kind)
      const statuses = Array.isArray(list) ? list.flatMap(status) : []
      // A failure among what went well would be excused, and shown to nobody.
      return kind === 'failure' ? statuses : statuses.filter(({ code }) => !isFailure(code))
    }),
  )
}

function status(value: CborValue): Status[] {
  const code = cborField(value, 'code')
  const url = cborField(value, 'url')
  return typeof code === 'string' && typeof url === 'string' ? [{ code, url }] : []
}
