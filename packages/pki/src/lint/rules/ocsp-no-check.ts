import { oids } from '../../object-identifiers.ts'
import { findExtension } from '../../x509/certificate-extensions.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** An OCSP responder says that its own status is not asked for. */
export const ocspNoCheck: LintRule = {
  id: 'ocsp-no-check',
  severity: 'error',
  source: 'RFC 6960 §4.2.2.2.1',
  profiles: ['ocsp-responder'],
  check: ({ certificate }) =>
    when(
      findExtension(certificate, oids.ocspNoCheck) === undefined,
      'is an OCSP responder whose own status would have to be asked of itself',
    ),
}
