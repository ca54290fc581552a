/** Private keys of ML-DSA, of which programs want the seed, the expanded key, or both. RFC 9881 §6. */
import { type Der, der } from '@countersign/codec'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { PrivateKeyInfo } from './private-key-info.ts'

/**
 *     ML-DSA-44-PrivateKey ::= CHOICE {
 *       seed [0] OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (2560)),
 *       both SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING (SIZE (2560)) } }
 */
type Both = { readonly seed: Uint8Array; readonly expandedKey: Uint8Array }
/** The DER codec of what stands in the private key of PKCS #8, RFC 9881 §6. */
export const MlDsaPrivateKey: Der<der.Choice<{ seed: Uint8Array; expandedKey: Uint8Array; both: Both }>> = named(
  'an ML-DSA private key',
  der.choice({
    seed: der.implicit(0, der.octetString),
    expandedKey: der.octetString,
    both: der.sequence<Both>({ seed: der.octetString, expandedKey: der.octetString }),
  }),
)

/** The forms of RFC 9881 §6. */
export type MlDsaPrivateKeyForm = 'seed' | 'expandedKey' | 'both'

const SEED_LENGTH = 32
const EXPANDED_LENGTHS: { readonly [oid: string]: number } = {
  [oids.mlDsa44]: 2560,
  [oids.mlDsa65]: 4032,
  [oids.mlDsa87]: 4896,
}

/** An ML-DSA private key (PKCS #8, DER) that has both parts, in another form. Throws PkiError. RFC 9881 §6. */
export function mlDsaPrivateKeyAs(form: MlDsaPrivateKeyForm, privateKey: Uint8Array): Uint8Array {
  const info = PrivateKeyInfo.decode(privateKey)
  const expandedLength = EXPANDED_LENGTHS[info.privateKeyAlgorithm.algorithm]
  if (!expandedLength || info.privateKeyAlgorithm.parameters)
    throw new PkiError('invalid_argument', 'the private key is none of ML-DSA')
  const key = MlDsaPrivateKey.decode(info.privateKey)
  if (key.type !== 'both') throw new PkiError('unsupported', `an ML-DSA private key that is ${key.type} alone`)
  const { seed, expandedKey } = key.value
  if (seed.length !== SEED_LENGTH || expandedKey.length !== expandedLength)
    throw new PkiError('malformed', `an ML-DSA private key of ${seed.length} and ${expandedKey.length} bytes`)
  const chosen = {
    seed: { type: 'seed', value: seed },
    expandedKey: { type: 'expandedKey', value: expandedKey },
    both: key,
  } as const
  return PrivateKeyInfo.encode({ ...info, privateKey: MlDsaPrivateKey.encode(chosen[form]) })
}
