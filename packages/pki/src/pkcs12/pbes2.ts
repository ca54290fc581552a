/** Encryption under a password: PBES2 with PBKDF2 and AES-CBC. RFC 8018 §6.2 and Appendix A. */
import { type Der, der, utf8Bytes } from '@countersign/codec'
import { decryptAesCbc, encryptAesCbc, pbkdf2, randomBytes } from '#crypto'
import { AlgorithmIdentifier, hasNoParameters, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type IterationBudget, spend } from './iteration-budget.ts'

/**
 *     PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }
 */
type Pbes2Parameters = {
  readonly keyDerivationFunc: AlgorithmIdentifier
  readonly encryptionScheme: AlgorithmIdentifier
}
const Pbes2Parameters: Der<Pbes2Parameters> = named(
  'PBES2-params',
  der.sequence<Pbes2Parameters>({ keyDerivationFunc: AlgorithmIdentifier, encryptionScheme: AlgorithmIdentifier }),
)

/**
 *     PBKDF2-params ::= SEQUENCE {
 *       salt CHOICE { specified OCTET STRING, … }, iterationCount INTEGER (1..MAX), keyLength INTEGER (1..MAX) OPTIONAL,
 *       prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
 */
type Pbkdf2Parameters = {
  readonly salt: Uint8Array
  readonly iterationCount: number
  readonly keyLength?: number
  readonly prf?: AlgorithmIdentifier
}
const Pbkdf2Parameters: Der<Pbkdf2Parameters> = named(
  'PBKDF2-params',
  der.sequence<Pbkdf2Parameters>({
    salt: der.octetString,
    iterationCount: der.smallInteger,
    keyLength: der.optional(der.smallInteger),
    prf: der.optional(AlgorithmIdentifier),
  }),
)

const PRFS: { readonly [oid: string]: HashAlgorithm } = {
  [oids.hmacWithSHA1]: 'sha1',
  [oids.hmacWithSHA256]: 'sha256',
  [oids.hmacWithSHA384]: 'sha384',
  [oids.hmacWithSHA512]: 'sha512',
}

const KEY_LENGTHS: { readonly [oid: string]: number } = {
  [oids.aes128Cbc]: 16,
  [oids.aes192Cbc]: 24,
  [oids.aes256Cbc]: 32,
}

/** What was encrypted, and how. RFC 5958 §3 calls it EncryptedPrivateKeyInfo when it is a key. */
export type Encrypted = {
  readonly encryptionAlgorithm: AlgorithmIdentifier
  readonly encryptedData: Uint8Array
}

/** What PKCS#12 files may be encrypted with, each with CBC under PBES2. */
export type Pkcs12Encryption = 'AES-128' | 'AES-256'

const SCHEMES: { readonly [E in Pkcs12Encryption]: { readonly oid: string; readonly length: number } } = {
  'AES-128': { oid: oids.aes128Cbc, length: 16 },
  'AES-256': { oid: oids.aes256Cbc, length: 32 },
}

/** Encrypts with AES-CBC under a key by PBKDF2-HMAC-SHA-256. RFC 8018 §6.2.1. */
export async function encryptPbes2(
  data: Uint8Array,
  password: string,
  iterations: number,
  encryption: Pkcs12Encryption = 'AES-256',
): Promise<Encrypted> {
  const { oid, length } = SCHEMES[encryption]
  const salt = randomBytes(16)
  const initializationVector = randomBytes(16)
  const key = await pbkdf2({ hash: 'sha256', password: utf8Bytes(password), salt, iterations, length })
  const parameters = Pbes2Parameters.encode({
    keyDerivationFunc: {
      algorithm: oids.pbkdf2,
      parameters: Pbkdf2Parameters.encode({
        salt,
        iterationCount: iterations,
        prf: { algorithm: oids.hmacWithSHA256, parameters: NULL_PARAMETERS },
      }),
    },
    encryptionScheme: { algorithm: oid, parameters: der.octetString.encode(initializationVector) },
  })
  return {
    encryptionAlgorithm: { algorithm: oids.pbes2, parameters },
    encryptedData: await encryptAesCbc(key, initializationVector, data),
  }
}

/** Decrypts what PBES2 encrypted with PBKDF2 and AES-CBC. Throws PkiError: `wrong_password`, or what can't be read. RFC 8018 §6.2.2. */
export async function decryptPbes2(
  { encryptionAlgorithm, encryptedData }: Encrypted,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  const { keyDerivationFunc, encryptionScheme } = Pbes2Parameters.decode(parametersOf(encryptionAlgorithm, oids.pbes2))
  const { salt, iterationCount, keyLength, prf } = Pbkdf2Parameters.decode(parametersOf(keyDerivationFunc, oids.pbkdf2))
  const hash = prf ? hasNoParameters(prf) && PRFS[prf.algorithm] : 'sha1'
  if (!hash) throw new PkiError('unsupported', `PBKDF2 with ${prf?.algorithm}`)
  const length = KEY_LENGTHS[encryptionScheme.algorithm]
  if (!length) throw new PkiError('unsupported', `encryption with ${encryptionScheme.algorithm}`)
  const initializationVector = InitializationVector.decode(encryptionScheme.parameters ?? new Uint8Array())
  if (initializationVector.length !== 16 || (keyLength !== undefined && keyLength !== length))
    throw new PkiError('malformed', 'parameters that AES can not have')
  spend(budget, iterationCount)
  const key = await pbkdf2({ hash, password: utf8Bytes(password), salt, iterations: iterationCount, length })
  try {
    return await decryptAesCbc(key, initializationVector, encryptedData)
  } catch (error) {
    if (error instanceof PkiError && error.code === 'malformed')
      throw new PkiError('wrong_password', 'the password is wrong', { cause: error })
    throw error
  }
}

const InitializationVector = named('an initialization vector', der.octetString)

function parametersOf({ algorithm, parameters }: AlgorithmIdentifier, expected: string): Uint8Array {
  if (algorithm !== expected || !parameters) throw new PkiError('unsupported', `encryption with ${algorithm}`)
  return parameters
}
