import { equalNames } from '../../x509/name.ts'
import { ISSUED, type LintRule, when } from '../lint-rule.ts'

/** Nobody has the name of its authority. */
export const issuedNotSelfIssued: LintRule = {
  id: 'issued-not-self-issued',
  severity: 'error',
  source: 'C2PA 2.2 §14.5.1',
  profiles: ISSUED.filter((profile) => profile !== 'authority'),
  check: ({ certificate }) => when(equalNames(certificate.issuer, certificate.subject), 'has its issuer for a subject'),
}
