import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { hasRocaFingerprint } from '../roca.ts'
import { rsaKey } from '../rsa-key.ts'

/** An RSA key is not of the generator whose keys can be computed (ROCA). */
export const keyRsaRoca: KeyRule = keyRule({
  id: 'key-rsa-roca',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.1.1.3; CVE-2017-15361',
  check: (publicKey) => {
    const modulus = rsaKey(publicKey)?.modulus
    const isBad = modulus !== undefined && hasRocaFingerprint(modulus)
    return when(isBad, 'has an RSA key of a generator that is known to be broken (ROCA)')
  },
})
