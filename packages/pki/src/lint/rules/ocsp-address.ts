import { ocspUris } from '../../x509/certificate-extensions.ts'
import { ISSUED, type LintRule, when } from '../lint-rule.ts'

/** Whatever is issued says who answers for it. */
export const ocspAddress: LintRule = {
  id: 'ocsp-address',
  severity: 'error',
  source: 'RFC 5280 §4.2.2.1; C2PA certificate profiles',
  profiles: ISSUED.filter((profile) => profile !== 'ocsp-responder'),
  check: ({ certificate }) => when(ocspUris(certificate).length === 0, 'says of no OCSP responder where it is'),
}
