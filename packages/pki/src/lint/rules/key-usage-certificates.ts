import { basicConstraints, keyUsage } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Who signs certificates is an authority. */
export const keyUsageCertificates: LintRule = {
  id: 'key-usage-certificates',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.3, §4.2.1.9',
  check: ({ certificate }) =>
    when(
      keyUsage(certificate)?.has('keyCertSign') === true && basicConstraints(certificate)?.cA !== true,
      'has the key usage keyCertSign and is no authority',
    ),
}
