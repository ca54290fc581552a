import { oids } from '../../object-identifiers.ts'
import { findExtension } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A keyUsage that is not critical may be passed over. */
export const keyUsageCritical: LintRule = {
  id: 'key-usage-critical',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.3',
  check: ({ certificate }) =>
    when(findExtension(certificate, oids.keyUsage)?.critical === false, 'has a keyUsage that is not critical'),
}
