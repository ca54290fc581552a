/** Findings as both kinds of report write them. C2PA 2.2 §15.2.1 and §18.15.12. */
import type { Finding } from './finding.ts'
import type { JsonObject } from './json-value.ts'
import type { IngredientDelta } from './report.ts'

/** What this validator goes by. */
export const SPECIFICATION_VERSION = '2.2.0'

/** `status-map`. */
export function statusJson({ code, url, explanation }: Finding): JsonObject {
  return { code, url, explanation }
}

/** `status-codes-map`: each kind in the order of the checks. */
export function statusesJson(findings: readonly Finding[]): JsonObject {
  const ofKind = (kind: Finding['kind']) => findings.filter((candidate) => candidate.kind === kind).map(statusJson)
  return { success: ofKind('success'), informational: ofKind('informational'), failure: ofKind('failure') }
}

/** `ingredient-delta-validation-result-map`. */
export function deltaJson({ ingredientAssertionUri, findings }: IngredientDelta): JsonObject {
  return { ingredientAssertionURI: ingredientAssertionUri, validationDeltas: statusesJson(findings) }
}
