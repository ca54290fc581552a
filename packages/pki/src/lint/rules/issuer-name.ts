import { equalNames } from '../../x509/name.ts'
import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The issuer is who signs. */
export const issuerName: LintRule = {
  id: 'issuer-name',
  severity: 'error',
  source: 'RFC 5280 §6.1.3 (a)(4)',
  check: issued((certificate, issuer) =>
    when(!equalNames(certificate.issuer, issuer.subject), 'names another issuer than the one that signs it'),
  ),
}
