import { keyUsage } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Each certificate says what its key is for. */
export const keyUsagePresent: LintRule = {
  id: 'key-usage-present',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.3; C2PA 2.2 §14.5.1',
  check: ({ certificate }) => when(!keyUsage(certificate)?.size, 'has no keyUsage'),
}
