import { oids } from '../../object-identifiers.ts'
import { findExtension } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The one purpose of a time-stamp authority is critical. */
export const extendedKeyUsageCritical: LintRule = {
  id: 'extended-key-usage-critical',
  severity: 'error',
  source: 'RFC 3161 §2.3',
  profiles: ['time-stamping'],
  check: ({ certificate }) =>
    when(findExtension(certificate, oids.extKeyUsage)?.critical !== true, 'has an extKeyUsage that is not critical'),
}
