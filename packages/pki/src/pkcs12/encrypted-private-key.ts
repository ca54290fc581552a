/** Private keys under a password: `ENCRYPTED PRIVATE KEY` in PEM. RFC 5958 §3. */
import { type Der, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { named, PkiError } from '../error.ts'
import { PrivateKeyInfo } from '../private-key/private-key-info.ts'
import { decryptPbes2, type Encrypted, encryptPbes2 } from './pbes2.ts'

/**
 *     EncryptedPrivateKeyInfo ::= SEQUENCE {
 *       encryptionAlgorithm EncryptionAlgorithmIdentifier, encryptedData EncryptedData }
 */
export const EncryptedPrivateKeyInfo: Der<Encrypted> = named(
  'an EncryptedPrivateKeyInfo',
  der.sequence<Encrypted>({ encryptionAlgorithm: AlgorithmIdentifier, encryptedData: der.octetString }),
)

/** Iterations of PBKDF2 where nothing else is asked: some 15 ms of one core. */
const ITERATIONS = 100_000
/** What decrypting will go through at most. */
const MOST_ITERATIONS = 10_000_000

/** Encrypts a private key (PKCS#8, DER) under a password: PBES2, PBKDF2-HMAC-SHA-256, AES-256-CBC. RFC 5958 §3. */
export async function encryptPrivateKey(
  privateKey: Uint8Array,
  password: string,
  options: { readonly iterations?: number } = {},
): Promise<Uint8Array> {
  return EncryptedPrivateKeyInfo.encode(await encryptPbes2(privateKey, password, options.iterations ?? ITERATIONS))
}

/** The private key (PKCS#8, DER) that was encrypted under a password. Throws PkiError, `wrong_password` among them. RFC 5958 §3. */
export async function decryptPrivateKey(encrypted: Uint8Array, password: string): Promise<Uint8Array> {
  const decrypted = await decryptPbes2(EncryptedPrivateKeyInfo.decode(encrypted), password, { left: MOST_ITERATIONS })
  try {
    PrivateKeyInfo.decode(decrypted)
  } catch (error) {
    // The padding alone comes out right under one wrong password in 256.
    throw new PkiError('wrong_password', 'the password is wrong', { cause: error })
  }
  return decrypted
}
