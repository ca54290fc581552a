import { wrongAlternative } from '../alternative-name.ts'
import { isHostName } from '../host-name.ts'
import type { LintRule } from '../lint-rule.ts'

/** A dNSName is a host name, and no address. */
export const sanDnsName: LintRule = {
  id: 'san-dns-name',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.6; RFC 1034 §3.5; RFC 6125 §6.4.3',
  check: (subject) =>
    wrongAlternative(subject, (name) => name.type === 'dNSName' && !isHostName(name.value), 'is no host name'),
}
