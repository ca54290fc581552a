/** What the asset was made from. C2PA 2.2 §18.16, version 3. */
import { C2paError } from '../c2pa-error.ts'
import type { CborObject } from '../cbor.ts'
import type { Manifest } from '../manifest/store.ts'
import type { Finding } from '../report/finding.ts'
import type { Report } from '../report/report.ts'
import {
  type Assertion,
  type ContentHashAlgorithm,
  cborAssertion,
  type HashedUri,
  storeReference,
} from './assertion.ts'

export const INGREDIENT_LABEL = 'c2pa.ingredient.v3'
export const INGREDIENT_THUMBNAIL_LABEL = 'c2pa.thumbnail.ingredient'

/** The asset that was opened. */
export type Parent = {
  readonly title?: string
  readonly format: string
  readonly instanceId: string
  readonly thumbnail?: HashedUri
  /** Its active manifest, and what the verifier found when it was opened. */
  readonly provenance?: { readonly manifest: Manifest; readonly report: Report }
}

/** The assertion of the one `parentOf` ingredient. */
export function parentAssertion(parent: Parent, algorithm: ContentHashAlgorithm): Assertion {
  const { title, format, instanceId, thumbnail, provenance } = parent
  return cborAssertion(INGREDIENT_LABEL, {
    'dc:title': title,
    'dc:format': format,
    relationship: 'parentOf',
    instanceID: instanceId,
    thumbnail,
    ...(provenance ? provenanceFields(provenance, algorithm) : {}),
  })
}

function provenanceFields(
  { manifest, report }: NonNullable<Parent['provenance']>,
  algorithm: ContentHashAlgorithm,
): CborObject {
  const [signature] = manifest.signatures
  if (!signature)
    throw new C2paError('malformed_manifest', "The asset's manifest has no signature, so it can't be an ingredient.")
  return {
    activeManifest: storeReference([manifest.label], manifest.box.payload, algorithm),
    claimSignature: storeReference([manifest.label, signature.label], signature.box.payload, algorithm),
    validationResults: validationResults(report),
  }
}

/** The verifier's findings as an ingredient records them. C2PA 2.2 §15.2.3. */
export function validationResults(report: Report): CborObject {
  const deltas = report.ingredientDeltas.map((delta) => ({
    ingredientAssertionURI: delta.ingredientAssertionUri,
    validationDeltas: statusLists(delta.findings),
  }))
  return {
    activeManifest: statusLists(report.findings),
    ...(deltas.length === 0 ? {} : { ingredientDeltas: deltas }),
  }
}

function statusLists(findings: readonly Finding[]): CborObject {
  const ofKind = (kind: Finding['kind']): CborObject[] =>
    findings
      .filter((finding) => finding.kind === kind)
      .map(({ code, url, explanation }) => ({ code, url, explanation }))
  return { success: ofKind('success'), informational: ofKind('informational'), failure: ofKind('failure') }
}
