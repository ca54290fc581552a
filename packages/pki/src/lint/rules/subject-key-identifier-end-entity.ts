import { subjectKeyIdentifier } from '../../x509/certificate-extensions.ts'
import { END_ENTITIES, type LintRule, when } from '../lint-rule.ts'

/** Others should have a key identifier. */
export const subjectKeyIdentifierEndEntity: LintRule = {
  id: 'subject-key-identifier-end-entity',
  severity: 'warning',
  source: 'RFC 5280 §4.2.1.2',
  profiles: END_ENTITIES,
  check: ({ certificate }) => when(!subjectKeyIdentifier(certificate)?.length, 'has no subjectKeyIdentifier'),
}
