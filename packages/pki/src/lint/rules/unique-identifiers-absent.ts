import { type LintRule, when } from '../lint-rule.ts'

/** Nobody writes unique identifiers any more. */
export const uniqueIdentifiersAbsent: LintRule = {
  id: 'unique-identifiers-absent',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.8; C2PA 2.2 §14.5.1',
  check: ({ certificate }) => when(certificate.hasUniqueIds, 'has an issuerUniqueID or a subjectUniqueID'),
}
