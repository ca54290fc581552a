import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { rsaKey } from '../rsa-key.ts'

const LARGEST_EXPONENT = 1n << 256n
/** What OpenSSL computes with. */
const LARGEST_OF_LONG_KEYS = 1n << 64n
const LONG_KEY = 3072

/** An RSA exponent is odd, and neither small nor huge. */
export const keyRsaExponent: KeyRule = keyRule({
  id: 'key-rsa-exponent',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.1.6',
  check: (publicKey) => {
    const exponent = rsaKey(publicKey)?.publicExponent
    if (exponent === undefined) return undefined
    if (exponent >= LARGEST_EXPONENT) return 'has an RSA exponent of more than 256 bits'
    if (exponent >= LARGEST_OF_LONG_KEYS && publicKey.bits > LONG_KEY)
      return `has an RSA exponent of more than 64 bits in a key of more than ${LONG_KEY}, which OpenSSL does not use`
    return when(exponent < 65537n || exponent % 2n === 0n, `has the RSA exponent ${exponent}`)
  },
})
