import { authorityKeyIdentifier as read } from '../../x509/certificate-extensions.ts'
import { ISSUED, type LintRule, when } from '../lint-rule.ts'

/** Whatever is issued names the key that it is verified with. */
export const authorityKeyIdentifier: LintRule = {
  id: 'authority-key-identifier',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.1',
  profiles: ISSUED,
  check: ({ certificate }) =>
    when(!read(certificate)?.keyIdentifier?.length, 'has no authorityKeyIdentifier with a key'),
}
