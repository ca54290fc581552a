import { oids } from '../../object-identifiers.ts'
import { basicConstraints, findExtension } from '../../x509/certificate-extensions.ts'
import { AUTHORITIES, type LintRule, when } from '../lint-rule.ts'

/** An authority says that it is one. */
export const basicConstraintsAuthority: LintRule = {
  id: 'basic-constraints-authority',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.9',
  profiles: AUTHORITIES,
  check: ({ certificate }) =>
    when(
      basicConstraints(certificate)?.cA !== true ||
        findExtension(certificate, oids.basicConstraints)?.critical !== true,
      'is an authority without critical basicConstraints that say so',
    ),
}
