import { extendedKeyUsage } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** No purpose is there twice. */
export const extendedKeyUsageOnce: LintRule = {
  id: 'extended-key-usage-once',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.12',
  check: ({ certificate }) => {
    const purposes = extendedKeyUsage(certificate)
    return when(purposes !== undefined && new Set(purposes).size !== purposes.length, 'is for one purpose twice')
  },
}
