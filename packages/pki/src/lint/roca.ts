/** RSA keys of Infineon's broken generator, CVE-2017-15361: their primes are powers of 65537 modulo many small primes. */

const GENERATOR = 65537n
/** The odd primes up to 167, the product of which is the modulus of the smallest such keys. */
const PRIMES: readonly bigint[] = Array.from({ length: 167 }, (_, index) => BigInt(index + 1)).filter(isOddPrime)

/** Of each prime, the residues that such a modulus may have: those that are powers of the generator. */
const RESIDUES: readonly ReadonlySet<bigint>[] = PRIMES.map((prime) => {
  const residues = new Set<bigint>()
  for (let power = 1n; !residues.has(power); power = (power * GENERATOR) % prime) residues.add(power)
  return residues
})

/** Whether a modulus has the fingerprint; of others one in some hundred million has it. M. Nemec et al., ACM CCS 2017, §3. */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return PRIMES.every((prime, index) => RESIDUES[index]?.has(modulus % prime))
}

function isOddPrime(candidate: bigint): boolean {
  if (candidate < 3n || candidate % 2n === 0n) return false
  for (let divisor = 3n; divisor * divisor <= candidate; divisor += 2n) if (candidate % divisor === 0n) return false
  return true
}
