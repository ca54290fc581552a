import { keyUsage } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** To encipher or to decipher only is a way to agree upon keys. */
export const keyUsageAgreement: LintRule = {
  id: 'key-usage-agreement',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.3',
  check: ({ certificate }) => {
    const usage = keyUsage(certificate)
    const isLimited = usage?.has('encipherOnly') || usage?.has('decipherOnly')
    return when(isLimited === true && !usage?.has('keyAgreement'), 'limits a key agreement that its key is not for')
  },
}
