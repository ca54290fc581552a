/** RSA keys whose two primes lie so close together that Fermat's way of factoring finds them, CVE-2022-26320. */

/** As many as the CA/Browser Forum asks for, BR §6.1.1.3. */
const ROUNDS = 100
/** A square is one of these modulo 64: most of what is none is known without a root. */
const SQUARES = new Set(Array.from({ length: 64 }, (_, root) => (root * root) % 64))

/** Whether an odd modulus is factored in a hundred rounds. */
export function hasClosePrimes(modulus: bigint): boolean {
  let mean = squareRoot(modulus)
  if (mean * mean === modulus) return true
  mean += 1n
  for (let round = 0; round < ROUNDS; round++, mean += 1n) {
    const difference = mean * mean - modulus
    if (SQUARES.has(Number(BigInt.asUintN(6, difference))) && squareRoot(difference) ** 2n === difference) return true
  }
  return false
}

/** Rounded down; Newton's way, from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let root = 1n << BigInt(Math.ceil(value.toString(16).length * 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
