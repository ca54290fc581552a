import type { KeyType } from '../crypto/public-key.ts'

const LENGTHS: { readonly [type: string]: number | undefined } = {
  'ML-DSA-44': 1312,
  'ML-DSA-65': 1952,
  'ML-DSA-87': 2592,
}

/** How long a key of that type is, in bytes; undefined for what is no ML-DSA. FIPS 204, table 2. */
export function mlDsaLength(type: KeyType): number | undefined {
  return LENGTHS[type]
}
