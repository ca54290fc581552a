import { wrongAlternative } from '../alternative-name.ts'
import type { LintRule } from '../lint-rule.ts'

/** An iPAddress is of IPv4 or of IPv6. */
export const sanIpAddress: LintRule = {
  id: 'san-ip-address',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.6',
  check: (subject) =>
    wrongAlternative(
      subject,
      (name) => name.type === 'iPAddress' && name.value.length !== 4 && name.value.length !== 16,
      'is neither of 4 nor of 16 octets',
    ),
}
