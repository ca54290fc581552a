import { encodeHex } from '@countersign/codec'
import type { Curve, PublicKey } from '../../crypto/public-key.ts'
import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'

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

/** An EC key is an uncompressed point of its curve. */
export const keyEcPoint: KeyRule = keyRule({
  id: 'key-ec-point',
  severity: 'error',
  source: 'RFC 5480 §2.2; SP 800-56A §5.6.2.3',
  check: (publicKey) =>
    when(publicKey.type === 'EC' && publicKey.curve !== undefined && !isPoint(publicKey), 'has no point of its curve'),
})

/** Whether the key is an uncompressed point that solves y² = x³ - 3x + b. */
function isPoint({ key, curve, bits }: PublicKey): boolean {
  const { p, b } = CURVES[curve as Curve]
  const size = Math.ceil(bits / 8)
  if (key.length !== 1 + 2 * size || key[0] !== 4) return false
  const x = BigInt(`0x${encodeHex(key.subarray(1, 1 + size))}`)
  const y = BigInt(`0x${encodeHex(key.subarray(1 + size))}`)
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n
}
