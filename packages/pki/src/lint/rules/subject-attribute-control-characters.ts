import type { LintRule } from '../lint-rule.ts'
import { wrongAttribute } from '../subject-attribute.ts'

/** No attribute hides characters from who reads it. */
export const subjectAttributeControlCharacters: LintRule = {
  id: 'subject-attribute-control-characters',
  severity: 'error',
  source: 'CA/Browser Forum BR §7.1.4.2',
  check: wrongAttribute(({ value }) => /\p{Cc}/u.test(value), 'has control characters'),
}
