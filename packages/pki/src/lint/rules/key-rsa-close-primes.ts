import { hasClosePrimes } from '../close-primes.ts'
import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { hasGoodSize, rsaKey } from '../rsa-key.ts'

/** The primes of an RSA key are not so close together that its root finds them. */
export const keyRsaClosePrimes: KeyRule = keyRule({
  id: 'key-rsa-close-primes',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.1.1.3; CVE-2022-26320',
  check: (publicKey) => {
    const modulus = hasGoodSize(publicKey) ? rsaKey(publicKey)?.modulus : undefined
    const isBad = modulus !== undefined && modulus > 0n && hasClosePrimes(modulus)
    return when(isBad, 'has an RSA modulus whose primes lie too close together')
  },
})
