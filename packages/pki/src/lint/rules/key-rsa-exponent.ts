import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { rsaKey } from '../rsa-key.ts'

const LARGEST_EXPONENT = 1n << 256n

/** An RSA exponent is odd, and neither small nor huge. */
export const keyRsaExponent: KeyRule = keyRule({
  id: 'key-rsa-exponent',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.1.6',
  check: (publicKey) => {
    const exponent = rsaKey(publicKey)?.publicExponent
    if (exponent === undefined) return undefined
    if (exponent >= LARGEST_EXPONENT) return 'has an RSA exponent of more than 256 bits'
    return when(exponent < 65537n || exponent % 2n === 0n, `has the RSA exponent ${exponent}`)
  },
})
