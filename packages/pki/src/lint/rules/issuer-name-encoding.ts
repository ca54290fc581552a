import { equalBytes } from '@countersign/codec'
import { Name } from '../../x509/name.ts'
import { issued } from '../issued.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** The issuer is written as it is in its own certificate: many readers compare bytes. */
export const issuerNameEncoding: LintRule = {
  id: 'issuer-name-encoding',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.6',
  check: issued((certificate, issuer) =>
    when(
      !equalBytes(Name.encode(certificate.issuer), Name.encode(issuer.subject)),
      'writes the name of its issuer in another way than that does itself',
    ),
  ),
}
