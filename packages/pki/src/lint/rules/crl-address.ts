import { crlUris } from '../../x509/certificate-extensions.ts'
import { ISSUED, type LintRule, when } from '../lint-rule.ts'

/** Whatever is issued says where its CRL is. */
export const crlAddress: LintRule = {
  id: 'crl-address',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.13',
  profiles: ISSUED.filter((profile) => profile !== 'ocsp-responder'),
  check: ({ certificate }) => when(crlUris(certificate).length === 0, 'says of no CRL where it is'),
}
