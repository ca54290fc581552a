import { type LintRule, when } from '../lint-rule.ts'

/** Who guesses a serial number can prepare a collision of hashes. */
export const serialNumberEntropy: LintRule = {
  id: 'serial-number-entropy',
  severity: 'error',
  source: 'CA/Browser Forum BR §7.1',
  // Of 159 random bits, the first 96 are all zero once in 2^96 certificates.
  check: ({ certificate }) =>
    when(
      certificate.serialNumber > 0n && certificate.serialNumber < 1n << 63n,
      'has a serial number of less than 64 bits',
    ),
}
