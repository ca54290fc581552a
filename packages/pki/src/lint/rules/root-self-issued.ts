import { equalNames } from '../../x509/name.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A root is issued by itself. */
export const rootSelfIssued: LintRule = {
  id: 'root-self-issued',
  severity: 'error',
  source: 'RFC 5280 §3.2',
  profiles: ['root'],
  check: ({ certificate }) =>
    when(!equalNames(certificate.issuer, certificate.subject), 'is a root that another issued'),
}
