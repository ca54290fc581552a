import { type LintRule, when } from '../lint-rule.ts'

/** A certificate begins before it ends. */
export const validityOrder: LintRule = {
  id: 'validity-order',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.5',
  check: ({ certificate }) => when(certificate.notAfter <= certificate.notBefore, 'ends before it begins'),
}
