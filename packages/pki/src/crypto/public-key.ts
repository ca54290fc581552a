/** SubjectPublicKeyInfo, RFC 5280 §4.1.2.7: public keys and what can be told of their strength. */
import { type Der, DerError, der } from '@countersign/codec'
import { named } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { AlgorithmIdentifier, NULL_PARAMETERS } from './algorithm-identifier.ts'
import type { MlDsa } from './port.ts'

/**
 *     SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
 */
export type SubjectPublicKeyInfo = { readonly algorithm: AlgorithmIdentifier; readonly subjectPublicKey: Uint8Array }
/** The DER codec of SubjectPublicKeyInfo. */
export const SubjectPublicKeyInfo: Der<SubjectPublicKeyInfo> = named(
  'a SubjectPublicKeyInfo',
  der.sequence<SubjectPublicKeyInfo>({ algorithm: AlgorithmIdentifier, subjectPublicKey: der.bitStringBytes }),
)

/**
 *     RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }
 */
export type RsaPublicKey = { readonly modulus: bigint; readonly publicExponent: bigint }
/** The DER codec of RSAPublicKey, RFC 8017 A.1.1. */
export const RsaPublicKey: Der<RsaPublicKey> = named(
  'an RSAPublicKey',
  der.sequence<RsaPublicKey>({ modulus: der.integer, publicExponent: der.integer }),
)

/** The curves that keys may be on, SP 800-186 §3.2.1. */
export type Curve = 'P-256' | 'P-384' | 'P-521'

/** `RSASSA-PSS` is an RSA key bound to that use by its identifier (RFC 4055 §1.2). */
export type KeyType = 'EC' | 'RSA' | 'RSASSA-PSS' | 'Ed25519' | MlDsa | 'unknown'

/** A SubjectPublicKeyInfo that was looked into. */
export type PublicKey = {
  /** The SubjectPublicKeyInfo, DER. */
  readonly bytes: Uint8Array
  readonly algorithm: AlgorithmIdentifier
  /** What stands in the BIT STRING. */
  readonly key: Uint8Array
  readonly type: KeyType
  /** Of EC keys on a named curve that is known here. */
  readonly curve?: Curve
  /** Size of the modulus or of the field, of the whole key for ML-DSA; 0 where it is not known. */
  readonly bits: number
}

const CURVES: { readonly [oid: string]: { readonly curve: Curve; readonly bits: number } } = {
  [oids.prime256v1]: { curve: 'P-256', bits: 256 },
  [oids.secp384r1]: { curve: 'P-384', bits: 384 },
  [oids.secp521r1]: { curve: 'P-521', bits: 521 },
}

const ML_DSA: { readonly [oid: string]: MlDsa } = {
  [oids.mlDsa44]: 'ML-DSA-44',
  [oids.mlDsa65]: 'ML-DSA-65',
  [oids.mlDsa87]: 'ML-DSA-87',
}

const capturedInfo = der.captured(SubjectPublicKeyInfo)

/** SubjectPublicKeyInfo, read into a PublicKey; encodes to the bytes it came from. */
export const PublicKey: Der<PublicKey> = named('a SubjectPublicKeyInfo', {
  tag: capturedInfo.tag,
  accepts: capturedInfo.accepts,
  encode: ({ bytes }) => bytes,
  decode: (bytes) => publicKeyFrom(capturedInfo.decode(bytes)),
  fromElement: (element) => publicKeyFrom(capturedInfo.fromElement(element)),
})

function publicKeyFrom({ value, bytes }: { value: SubjectPublicKeyInfo; bytes: Uint8Array }): PublicKey {
  const { algorithm, subjectPublicKey: key } = value
  return { bytes, algorithm, key, ...strengthOf(algorithm, key) }
}

function strengthOf(
  { algorithm, parameters }: AlgorithmIdentifier,
  key: Uint8Array,
): Pick<PublicKey, 'type' | 'curve' | 'bits'> {
  switch (algorithm) {
    case oids.ecPublicKey: {
      const curve = parameters && CURVES[curveOid(parameters) ?? '']
      return curve ? { type: 'EC', ...curve } : { type: 'EC', bits: 0 }
    }
    case oids.rsaEncryption:
      return { type: 'RSA', bits: modulusBits(key) }
    case oids.rsassaPss:
      return { type: 'RSASSA-PSS', bits: modulusBits(key) }
    case oids.ed25519:
      return { type: 'Ed25519', bits: 256 }
    default: {
      const parameterSet = ML_DSA[algorithm]
      return parameterSet ? { type: parameterSet, bits: key.length * 8 } : { type: 'unknown', bits: 0 }
    }
  }
}

/** The named curve; undefined for parameters that spell a curve out, which no one may use (RFC 5480 §2.1.1). */
function curveOid(parameters: Uint8Array): string | undefined {
  return parameters[0] === 6 ? der.oid.decode(parameters) : undefined
}

function modulusBits(key: Uint8Array): number {
  const sequence = der.onlyElement(key)
  const modulus = sequence.tag === 0x30 ? der.elementsOf(sequence)[0] : undefined
  if (modulus?.tag !== 0x02) throw new DerError('tag', 'an RSA key without a modulus')
  const { content } = modulus
  const start = content[0] === 0 ? 1 : 0
  const first = content[start]
  return first === undefined ? 0 : (content.length - start) * 8 - Math.clz32(first) + 24
}

/** The SubjectPublicKeyInfo of an RSASSA-PSS key as one of a plain RSA key, which is all that WebCrypto reads. */
export function asPlainRsaKey({ key }: PublicKey): Uint8Array {
  return SubjectPublicKeyInfo.encode({
    algorithm: { algorithm: oids.rsaEncryption, parameters: NULL_PARAMETERS },
    subjectPublicKey: key,
  })
}
