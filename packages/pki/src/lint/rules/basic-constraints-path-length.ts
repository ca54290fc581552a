import { basicConstraints } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Only an authority has a path length. */
export const basicConstraintsPathLength: LintRule = {
  id: 'basic-constraints-path-length',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.9',
  check: ({ certificate }) => {
    const constraints = basicConstraints(certificate)
    const length = constraints?.pathLenConstraint
    return when(length !== undefined && (!constraints?.cA || length < 0), 'has a path length without meaning')
  },
}
