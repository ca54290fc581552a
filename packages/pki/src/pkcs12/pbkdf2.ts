/** Keys from passwords by PBKDF2. RFC 8018 §5.2 and Appendix A.2. */
import { type Der, der, utf8Bytes } from '@countersign/codec'
import { pbkdf2 } from '#crypto'
import { AlgorithmIdentifier, hasNoParameters, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type IterationBudget, spend } from './iteration-budget.ts'

/**
 *     PBKDF2-params ::= SEQUENCE {
 *       salt CHOICE { specified OCTET STRING, … }, iterationCount INTEGER (1..MAX), keyLength INTEGER (1..MAX) OPTIONAL,
 *       prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
 */
export type Pbkdf2Params = {
  readonly salt: Uint8Array
  readonly iterationCount: number
  readonly keyLength?: number
  readonly prf?: AlgorithmIdentifier
}
/** The DER codec of PBKDF2-params, RFC 8018 Appendix A.2. */
export const Pbkdf2Params: Der<Pbkdf2Params> = named(
  'PBKDF2-params',
  der.sequence<Pbkdf2Params>({
    salt: der.octetString,
    iterationCount: der.smallInteger,
    keyLength: der.optional(der.smallInteger),
    prf: der.optional(AlgorithmIdentifier),
  }),
)

const HMACS: { readonly [oid: string]: HashAlgorithm } = {
  [oids.hmacWithSHA1]: 'sha1',
  [oids.hmacWithSHA256]: 'sha256',
  [oids.hmacWithSHA384]: 'sha384',
  [oids.hmacWithSHA512]: 'sha512',
}

/** The hash of the HMAC that an identifier names; undefined for what is none known here. RFC 8018 Appendix B.1.2. */
export function hmacHashFrom(identifier: AlgorithmIdentifier): HashAlgorithm | undefined {
  return hasNoParameters(identifier) ? HMACS[identifier.algorithm] : undefined
}

/** The parameters in the identifier of PBKDF2; throws PkiError for any other derivation. */
export function pbkdf2ParamsOf({ algorithm, parameters }: AlgorithmIdentifier): Pbkdf2Params {
  if (algorithm !== oids.pbkdf2 || !parameters) throw new PkiError('unsupported', `keys by ${algorithm}`)
  return Pbkdf2Params.decode(parameters)
}

/** A key as the parameters of others have it, at the cost of a budget; throws PkiError. */
export function keyByParams(
  { salt, iterationCount, prf }: Pbkdf2Params,
  password: string,
  length: number,
  budget: IterationBudget,
): Promise<Uint8Array> {
  const hash = prf ? hmacHashFrom(prf) : 'sha1'
  if (!hash) throw new PkiError('unsupported', `PBKDF2 with ${prf?.algorithm}`)
  spend(budget, iterationCount)
  return pbkdf2({ hash, password: utf8Bytes(password), salt, iterations: iterationCount, length })
}

/** A key by PBKDF2-HMAC-SHA-256, and the identifier that says so. */
export async function keyByPbkdf2(
  password: string,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Promise<{ readonly key: Uint8Array; readonly identifier: AlgorithmIdentifier }> {
  const key = await pbkdf2({ hash: 'sha256', password: utf8Bytes(password), salt, iterations, length })
  const parameters = Pbkdf2Params.encode({
    salt,
    iterationCount: iterations,
    prf: { algorithm: oids.hmacWithSHA256, parameters: NULL_PARAMETERS },
  })
  return { key, identifier: { algorithm: oids.pbkdf2, parameters } }
}
