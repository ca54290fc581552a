import { oids } from '../../object-identifiers.ts'
import { findExtension } from '../../x509/certificate-extensions.ts'
import { END_ENTITIES, type LintRule, when } from '../lint-rule.ts'

/** Who has no name in the subject has one in a critical subjectAltName. */
export const subjectEmptyCriticalSan: LintRule = {
  id: 'subject-empty-critical-san',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.6',
  profiles: END_ENTITIES,
  check: ({ certificate }) =>
    when(
      certificate.subject.length === 0 && findExtension(certificate, oids.subjectAltName)?.critical !== true,
      'has an empty subject and no critical subjectAltName',
    ),
}
