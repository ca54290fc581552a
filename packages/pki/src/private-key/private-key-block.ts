/** Private keys in the syntaxes that programs ask for: PKCS #8, PKCS #1 and SEC 1. RFC 5958, RFC 8017 A.1.2, RFC 5915. */
import { type Der, der, type PemBlock } from '@countersign/codec'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { PrivateKeyInfo } from './private-key-info.ts'

/** `traditional` is PKCS #1 for RSA keys and SEC 1 for those on curves; no other kind has one. */
export type PrivateKeySyntax = 'PKCS#8' | 'traditional'

/**
 *     RSAPrivateKey ::= SEQUENCE {
 *       version Version, modulus INTEGER, publicExponent INTEGER, privateExponent INTEGER, prime1 INTEGER, prime2 INTEGER,
 *       exponent1 INTEGER, exponent2 INTEGER, coefficient INTEGER, otherPrimeInfos OtherPrimeInfos OPTIONAL }
 *
 * Of two primes: nobody makes keys of more.
 */
type RsaPrivateKey = {
  readonly version: number
  readonly modulus: bigint
  readonly publicExponent: bigint
  readonly privateExponent: bigint
  readonly prime1: bigint
  readonly prime2: bigint
  readonly exponent1: bigint
  readonly exponent2: bigint
  readonly coefficient: bigint
}
/** The DER codec of RSAPrivateKey, RFC 8017 A.1.2. */
export const RsaPrivateKey: Der<RsaPrivateKey> = named(
  'an RSAPrivateKey',
  der.sequence<RsaPrivateKey>({
    version: der.smallInteger,
    modulus: der.integer,
    publicExponent: der.integer,
    privateExponent: der.integer,
    prime1: der.integer,
    prime2: der.integer,
    exponent1: der.integer,
    exponent2: der.integer,
    coefficient: der.integer,
  }),
)

/**
 *     ECPrivateKey ::= SEQUENCE {
 *       version INTEGER { ecPrivkeyVer1(1) }, privateKey OCTET STRING, parameters [0] ECParameters OPTIONAL,
 *       publicKey [1] BIT STRING OPTIONAL }
 */
type EcPrivateKey = {
  readonly version: number
  readonly privateKey: Uint8Array
  readonly parameters?: Uint8Array
  readonly publicKey?: Uint8Array
}
/** The DER codec of ECPrivateKey, RFC 5915 §3. */
export const EcPrivateKey: Der<EcPrivateKey> = named(
  'an ECPrivateKey',
  der.sequence<EcPrivateKey>({
    version: der.smallInteger,
    privateKey: der.octetString,
    parameters: der.optional(der.explicit(0, der.any)),
    publicKey: der.optional(der.explicit(1, der.bitStringBytes)),
  }),
)

/** A private key (PKCS #8, DER) in a syntax, under the label that it has in PEM. Throws PkiError for a kind without it. */
export function privateKeyBlock(privateKey: Uint8Array, syntax: PrivateKeySyntax): PemBlock {
  const info = PrivateKeyInfo.decode(privateKey)
  if (syntax === 'PKCS#8') return { label: 'PRIVATE KEY', bytes: privateKey.slice() }
  const { algorithm, parameters } = info.privateKeyAlgorithm
  if (algorithm === oids.rsaEncryption) {
    RsaPrivateKey.decode(info.privateKey)
    return { label: 'RSA PRIVATE KEY', bytes: info.privateKey.slice() }
  }
  if (algorithm === oids.ecPublicKey && parameters) {
    // Beside PKCS #8, which names the curve itself, the key has to say it.
    const bytes = EcPrivateKey.encode({ ...EcPrivateKey.decode(info.privateKey), parameters })
    return { label: 'EC PRIVATE KEY', bytes: bytes.slice() }
  }
  throw new PkiError('invalid_argument', 'only RSA keys and those on curves have a syntax but PKCS #8')
}
