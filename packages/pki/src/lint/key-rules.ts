/** Every lint of a public key, in the order in which they are made; each stands in a file of its name. */
import type { KeyRule } from './key-rule.ts'
import { keyEcPoint } from './rules/key-ec-point.ts'
import { keyEd25519Parameters } from './rules/key-ed25519-parameters.ts'
import { keyEd25519Point } from './rules/key-ed25519-point.ts'
import { keyMlDsa } from './rules/key-ml-dsa.ts'
import { keyRsaClosePrimes } from './rules/key-rsa-close-primes.ts'
import { keyRsaEncoding } from './rules/key-rsa-encoding.ts'
import { keyRsaExponent } from './rules/key-rsa-exponent.ts'
import { keyRsaModulus } from './rules/key-rsa-modulus.ts'
import { keyRsaParameters } from './rules/key-rsa-parameters.ts'
import { keyRsaPssParameters } from './rules/key-rsa-pss-parameters.ts'
import { keyRsaRoca } from './rules/key-rsa-roca.ts'
import { keyRsaSize } from './rules/key-rsa-size.ts'
import { keyType } from './rules/key-type.ts'

/** Every lint of a public key. */
export const keyRules: readonly KeyRule[] = [
  keyType,
  keyRsaEncoding,
  keyRsaSize,
  keyRsaExponent,
  keyRsaModulus,
  keyRsaRoca,
  keyRsaClosePrimes,
  keyRsaParameters,
  keyRsaPssParameters,
  keyEcPoint,
  keyEd25519Parameters,
  keyEd25519Point,
  keyMlDsa,
]
