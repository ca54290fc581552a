import { type LintRule, when } from '../lint-rule.ts'

/** A serial number has at most 20 octets, its sign among them. */
export const serialNumberLength: LintRule = {
  id: 'serial-number-length',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.2',
  check: ({ certificate }) =>
    when(certificate.serialNumber >= 1n << 159n, 'has a serial number of more than 20 octets'),
}
