import { basicConstraints } from '../../x509/certificate-extensions.ts'
import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** No authority stands below one that may have none below it. */
export const issuerPathLength: LintRule = {
  id: 'issuer-path-length',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.9',
  profiles: ['authority'],
  check: issued((_, issuer) =>
    when(basicConstraints(issuer)?.pathLenConstraint === 0, 'is an authority under one that may have none below'),
  ),
}
