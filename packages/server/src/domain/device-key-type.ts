import type { PublicKey } from '@countersign/pki'

/** The kinds of keys that a device's certificate may be for, under the names that the API has for them. */
export const DEVICE_KEY_TYPES = [
  'rsa_2048',
  'rsa_3072',
  'rsa_4096',
  'p_256',
  'p_384',
  'p_521',
  'ed_25519',
  'ml_dsa_44',
  'ml_dsa_65',
  'ml_dsa_87',
] as const

export type DeviceKeyType = (typeof DEVICE_KEY_TYPES)[number]

const BY_CURVE = { 'P-256': 'p_256', 'P-384': 'p_384', 'P-521': 'p_521' } as const
const BY_NAME: Readonly<Record<string, DeviceKeyType>> = {
  Ed25519: 'ed_25519',
  'ML-DSA-44': 'ml_dsa_44',
  'ML-DSA-65': 'ml_dsa_65',
  'ML-DSA-87': 'ml_dsa_87',
}

/** Of which kind a key is; undefined for one that no device may have. */
export function deviceKeyTypeOf({ type, bits, curve }: PublicKey): DeviceKeyType | undefined {
  if (type === 'RSA') return bits === 2048 || bits === 3072 || bits === 4096 ? `rsa_${bits}` : undefined
  if (type === 'EC') return curve && BY_CURVE[curve]
  return BY_NAME[type]
}
