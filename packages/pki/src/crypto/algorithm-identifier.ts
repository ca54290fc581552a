/** AlgorithmIdentifier, RFC 5280 §4.1.1.2. */
import { type Der, der } from '@countersign/codec'
import { oids } from '../object-identifiers.ts'
import type { HashAlgorithm } from './port.ts'

/**
 *     AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }
 */
export type AlgorithmIdentifier = { readonly algorithm: string; readonly parameters?: Uint8Array }
/** The DER codec of AlgorithmIdentifier. */
export const AlgorithmIdentifier: Der<AlgorithmIdentifier> = der.sequence<AlgorithmIdentifier>({
  algorithm: der.oid,
  parameters: der.optional(der.any),
})

/** NULL, as the parameters of RSA keys and PKCS #1 v1.5 signatures must be (RFC 3279 §2.2.1). */
export const NULL_PARAMETERS: Uint8Array = Uint8Array.of(5, 0)

/** Whether parameters are absent or NULL, the two ways of saying that an algorithm has none. */
export function hasNoParameters({ parameters }: AlgorithmIdentifier): boolean {
  return parameters === undefined || (parameters.length === 2 && parameters[0] === 5 && parameters[1] === 0)
}

const HASHES: readonly HashAlgorithm[] = ['sha1', 'sha256', 'sha384', 'sha512']

/** The identifier of a hash, without parameters (RFC 5754 §2). */
export function hashAlgorithmIdentifier(algorithm: HashAlgorithm): AlgorithmIdentifier {
  return { algorithm: oids[algorithm] }
}

/** The hash that an identifier names, parameters absent or NULL; undefined for one that is not known here. */
export function hashAlgorithmFrom(identifier: AlgorithmIdentifier): HashAlgorithm | undefined {
  if (!hasNoParameters(identifier)) return undefined
  return HASHES.find((algorithm) => oids[algorithm] === identifier.algorithm)
}

/** How many bytes a hash has. */
export function hashLength(algorithm: HashAlgorithm): number {
  return { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }[algorithm]
}
