import { commonName, organization } from '../../x509/name.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Who signs content is named with its organization. */
export const subjectContentSigning: LintRule = {
  id: 'subject-content-signing',
  severity: 'error',
  source: 'C2PA certificate profiles, claim signing',
  profiles: ['content-signing'],
  check: ({ certificate: { subject } }) =>
    when(
      commonName(subject) === undefined || organization(subject) === undefined,
      'has a subject without commonName or organizationName',
    ),
}
