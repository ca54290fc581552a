import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'

/** The key is of a kind that is certified here, on a curve with a name. */
export const keyType: KeyRule = keyRule({
  id: 'key-type',
  severity: 'error',
  source: 'C2PA 2.2 §14.5.1',
  check: ({ type, bits }) => when(type === 'unknown' || bits === 0, 'has a key of a kind that is not accepted'),
})
