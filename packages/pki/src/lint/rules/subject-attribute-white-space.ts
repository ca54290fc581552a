import type { LintRule } from '../lint-rule.ts'
import { wrongAttribute } from '../subject-attribute.ts'

/** White space around an attribute makes it another one for some readers, and not for others. */
export const subjectAttributeWhiteSpace: LintRule = {
  id: 'subject-attribute-white-space',
  severity: 'warning',
  source: 'RFC 5280 §7.1',
  check: wrongAttribute(({ value }) => value.trim() !== value, 'begins or ends with white space'),
}
