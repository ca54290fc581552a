import { type LintRule, when } from '../lint-rule.ts'

/** Extensions need version 3. */
export const version3: LintRule = {
  id: 'version-3',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.1',
  check: ({ certificate }) => when(certificate.version !== 3, `is of version ${certificate.version}`),
}
