import { authorityKeyIdentifier } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** No certificate is tied to one certificate of its authority: that one is renewed. */
export const authorityKeyIdentifierForm: LintRule = {
  id: 'authority-key-identifier-form',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.1; CA/Browser Forum BR §7.1.2.11.1',
  check: ({ certificate }) => {
    const identifier = authorityKeyIdentifier(certificate)
    return when(
      identifier?.authorityCertIssuer !== undefined || identifier?.authorityCertSerialNumber !== undefined,
      'names a certificate in its authorityKeyIdentifier, which ties it to that one alone',
    )
  },
}
