import { nameConstraintViolation } from '../../path/name-constraints.ts'
import { nameConstraints } from '../../x509/certificate-extensions.ts'
import { issued } from '../issued.ts'
import type { LintRule } from '../lint-rule.ts'

/** The names are within what the issuer may certify. */
export const issuerNameConstraints: LintRule = {
  id: 'issuer-name-constraints',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.10',
  check: issued((certificate, issuer) => {
    const constraints = nameConstraints(issuer)
    return constraints && nameConstraintViolation(certificate, [constraints])
  }),
}
