/** Signature algorithms by their JOSE names, as AlgorithmIdentifiers (RFC 4055, RFC 5758, RFC 8410, RFC 9881), and the keys they suit. */

import { oids } from '../object-identifiers.ts'
import { type AlgorithmIdentifier, hashLength, hasNoParameters, NULL_PARAMETERS } from './algorithm-identifier.ts'
import type { HashAlgorithm, MlDsa, SignatureAlgorithm } from './port.ts'
import type { PublicKey } from './public-key.ts'
import { decodeRsassaPssParameters, encodeRsassaPssParameters } from './rsassa-pss-parameters.ts'

const IDENTIFIERS: { readonly [A in SignatureAlgorithm]: AlgorithmIdentifier } = {
  ES256: { algorithm: oids.ecdsaWithSHA256 },
  ES384: { algorithm: oids.ecdsaWithSHA384 },
  ES512: { algorithm: oids.ecdsaWithSHA512 },
  PS256: { algorithm: oids.rsassaPss, parameters: encodeRsassaPssParameters('sha256') },
  PS384: { algorithm: oids.rsassaPss, parameters: encodeRsassaPssParameters('sha384') },
  PS512: { algorithm: oids.rsassaPss, parameters: encodeRsassaPssParameters('sha512') },
  RS256: { algorithm: oids.sha256WithRSAEncryption, parameters: NULL_PARAMETERS },
  RS384: { algorithm: oids.sha384WithRSAEncryption, parameters: NULL_PARAMETERS },
  RS512: { algorithm: oids.sha512WithRSAEncryption, parameters: NULL_PARAMETERS },
  EdDSA: { algorithm: oids.ed25519 },
  'ML-DSA-44': { algorithm: oids.mlDsa44 },
  'ML-DSA-65': { algorithm: oids.mlDsa65 },
  'ML-DSA-87': { algorithm: oids.mlDsa87 },
}

/** How a signature algorithm is named in a certificate. */
export function signatureAlgorithmIdentifier(algorithm: SignatureAlgorithm): AlgorithmIdentifier {
  return IDENTIFIERS[algorithm]
}

/** The signature algorithm that an identifier names; undefined for all that is not accepted here, SHA-1 and MD5 among them. */
export function signatureAlgorithmFrom(identifier: AlgorithmIdentifier): SignatureAlgorithm | undefined {
  const { algorithm, parameters } = identifier
  switch (algorithm) {
    case oids.ecdsaWithSHA256:
      return parameters ? undefined : 'ES256'
    case oids.ecdsaWithSHA384:
      return parameters ? undefined : 'ES384'
    case oids.ecdsaWithSHA512:
      return parameters ? undefined : 'ES512'
    case oids.ed25519:
      return parameters ? undefined : 'EdDSA'
    case oids.mlDsa44:
      return parameters ? undefined : 'ML-DSA-44'
    case oids.mlDsa65:
      return parameters ? undefined : 'ML-DSA-65'
    case oids.mlDsa87:
      return parameters ? undefined : 'ML-DSA-87'
    // NULL it must be, but absent must be read too (RFC 4055 §5).
    case oids.sha256WithRSAEncryption:
      return hasNoParameters(identifier) ? 'RS256' : undefined
    case oids.sha384WithRSAEncryption:
      return hasNoParameters(identifier) ? 'RS384' : undefined
    case oids.sha512WithRSAEncryption:
      return hasNoParameters(identifier) ? 'RS512' : undefined
    case oids.rsassaPss:
      return parameters && pssAlgorithm(parameters)
    default:
      return undefined
  }
}

function pssAlgorithm(parameters: Uint8Array): SignatureAlgorithm | undefined {
  const decoded = decodeRsassaPssParameters(parameters)
  if (!decoded || decoded.hashAlgorithm === 'sha1') return undefined
  if (decoded.saltLength !== hashLength(decoded.hashAlgorithm)) return undefined
  return `PS${decoded.hashAlgorithm.slice(3)}` as SignatureAlgorithm
}

/** The hash within a signature algorithm, or the one that goes along with it where it has none (RFC 8419 §3, RFC 9882 §3.3). */
export function hashAlgorithmOf(algorithm: SignatureAlgorithm): HashAlgorithm {
  return hashesItself(algorithm) ? 'sha512' : (`sha${algorithm.slice(2)}` as HashAlgorithm)
}

/** Whether an algorithm signs data as they are: there is no hash to choose. RFC 8032 §5.1, FIPS 204 §5.2. */
export function hashesItself(algorithm: SignatureAlgorithm): algorithm is 'EdDSA' | MlDsa {
  return algorithm === 'EdDSA' || algorithm.startsWith('ML-DSA')
}

/** Whether a signature is as long as the key makes them: RSA's modulus, which OpenSSL does not insist on. RFC 8017 §8.1.2. */
export function hasSignatureLength(key: PublicKey, signature: Uint8Array): boolean {
  return !key.type.startsWith('RSA') || signature.length === Math.ceil(key.bits / 8)
}

/** Whether a key is one that an algorithm works with. */
export function suitsKey(algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  switch (algorithm.slice(0, 2)) {
    case 'ES':
      return key.type === 'EC' && key.curve !== undefined
    case 'RS':
      return key.type === 'RSA'
    case 'PS':
      return key.type === 'RSA' || (key.type === 'RSASSA-PSS' && allows(key, hashAlgorithmOf(algorithm)))
    case 'ML':
      return key.type === algorithm
    default:
      return key.type === 'Ed25519'
  }
}

/** The parameters of an RSASSA-PSS key bind its hash and the least length of its salts (RFC 4055 §3.3). */
function allows({ algorithm }: PublicKey, hash: HashAlgorithm): boolean {
  if (!algorithm.parameters) return true
  const bound = decodeRsassaPssParameters(algorithm.parameters)
  return bound?.hashAlgorithm === hash && bound.saltLength <= hashLength(hash)
}
