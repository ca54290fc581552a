import { type LintRule, when } from '../lint-rule.ts'

/** A serial number is a positive integer. */
export const serialNumberPositive: LintRule = {
  id: 'serial-number-positive',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.2',
  check: ({ certificate }) => when(certificate.serialNumber <= 0n, 'has a serial number that is not positive'),
}
