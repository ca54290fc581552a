/** What the asset was made from. C2PA 2.2 §18.16, version 3. */
import type { CborObject } from '../cbor.ts'
import type { Superbox } from '../jumbf/superbox.ts'
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
  /** Of a parent with a manifest: what the verifier found when it was opened, and the manifest if it is carried along. */
  readonly provenance?: { readonly report: Report; readonly carried?: CarriedManifest }
}

type CarriedManifest = {
  readonly manifest: Manifest
  readonly signature: Superbox
  /** Of the hashes of manifest and signature, when not the one of the new claim. */
  readonly algorithm?: ContentHashAlgorithm
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
    ...(provenance?.carried ? manifestFields(provenance.carried, algorithm) : {}),
    validationResults: provenance && validationResults(provenance.report),
  })
}

function manifestFields({ manifest, signature, algorithm: own }: CarriedManifest, algorithm: ContentHashAlgorithm) {
  const { label } = manifest
  const used = own ?? algorithm
  return {
    activeManifest: storeReference([label], manifest.box.payload, used),
    claimSignature: storeReference([label, signature.description.label ?? ''], signature.payload, used),
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
      .flatMap(({ code, url, explanation }) => namesOf(code).map((name) => ({ code: name, url, explanation })))
  return { success: ofKind('success'), informational: ofKind('informational'), failure: ofKind('failure') }
}

/** Readers look for what they find themselves among what is recorded, and older ones know this by its name of 1.x. */
function namesOf(code: Finding['code']): string[] {
  return code === 'claimSignature.outsideValidity' ? [code, 'signingCredential.expired'] : [code]
}
