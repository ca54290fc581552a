import { oids } from '../../object-identifiers.ts'
import { findExtension } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A root is for no purpose of its own. */
export const extendedKeyUsageRoot: LintRule = {
  id: 'extended-key-usage-root',
  severity: 'error',
  source: 'CA/Browser Forum BR §7.1.2.1.2',
  profiles: ['root'],
  check: ({ certificate }) =>
    when(findExtension(certificate, oids.extKeyUsage) !== undefined, 'is a root with an extKeyUsage'),
}
