/** Lints of the subject's public key. */

import { encodeHex } from '@countersign/codec'
import { hasNoParameters } from '../crypto/algorithm-identifier.ts'
import { type Curve, type PublicKey, RsaPublicKey } from '../crypto/public-key.ts'
import { oids } from '../object-identifiers.ts'
import { hasClosePrimes } from './close-primes.ts'
import { type LintFinding, type LintRule, type LintSubject, when } from './lint-rule.ts'
import { hasRocaFingerprint } from './roca.ts'

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

/** A lint that needs nothing but the key. */
type KeyRule = Omit<LintRule, 'check' | 'profiles'> & { check(publicKey: PublicKey): string | undefined }

const RULES: readonly KeyRule[] = [
  {
    id: 'key-type',
    severity: 'error',
    source: 'C2PA 2.2 §14.5.1',
    check: ({ type, bits }) => when(type === 'unknown' || bits === 0, 'has a key of a kind that is not accepted'),
  },
  {
    id: 'key-rsa-encoding',
    severity: 'error',
    source: 'RFC 8017 A.1.1',
    check: (publicKey) => when(isRsa(publicKey) && rsaKey(publicKey) === undefined, 'has an RSA key that is malformed'),
  },
  {
    id: 'key-rsa-size',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.5',
    check: (publicKey) => when(isRsa(publicKey) && !hasGoodSize(publicKey), `has an RSA key of ${publicKey.bits} bits`),
  },
  {
    id: 'key-rsa-exponent',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.6',
    check: (publicKey) => {
      const exponent = rsaKey(publicKey)?.publicExponent
      if (exponent === undefined) return undefined
      if (exponent >= LARGEST_EXPONENT) return 'has an RSA exponent of more than 256 bits'
      return when(exponent < 65537n || exponent % 2n === 0n, `has the RSA exponent ${exponent}`)
    },
  },
  {
    id: 'key-rsa-modulus',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.6',
    check: (publicKey) => {
      const modulus = rsaKey(publicKey)?.modulus
      if (modulus === undefined) return undefined
      const isBad = modulus <= 0n || SMALL_PRIMES.some((prime) => modulus % prime === 0n)
      return when(isBad, 'has an RSA modulus with a small factor')
    },
  },
  {
    id: 'key-rsa-roca',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.1.3; CVE-2017-15361',
    check: (publicKey) => {
      const modulus = rsaKey(publicKey)?.modulus
      const isBad = modulus !== undefined && hasRocaFingerprint(modulus)
      return when(isBad, 'has an RSA key of a generator that is known to be broken (ROCA)')
    },
  },
  {
    id: 'key-rsa-close-primes',
    severity: 'error',
    source: 'CA/Browser Forum BR §6.1.1.3; CVE-2022-26320',
    check: (publicKey) => {
      const modulus = hasGoodSize(publicKey) ? rsaKey(publicKey)?.modulus : undefined
      const isBad = modulus !== undefined && modulus > 0n && hasClosePrimes(modulus)
      return when(isBad, 'has an RSA modulus whose primes lie too close together')
    },
  },
  {
    id: 'key-rsa-parameters',
    severity: 'error',
    source: 'RFC 3279 §2.3.1',
    check: ({ algorithm }) =>
      when(
        algorithm.algorithm === oids.rsaEncryption &&
          (algorithm.parameters === undefined || !hasNoParameters(algorithm)),
        'has an RSA key whose parameters are not NULL',
      ),
  },
  {
    id: 'key-ec-point',
    severity: 'error',
    source: 'RFC 5480 §2.2; SP 800-56A §5.6.2.3',
    check: (publicKey) =>
      when(
        publicKey.type === 'EC' && publicKey.curve !== undefined && !isPoint(publicKey),
        'has no point of its curve',
      ),
  },
  {
    id: 'key-ed25519-parameters',
    severity: 'error',
    source: 'RFC 8410 §3',
    check: ({ type, algorithm }) =>
      when(type === 'Ed25519' && algorithm.parameters !== undefined, 'has an Ed25519 key with parameters'),
  },
  {
    id: 'key-ed25519-point',
    severity: 'error',
    source: 'RFC 8032 §5.1.3',
    check: ({ type, key }) =>
      when(
        type === 'Ed25519' && (key.length !== 32 || SMALL_ORDER.has(encodeHex(withoutSign(key)))),
        'has an Ed25519 key under which anybody can sign',
      ),
  },
  {
    id: 'key-ml-dsa',
    severity: 'error',
    source: 'RFC 9881 §4',
    check: ({ type, key, algorithm }) => {
      const length = ML_DSA_LENGTHS[type]
      const isBad = length !== undefined && (key.length !== length || algorithm.parameters !== undefined)
      return when(isBad, `has an ${type} key of another length than ${length} bytes, or with parameters`)
    },
  },
]

/** FIPS 204, table 2. */
const ML_DSA_LENGTHS: { readonly [type: string]: number | undefined } = {
  'ML-DSA-44': 1312,
  'ML-DSA-65': 1952,
  'ML-DSA-87': 2592,
}

/** The lints of the public key. */
export const keyRules: readonly LintRule[] = [
  ...RULES.map((rule) => ({ ...rule, check: ({ certificate }: LintSubject) => rule.check(certificate.publicKey) })),
  {
    id: 'key-time-stamping-type',
    severity: 'error',
    source: 'C2PA certificate profiles, time-stamp authority',
    profiles: ['time-stamping'],
    check: ({ certificate: { publicKey } }) =>
      when(publicKey.type === 'Ed25519', 'has an Ed25519 key, and time stamps are for RSA and ECDSA'),
  },
  {
    id: 'key-content-type',
    severity: 'error',
    source: 'C2PA 2.2 §14.5.1',
    profiles: ['content-signing', 'time-stamping'],
    check: ({ certificate: { publicKey } }) =>
      when(ML_DSA_LENGTHS[publicKey.type] !== undefined, 'has an ML-DSA key, which readers of content do not know'),
  },
]

/**
 * What is wrong with a key that comes from outside, before anything is certified for it: its kind, its size, and what lets
 * others find or forge what only its owner may have. Each message begins with a verb, whose subject is who has the key.
 */
export function lintPublicKey(publicKey: PublicKey): LintFinding[] {
  return RULES.flatMap(({ check, ...rule }) => {
    const message = check(publicKey)
    return message === undefined ? [] : [{ ...rule, message }]
  })
}

const LARGEST_EXPONENT = 1n << 256n
/** What OpenSSL verifies with. */
const MOST_RSA_BITS = 16_384

function hasGoodSize({ bits }: PublicKey): boolean {
  return bits >= 2048 && bits <= MOST_RSA_BITS && bits % 8 === 0
}

/** The numbers of an RSA key; undefined for other keys, and for what is none. */
function rsaKey(publicKey: PublicKey): RsaPublicKey | undefined {
  if (!isRsa(publicKey)) return undefined
  try {
    return RsaPublicKey.decode(publicKey.key)
  } catch {
    return undefined
  }
}

/** The points of order 1, 2, 4 and 8, and those that are the same modulo the prime, without the bit for their sign. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
])

function withoutSign(key: Uint8Array): Uint8Array {
  const copy = key.slice()
  copy[31] = (copy[31] as number) & 0x7f
  return copy
}

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
