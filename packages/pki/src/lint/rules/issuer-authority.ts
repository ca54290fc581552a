import { basicConstraints, keyUsage } from '../../x509/certificate-extensions.ts'
import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The issuer may sign certificates. */
export const issuerAuthority: LintRule = {
  id: 'issuer-authority',
  severity: 'error',
  source: 'RFC 5280 §6.1.4 (k), (n)',
  check: issued((_, issuer) =>
    when(
      basicConstraints(issuer)?.cA !== true || keyUsage(issuer)?.has('keyCertSign') === false,
      'has an issuer that may not sign certificates',
    ),
  ),
}
