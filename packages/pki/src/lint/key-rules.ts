/** Lints of the subject's public key. */

import { hasNoParameters } from '../crypto/algorithm-identifier.ts'
import { type Curve, type PublicKey, RsaPublicKey } from '../crypto/public-key.ts'
import { oids } from '../object-identifiers.ts'
import { type LintRule, when } from './lint-rule.ts'

/** Prime and b of the curves, SP 800-186 §3.2.1; a is -3 in all of them. */
const CURVES: { readonly [C in Curve]: { readonly p: bigint; readonly b: bigint } } = {
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  'P-521': {
    p: 2n ** 521n - 1n,
    b: 0x051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
}

const SMALL_PRIMES: readonly bigint[] = primesBelow(752).map(BigInt)

/** The lints of the public key. */
export const keyRules: readonly LintRule[] = [
  {
    id: 'key-type',
    severity: 'error',
    source: 'C2PA 2.2 §14.5.1',
    check: ({ certificate: { publicKey } }) =>
      when(publicKey.type === 'unknown' || publicKey.bits === 0, 'has a key of a kind that is not accepted'),
  },
  {
    id: 'key-time-stamping-type',
    severity: 'error',
    source: 'C2PA certificate profiles, time-stamp authority',
    profiles: ['time-stamping'],
    check: ({ certificate: { publicKey } }) =>
      when(publicKey.type === 'Ed25519', 'has an Ed25519 key, and time stamps are for RSA and ECDSA'),
  },
  {
    id: 'key-rsa-size',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.5',
    check: ({ certificate: { publicKey } }) =>
      when(
        isRsa(publicKey) && (publicKey.bits < 2048 || publicKey.bits % 8 !== 0),
        `has an RSA key of ${publicKey.bits} bits`,
      ),
  },
  {
    id: 'key-rsa-exponent',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.6',
    check: ({ certificate: { publicKey } }) => {
      if (!isRsa(publicKey)) return undefined
      const { publicExponent } = RsaPublicKey.decode(publicKey.key)
      return when(publicExponent < 65537n || publicExponent % 2n === 0n, `has the RSA exponent ${publicExponent}`)
    },
  },
  {
    id: 'key-rsa-modulus',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.6',
    check: ({ certificate: { publicKey } }) => {
      if (!isRsa(publicKey)) return undefined
      const { modulus } = RsaPublicKey.decode(publicKey.key)
      return when(
        modulus <= 0n || SMALL_PRIMES.some((prime) => modulus % prime === 0n),
        'has an RSA modulus with a small factor',
      )
    },
  },
  {
    id: 'key-rsa-parameters',
    severity: 'error',
    source: 'RFC 3279 §2.3.1',
    check: ({ certificate: { publicKey } }) =>
      when(
        publicKey.algorithm.algorithm === oids.rsaEncryption &&
          (publicKey.algorithm.parameters === undefined || !hasNoParameters(publicKey.algorithm)),
        'has an RSA key whose parameters are not NULL',
      ),
  },
  {
    id: 'key-ec-point',
    severity: 'error',
    source: 'RFC 5480 §2.2; SP 800-56A §5.6.2.3',
    check: ({ certificate: { publicKey } }) =>
      when(
        publicKey.type === 'EC' && publicKey.curve !== undefined && !isPoint(publicKey),
        'has no point of its curve',
      ),
  },
]

function isRsa({ type }: PublicKey): boolean {
  return type === 'RSA' || type === 'RSASSA-PSS'
}

/** Whether the key is an uncompressed point that solves y² = x³ - 3x + b. */
function isPoint({ key, curve, bits }: PublicKey): boolean {
  const { p, b } = CURVES[curve as Curve]
  const size = Math.ceil(bits / 8)
  if (key.length !== 1 + 2 * size || key[0] !== 4) return false
  const x = integer(key.subarray(1, 1 + size))
  const y = integer(key.subarray(1 + size))
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}

function integer(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return value
}

function primesBelow(limit: number): number[] {
  const primes: number[] = []
  for (let candidate = 2; candidate < limit; candidate++)
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  return primes
}
