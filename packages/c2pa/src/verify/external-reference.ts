/** Validating external reference assertions, which C2PA 2.3 brought. C2PA 2.4 §15.10.3.2.2 and §18.24. */
import { type CborValue, cborField, isCborObject } from '../cbor.ts'
import { parseAssertionLabel } from '../manifest/labels.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf, isActions, isHardBinding, isIngredient } from './assertions.ts'
import { isMultiAssetHash } from './manifest-assertions.ts'

/** Whether an assertion of that name refers to what stands elsewhere. */
export function isExternalReference(name: string): boolean {
  return name === 'c2pa.external-reference'
}

/**
 * What an external reference assertion says.
 *
 *     external-reference-map = { "location": { "url": tstr, ? "alg": tstr, ? "hash": bstr, ? "size": int, ? "dc:format": tstr }, ? "label": tstr }
 */
export type ExternalReference = {
  readonly url: string
  readonly algorithm?: string
  readonly hash?: Uint8Array
  readonly size?: number
  readonly label?: string
}

/** The fields of the assertion, or what is wrong with them. */
export function externalReference(assertion: Assertion): ExternalReference | string {
  const fields = cborOf(assertion)
  const location = cborField(fields, 'location')
  const url = cborField(location, 'url')
  const algorithm = cborField(location, 'alg')
  const hash = cborField(location, 'hash')
  const size = cborField(location, 'size')
  const label = cborField(fields, 'label')
  if (!isCborObject(location) || typeof url !== 'string') return 'location has no url'
  const isHashed = typeof algorithm === 'string' && hash instanceof Uint8Array
  if (!isHashed && (algorithm !== undefined || hash !== undefined)) return 'location has one of alg and hash, not both'
  if (label !== undefined && (typeof label !== 'string' || isOnlyEmbedded(label)))
    return `its label is ${JSON.stringify(label)}`
  return {
    url,
    ...(isHashed ? { algorithm, hash } : {}),
    ...(isSize(size) ? { size } : {}),
    ...(typeof label === 'string' ? { label } : {}),
  }
}

function isSize(value: CborValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

/** What says how the manifest hangs together may not stand elsewhere. */
function isOnlyEmbedded(label: string): boolean {
  const { name } = parseAssertionLabel(label)
  return (
    isActions(name) ||
    isIngredient(name) ||
    isHardBinding(name) ||
    isMultiAssetHash(name) ||
    isExternalReference(name) ||
    name === 'c2pa.cloud-data'
  )
}

/** What is said whether or not anything is retrieved. */
export function validateExternalReference(assertion: Assertion, findings: Finding[]): void {
  const { uri, created } = assertion
  const reference = externalReference(assertion)
  if (typeof reference === 'string') findings.push(finding('assertion.external-reference.malformed', uri, reference))
  // The signer can't have made what may change after it has signed.
  if (created) findings.push(finding('assertion.external-reference.created', uri))
}
