import { certificatePolicies as read } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** No policy is there twice. */
export const certificatePolicies: LintRule = {
  id: 'certificate-policies',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.4',
  check: ({ certificate }) => {
    const policies = read(certificate)?.map(({ policyIdentifier }) => policyIdentifier)
    return when(
      policies !== undefined && (policies.length === 0 || new Set(policies).size !== policies.length),
      'has certificatePolicies that are empty or name one twice',
    )
  },
}
