import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'

/** An Ed25519 key has no parameters. */
export const keyEd25519Parameters: KeyRule = keyRule({
  id: 'key-ed25519-parameters',
  severity: 'error',
  source: 'RFC 8410 §3',
  check: ({ type, algorithm }) =>
    when(type === 'Ed25519' && algorithm.parameters !== undefined, 'has an Ed25519 key with parameters'),
})
