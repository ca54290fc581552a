import { subjectAlternativeName } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A subjectAltName has a name. */
export const sanNotEmpty: LintRule = {
  id: 'san-not-empty',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.6',
  check: ({ certificate }) =>
    when(subjectAlternativeName(certificate)?.length === 0, 'has a subjectAltName without names'),
}
