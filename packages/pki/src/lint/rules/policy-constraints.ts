import { policyConstraints as constraintsOf, inhibitAnyPolicy } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Constraints of policies say something, and count from none upwards. */
export const policyConstraints: LintRule = {
  id: 'policy-constraints',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.11, §4.2.1.14',
  check: ({ certificate }) => {
    const constraints = constraintsOf(certificate)
    const counts = [constraints?.requireExplicitPolicy, constraints?.inhibitPolicyMapping]
    const isEmpty = constraints !== undefined && counts.every((count) => count === undefined)
    const isNegative = [...counts, inhibitAnyPolicy(certificate)].some((count) => count !== undefined && count < 0)
    return when(isEmpty || isNegative, 'has policyConstraints or inhibitAnyPolicy without meaning')
  },
}
