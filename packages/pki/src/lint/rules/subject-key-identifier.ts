import { subjectKeyIdentifier as read } from '../../x509/certificate-extensions.ts'
import { AUTHORITIES, type LintRule, when } from '../lint-rule.ts'

/** An authority has a key identifier. */
export const subjectKeyIdentifier: LintRule = {
  id: 'subject-key-identifier',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.2',
  profiles: AUTHORITIES,
  check: ({ certificate }) => when(!read(certificate)?.length, 'has no subjectKeyIdentifier'),
}
