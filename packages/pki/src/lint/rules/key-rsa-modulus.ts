import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { rsaKey } from '../rsa-key.ts'

const SMALL_PRIMES: readonly bigint[] = primesBelow(752).map(BigInt)

/** An RSA modulus has no factor that anybody finds by trying. */
export const keyRsaModulus: KeyRule = keyRule({
  id: 'key-rsa-modulus',
  severity: 'error',
  source: 'CA/Browser Forum BR §6.1.6',
  check: (publicKey) => {
    const modulus = rsaKey(publicKey)?.modulus
    if (modulus === undefined) return undefined
    const isBad = modulus <= 0n || SMALL_PRIMES.some((prime) => modulus % prime === 0n)
    return when(isBad, 'has an RSA modulus with a small factor')
  },
})

function primesBelow(limit: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; candidate < limit; candidate++)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  return primes
}
