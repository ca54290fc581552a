import type { PublicKey } from '../crypto/public-key.ts'
import { keyRules } from './key-rules.ts'
import type { LintFinding } from './lint-rule.ts'

/**
 * What is wrong with a key that comes from outside, before anything is certified for it: its kind, its size, and what lets
 * others find or forge what only its owner may have. Each message begins with a verb, whose subject is who has the key.
 */
export function lintPublicKey(publicKey: PublicKey): LintFinding[] {
  return keyRules.flatMap(({ id, severity, source, checkKey }) => {
    const message = checkKey(publicKey)
    return message === undefined ? [] : [{ id, severity, source, message }]
  })
}
