import { equalBytes } from '@countersign/codec'
import { authorityKeyIdentifier, subjectKeyIdentifier } from '../../x509/certificate-extensions.ts'
import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The key that is named is that of the issuer. */
export const issuerKeyIdentifier: LintRule = {
  id: 'issuer-key-identifier',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.1',
  check: issued((certificate, issuer) => {
    const named = authorityKeyIdentifier(certificate)?.keyIdentifier
    const own = subjectKeyIdentifier(issuer)
    return when(
      named !== undefined && own !== undefined && !equalBytes(named, own),
      'has an authorityKeyIdentifier that is not the subjectKeyIdentifier of its issuer',
    )
  }),
}
