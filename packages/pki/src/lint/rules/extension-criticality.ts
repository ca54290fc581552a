import { oids } from '../../object-identifiers.ts'
import type { LintRule } from '../lint-rule.ts'

const MUST_BE_CRITICAL: readonly string[] = [oids.nameConstraints, oids.policyConstraints, oids.inhibitAnyPolicy]
const SUBJECT_DIRECTORY_ATTRIBUTES = '2.5.29.9'
const FRESHEST_CRL = '2.5.29.46'
const SUBJECT_INFO_ACCESS = '1.3.6.1.5.5.7.1.11'
const MUST_NOT_BE_CRITICAL: readonly string[] = [
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.authorityInfoAccess,
  oids.ocspNoCheck,
  SUBJECT_DIRECTORY_ATTRIBUTES,
  FRESHEST_CRL,
  SUBJECT_INFO_ACCESS,
]

/** Each extension is critical, or not, as its specification says. */
export const extensionCriticality: LintRule = {
  id: 'extension-criticality',
  severity: 'error',
  source: 'RFC 5280 §4.2.1, §4.2.2',
  check: ({ certificate: { extensions } }) => {
    const wrong = extensions.find(({ id, critical }) =>
      (critical ? MUST_NOT_BE_CRITICAL : MUST_BE_CRITICAL).includes(id),
    )
    return wrong && `has the extension ${wrong.id} ${wrong.critical ? 'critical' : 'not critical'}`
  },
}
