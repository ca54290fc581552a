import { encodeHex } from '@countersign/codec'
import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'

/** An Ed25519 key is a point of the curve, and none of the eight under which anybody can sign. */
export const keyEd25519Point: KeyRule = keyRule({
  id: 'key-ed25519-point',
  severity: 'error',
  source: 'RFC 8032 §5.1.3, §5.1.7',
  check: ({ type, key }) =>
    when(
      type === 'Ed25519' && !isUsable(key),
      'has an Ed25519 key that is no point of the curve, or under which anybody can sign',
    ),
})

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

const PRIME = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

function isUsable(key: Uint8Array): boolean {
  if (key.length !== 32) return false
  const bytes = withoutSign(key)
  return !SMALL_ORDER.has(encodeHex(bytes)) && isOnCurve(BigInt(`0x${encodeHex(bytes.toReversed())}`))
}

/** Whether x² = (y² - 1) / (d y² + 1) has a root: then the product of both sides has one, too. */
function isOnCurve(y: bigint): boolean {
  if (y >= PRIME) return false
  const square = (y * y) % PRIME
  const residue = (((square - 1n + PRIME) % PRIME) * (D * square + 1n)) % PRIME
  return residue === 0n || power(residue, (PRIME - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base]
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % PRIME
    factor = (factor * factor) % PRIME
  }
  return result
}
