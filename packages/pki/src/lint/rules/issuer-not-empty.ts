import { type LintRule, when } from '../lint-rule.ts'

/** The issuer has a name. */
export const issuerNotEmpty: LintRule = {
  id: 'issuer-not-empty',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.4',
  check: ({ certificate }) => when(certificate.issuer.length === 0, 'has an empty issuer'),
}
