import { extendedKeyUsage } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** An extKeyUsage has a purpose. */
export const extendedKeyUsageNotEmpty: LintRule = {
  id: 'extended-key-usage-not-empty',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.12',
  check: ({ certificate }) => when(extendedKeyUsage(certificate)?.length === 0, 'has an empty extKeyUsage'),
}
