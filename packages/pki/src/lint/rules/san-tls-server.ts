import { alternativeNames } from '../alternative-name.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** A TLS server is named by its hosts. */
export const sanTlsServer: LintRule = {
  id: 'san-tls-server',
  severity: 'error',
  source: 'CA/Browser Forum BR §7.1.2.7.12',
  profiles: ['tls-server'],
  check: (subject) =>
    when(!alternativeNames(subject).some(({ type }) => type === 'dNSName' || type === 'iPAddress'), 'names no host'),
}
