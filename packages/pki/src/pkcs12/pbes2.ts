/** Encryption under a password: PBES2 with PBKDF2 and a cipher in CBC. RFC 8018 §6.2 and Appendix A. */
import { type Der, der } from '@countersign/codec'
import { decryptAesCbc, decryptTripleDesCbc, encryptAesCbc, randomBytes } from '#crypto'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { IterationBudget } from './iteration-budget.ts'
import { keyByParams, keyByPbkdf2, pbkdf2ParamsOf } from './pbkdf2.ts'

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

type Scheme = { readonly length: number; readonly blockLength: number; readonly decrypt: typeof decryptAesCbc }
const SCHEMES: { readonly [oid: string]: Scheme } = {
  [oids.aes128Cbc]: { length: 16, blockLength: 16, decrypt: decryptAesCbc },
  [oids.aes192Cbc]: { length: 24, blockLength: 16, decrypt: decryptAesCbc },
  [oids.aes256Cbc]: { length: 32, blockLength: 16, decrypt: decryptAesCbc },
  [oids.desEde3Cbc]: { length: 24, blockLength: 8, decrypt: decryptTripleDesCbc },
}

/** What was encrypted, and how. RFC 5958 §3 calls it EncryptedPrivateKeyInfo when it is a key. */
export type Encrypted = {
  readonly encryptionAlgorithm: AlgorithmIdentifier
  readonly encryptedData: Uint8Array
}

/** Encrypts with AES-CBC under a key by PBKDF2-HMAC-SHA-256. RFC 8018 §6.2.1. */
export async function encryptPbes2(
  data: Uint8Array,
  password: string,
  iterations: number,
  encryption: 'AES-128' | 'AES-256' = 'AES-256',
): Promise<Encrypted> {
  const initializationVector = randomBytes(16)
  const [oid, length] = encryption === 'AES-128' ? [oids.aes128Cbc, 16] : [oids.aes256Cbc, 32]
  const { key, identifier } = await keyByPbkdf2(password, randomBytes(16), iterations, length)
  const parameters = Pbes2Parameters.encode({
    keyDerivationFunc: identifier,
    encryptionScheme: { algorithm: oid, parameters: der.octetString.encode(initializationVector) },
  })
  return {
    encryptionAlgorithm: { algorithm: oids.pbes2, parameters },
    encryptedData: await encryptAesCbc(key, initializationVector, data),
  }
}

/**
 * Decrypts what PBES2 encrypted with PBKDF2 and AES or Triple DES in CBC. Throws PkiError: `wrong_password`, or what can't
 * be read. RFC 8018 §6.2.2.
 */
export async function decryptPbes2(
  { encryptionAlgorithm, encryptedData }: Encrypted,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  const { algorithm, parameters } = encryptionAlgorithm
  if (algorithm !== oids.pbes2 || !parameters) throw new PkiError('unsupported', `encryption with ${algorithm}`)
  const { keyDerivationFunc, encryptionScheme } = Pbes2Parameters.decode(parameters)
  const derivation = pbkdf2ParamsOf(keyDerivationFunc)
  const scheme = SCHEMES[encryptionScheme.algorithm]
  if (!scheme) throw new PkiError('unsupported', `encryption with ${encryptionScheme.algorithm}`)
  const { length, blockLength, decrypt } = scheme
  const initializationVector = InitializationVector.decode(encryptionScheme.parameters ?? new Uint8Array())
  if (initializationVector.length !== blockLength || (derivation.keyLength ?? length) !== length)
    throw new PkiError('malformed', 'parameters that the cipher can not have')
  const key = await keyByParams(derivation, password, length, budget)
  return underPassword(decrypt(key, initializationVector, encryptedData))
}

/** Says of what does not decrypt that its password is wrong. */
export async function underPassword(decryption: Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await decryption
  } catch (error) {
    if (error instanceof PkiError && error.code === 'malformed')
      throw new PkiError('wrong_password', 'the password is wrong', { cause: error })
    throw error
  }
}

const InitializationVector = named('an initialization vector', der.octetString)
