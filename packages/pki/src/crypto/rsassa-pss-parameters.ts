/** Parameters of RSASSA-PSS, RFC 4055 §3.1. */
import { type Der, DerError, der } from '@countersign/codec'
import { oids } from '../object-identifiers.ts'
import { AlgorithmIdentifier, hashAlgorithmFrom, hashLength, NULL_PARAMETERS } from './algorithm-identifier.ts'
import type { HashAlgorithm } from './port.ts'

/**
 *     RSASSA-PSS-params ::= SEQUENCE {
 *       hashAlgorithm [0] HashAlgorithm DEFAULT sha1Identifier, maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
 *       saltLength [2] INTEGER DEFAULT 20, trailerField [3] INTEGER DEFAULT 1 }
 */
type Parameters = {
  readonly hashAlgorithm?: AlgorithmIdentifier
  readonly maskGenAlgorithm?: AlgorithmIdentifier
  readonly saltLength: number
  readonly trailerField: number
}
const Parameters: Der<Parameters> = der.sequence<Parameters>({
  hashAlgorithm: der.optional(der.explicit(0, AlgorithmIdentifier)),
  maskGenAlgorithm: der.optional(der.explicit(1, AlgorithmIdentifier)),
  saltLength: der.withDefault(der.explicit(2, der.smallInteger), 20),
  trailerField: der.withDefault(der.explicit(3, der.smallInteger), 1),
})

/** Parameters as far as they may differ: one hash for message and mask, and the length of the salt. */
export type RsassaPssParameters = { readonly hashAlgorithm: HashAlgorithm; readonly saltLength: number }

/** What the parameters say, where it is one hash throughout, MGF1 and the one trailer there is; undefined for anything else, malformed bytes among it. */
export function decodeRsassaPssParameters(bytes: Uint8Array): RsassaPssParameters | undefined {
  try {
    return usableParameters(Parameters.decode(bytes))
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function usableParameters(parameters: Parameters): RsassaPssParameters | undefined {
  const mask = parameters.maskGenAlgorithm
  const hashAlgorithm = parameters.hashAlgorithm ? hashAlgorithmFrom(parameters.hashAlgorithm) : 'sha1'
  const maskHash = mask ? maskHashOf(mask) : 'sha1'
  if (!hashAlgorithm || maskHash !== hashAlgorithm || parameters.trailerField !== 1) return undefined
  return { hashAlgorithm, saltLength: parameters.saltLength }
}

function maskHashOf({ algorithm, parameters }: AlgorithmIdentifier): HashAlgorithm | undefined {
  if (algorithm !== oids.mgf1 || !parameters) return undefined
  return hashAlgorithmFrom(AlgorithmIdentifier.decode(parameters))
}

/** Parameters of a signature whose salt is as long as its hash, every field that is not the default written out. */
export function encodeRsassaPssParameters(hashAlgorithm: HashAlgorithm): Uint8Array {
  // NULL stands in the hash identifiers of PSS, since so many readers compare them byte by byte (RFC 4055 §2.1).
  const identifier: AlgorithmIdentifier = {
    algorithm: oids[hashAlgorithm],
    parameters: NULL_PARAMETERS,
  }
  return Parameters.encode({
    hashAlgorithm: identifier,
    maskGenAlgorithm: { algorithm: oids.mgf1, parameters: AlgorithmIdentifier.encode(identifier) },
    saltLength: hashLength(hashAlgorithm),
    trailerField: 1,
  })
}
