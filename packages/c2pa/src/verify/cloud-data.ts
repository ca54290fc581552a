/** Validating cloud data assertions, whatever is where they point to. C2PA 2.2 §15.10.3.2.1 and §18.11. */
import { type CborValue, cborField, isCborObject } from '../cbor.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf, isActions, isHardBinding } from './assertions.ts'

/**
 *     cloud-data-map = { "label": tstr, "size": int .ge 1, "location": hashed-ext-uri-map, "content_type": tstr, ? "metadata": … }
 */
export type CloudData = {
  readonly label: string
  readonly size: number
  readonly location: CborValue
  readonly mediaType: string
}

/** The fields of a cloud data assertion, or the name of the first that is missing or no such thing. */
export function cloudDataOf(assertion: Assertion): CloudData | string {
  const fields = cborOf(assertion)
  const label = cborField(fields, 'label')
  const size = cborField(fields, 'size')
  const location = cborField(fields, 'location')
  const mediaType = cborField(fields, 'content_type')
  if (typeof label !== 'string') return 'label'
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1) return 'size'
  if (!isCborObject(location)) return 'location'
  if (typeof mediaType !== 'string') return 'content_type'
  const format = cborField(location, 'dc:format')
  return { label, size, location, mediaType: typeof format === 'string' ? format : mediaType }
}

/** §15.10.3.2.1. What is referred to is no part of it. */
export function validateCloudData(manifest: Manifest, assertion: Assertion, findings: Finding[]): void {
  const { uri } = assertion
  const cloudData = cloudDataOf(assertion)
  if (typeof cloudData === 'string') {
    findings.push(finding('assertion.cloud-data.malformed', uri, `${cloudData} is missing or invalid`))
    return
  }
  const { label } = cloudData
  if (isHardBinding(label)) findings.push(finding('assertion.cloud-data.hardBinding', uri))
  if (manifest.kind === 'update' && isActions(label)) findings.push(finding('assertion.cloud-data.actions', uri))
}
