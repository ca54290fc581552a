import { oids } from '../../object-identifiers.ts'
import { extendedKeyUsage } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Nothing is for any purpose. */
export const extendedKeyUsageAny: LintRule = {
  id: 'extended-key-usage-any',
  severity: 'error',
  source: 'C2PA 2.2 §14.5.1',
  check: ({ certificate }) =>
    when(extendedKeyUsage(certificate)?.includes(oids.anyExtendedKeyUsage) === true, 'is for any extended key usage'),
}
