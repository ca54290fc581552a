import { type LintRule, when } from '../lint-rule.ts'

/** No extension is there twice. */
export const extensionOnce: LintRule = {
  id: 'extension-once',
  severity: 'error',
  source: 'RFC 5280 §4.2',
  check: ({ certificate: { extensions } }) =>
    when(new Set(extensions.map(({ id }) => id)).size !== extensions.length, 'has an extension twice'),
}
