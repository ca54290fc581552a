import { AUTHORITIES, type LintRule, when } from '../lint-rule.ts'

/** An authority has a name. */
export const subjectAuthorityNotEmpty: LintRule = {
  id: 'subject-authority-not-empty',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.6',
  profiles: AUTHORITIES,
  check: ({ certificate }) => when(certificate.subject.length === 0, 'is an authority with an empty subject'),
}
