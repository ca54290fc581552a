import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Nothing outlasts its issuer. */
export const issuerValidity: LintRule = {
  id: 'issuer-validity',
  severity: 'error',
  source: 'RFC 5280 §6.1.3 (a)(2)',
  check: issued((certificate, issuer) =>
    when(certificate.notAfter > issuer.notAfter, 'is valid for longer than its issuer is'),
  ),
}
