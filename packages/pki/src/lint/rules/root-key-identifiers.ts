import { equalBytes } from '@countersign/codec'
import { authorityKeyIdentifier, subjectKeyIdentifier } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A root is verified with its own key. */
export const rootKeyIdentifiers: LintRule = {
  id: 'root-key-identifiers',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.1',
  profiles: ['root'],
  check: ({ certificate }) => {
    const authority = authorityKeyIdentifier(certificate)?.keyIdentifier
    const own = subjectKeyIdentifier(certificate)
    return when(
      authority !== undefined && own !== undefined && !equalBytes(authority, own),
      'is a root that names another key above it',
    )
  },
}
