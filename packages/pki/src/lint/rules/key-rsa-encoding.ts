import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { isRsa, rsaKey } from '../rsa-key.ts'

/** An RSA key is a modulus and an exponent. */
export const keyRsaEncoding: KeyRule = keyRule({
  id: 'key-rsa-encoding',
  severity: 'error',
  source: 'RFC 8017 A.1.1',
  check: (publicKey) => when(isRsa(publicKey) && rsaKey(publicKey) === undefined, 'has an RSA key that is malformed'),
})
