import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { hasGoodSize, isRsa } from '../rsa-key.ts'

/** An RSA key is long enough to be safe, and no longer than readers take. */
export const keyRsaSize: KeyRule = keyRule({
  id: 'key-rsa-size',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.1.5',
  check: (publicKey) => when(isRsa(publicKey) && !hasGoodSize(publicKey), `has an RSA key of ${publicKey.bits} bits`),
})
