/** Encryption under a password as PKCS#12 began with: all that old systems read. RFC 7292 Appendix C. */
import { concatBytes, type Der, der } from '@countersign/codec'
import { decryptTripleDesCbc, encryptTripleDesCbc, randomBytes } from '#crypto'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type IterationBudget, spend } from './iteration-budget.ts'
import { derivationCost, deriveKey } from './key-derivation.ts'
import { type Encrypted, underPassword } from './pbes2.ts'
import { decryptRc2Cbc } from './rc2.ts'

/**
 *     pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
 */
type PbeParameters = { readonly salt: Uint8Array; readonly iterations: number }
const PbeParameters: Der<PbeParameters> = named(
  'pkcs-12PbeParams',
  der.sequence<PbeParameters>({ salt: der.octetString, iterations: der.smallInteger }),
)

type Scheme = {
  readonly length: number
  decrypt(key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Promise<Uint8Array>
}
/** Those with RC4, which nobody writes, are left out. */
const SCHEMES: { readonly [oid: string]: Scheme } = {
  [oids.pbeWithSHAAnd3KeyTripleDESCBC]: { length: 24, decrypt: decryptTripleDesCbc },
  [oids.pbeWithSHAAnd2KeyTripleDESCBC]: {
    length: 16,
    decrypt: (key, ...rest) => decryptTripleDesCbc(concatBytes([key, key.subarray(0, 8)]), ...rest),
  },
  [oids.pbeWithSHAAnd128BitRC2CBC]: { length: 16, decrypt: decryptRc2Cbc },
  [oids.pbeWithSHAAnd40BitRC2CBC]: { length: 5, decrypt: decryptRc2Cbc },
}

const INITIALIZATION_VECTOR_LENGTH = 8
/** As long as the hash, which Appendix B.2 recommends. */
const SALT_LENGTH = 20
const LONGEST_SALT = 1024

/** Encrypts with Triple DES in CBC. RFC 7292 Appendix C. */
export async function encryptTripleDesPbe(data: Uint8Array, password: string, iterations: number): Promise<Encrypted> {
  const salt = randomBytes(SALT_LENGTH)
  const { key, initializationVector } = await derive(password, { salt, iterations }, 24)
  return {
    encryptionAlgorithm: {
      algorithm: oids.pbeWithSHAAnd3KeyTripleDESCBC,
      parameters: PbeParameters.encode({ salt, iterations }),
    },
    encryptedData: await encryptTripleDesCbc(key, initializationVector, data),
  }
}

/** Decrypts what Triple DES or RC2 encrypted; throws PkiError, `wrong_password` among them. RFC 7292 Appendix C. */
export async function decryptPbe(
  { encryptionAlgorithm, encryptedData }: Encrypted,
  password: string,
  budget: IterationBudget,
): Promise<Uint8Array> {
  const { algorithm, parameters } = encryptionAlgorithm
  const scheme = SCHEMES[algorithm]
  if (!scheme || !parameters) throw new PkiError('unsupported', `encryption with ${algorithm}`)
  const { salt, iterations } = PbeParameters.decode(parameters)
  if (salt.length > LONGEST_SALT) throw new PkiError('malformed', `a salt of ${salt.length} bytes`)
  spend(budget, iterations)
  spend(budget, derivationCost({ hash: 'sha1', iterations, length: scheme.length }))
  const { key, initializationVector } = await derive(password, { salt, iterations }, scheme.length)
  return underPassword(scheme.decrypt(key, initializationVector, encryptedData))
}

async function derive(
  password: string,
  parameters: PbeParameters,
  length: number,
): Promise<{ readonly key: Uint8Array; readonly initializationVector: Uint8Array }> {
  const shared = { hash: 'sha1', password, ...parameters } as const
  const key = await deriveKey({ ...shared, purpose: 'key', length })
  const purpose = 'initialization vector'
  return { key, initializationVector: await deriveKey({ ...shared, purpose, length: INITIALIZATION_VECTOR_LENGTH }) }
}
