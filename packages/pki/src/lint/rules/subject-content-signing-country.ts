import { oids } from '../../object-identifiers.ts'
import { attributeValue } from '../../x509/name.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Who signs content is named with its country, too. */
export const subjectContentSigningCountry: LintRule = {
  id: 'subject-content-signing-country',
  severity: 'notice',
  source: 'C2PA certificate profiles, claim signing',
  profiles: ['content-signing'],
  check: ({ certificate: { subject } }) =>
    when(attributeValue(subject, oids.countryName) === undefined, 'has a subject without countryName'),
}
