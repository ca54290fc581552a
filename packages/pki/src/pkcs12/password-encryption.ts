/** Encryption under the password of a PKCS#12 file, today's and that of old systems. */
import { oids } from '../object-identifiers.ts'
import type { IterationBudget } from './iteration-budget.ts'
import { decryptPbe, encryptTripleDesPbe } from './pbe.ts'
import { decryptPbes2, type Encrypted, encryptPbes2 } from './pbes2.ts'

/**
 * What PKCS#12 files may be encrypted with. `3DES`, with SHA-1, is for what reads nothing else: Windows before 10 1709 and
 * Server 2019, Java before 8u301, the keychain of macOS.
 */
export type Pkcs12Encryption = 'AES-128' | 'AES-256' | '3DES'

/** Encrypts what goes into a file. */
export function encryptUnderPassword(
  data: Uint8Array,
  password: string,
  iterations: number,
  encryption: Pkcs12Encryption,
): Promise<Encrypted> {
  return encryption === '3DES'
    ? encryptTripleDesPbe(data, password, iterations)
    : encryptPbes2(data, password, iterations, encryption)
}

/** Decrypts what stood in a file; throws PkiError, `wrong_password` among them. */
export async function decryptUnderPassword(
  encrypted: Encrypted,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  return encrypted.encryptionAlgorithm.algorithm === oids.pbes2
    ? decryptPbes2(encrypted, password, budget)
    : decryptPbe(encrypted, password, budget)
}
