/** The integrity of a PKCS#12 file. RFC 7292 §4 and Appendix B, RFC 9579. */
import { type Der, der, equalBytes } from '@countersign/codec'
import { hmac, randomBytes } from '#crypto'
import { AlgorithmIdentifier, hashAlgorithmFrom, hashLength, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { named, PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type IterationBudget, spend } from './iteration-budget.ts'
import { deriveKey } from './key-derivation.ts'
import { hmacHashFrom, keyByParams, pbkdf2ParamsOf } from './pbkdf2.ts'

/**
 *     DigestInfo ::= SEQUENCE { digestAlgorithm DigestAlgorithmIdentifier, digest Digest }
 */
type DigestInfo = { readonly digestAlgorithm: AlgorithmIdentifier; readonly digest: Uint8Array }
const DigestInfo: Der<DigestInfo> = der.sequence<DigestInfo>({
  digestAlgorithm: AlgorithmIdentifier,
  digest: der.octetString,
})

/**
 *     MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
 */
export type MacData = { readonly mac: DigestInfo; readonly macSalt: Uint8Array; readonly iterations: number }
/** The DER codec of MacData, RFC 7292 §4. */
export const MacData: Der<MacData> = der.sequence<MacData>({
  mac: DigestInfo,
  macSalt: der.octetString,
  iterations: der.withDefault(der.smallInteger, 1),
})

/**
 *     PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
 */
type Pbmac1Params = {
  readonly keyDerivationFunc: AlgorithmIdentifier
  readonly messageAuthScheme: AlgorithmIdentifier
}
const Pbmac1Params: Der<Pbmac1Params> = named(
  'PBMAC1-params',
  der.sequence<Pbmac1Params>({ keyDerivationFunc: AlgorithmIdentifier, messageAuthScheme: AlgorithmIdentifier }),
)

const LONGEST_SALT = 1024

/** The HMAC of an authenticated safe. RFC 7292 §5.1. */
export async function macOf(
  data: Uint8Array,
  password: string,
  iterations: number,
  hash: HashAlgorithm = 'sha256',
): Promise<MacData> {
  const macSalt = randomBytes(hash === 'sha1' ? hashLength(hash) : 16)
  const key = await deriveMacKey(hash, password, macSalt, iterations)
  return {
    mac: {
      digestAlgorithm: { algorithm: oids[hash], parameters: NULL_PARAMETERS },
      digest: hmac(hash, key, data),
    },
    macSalt,
    iterations,
  }
}

/** Whether the MAC is that of the data under the password. RFC 7292 §5.2. */
export async function verifyMac(
  macData: MacData,
  data: Uint8Array,
  password: string,
  budget: IterationBudget,
): Promise<boolean> {
  const { mac, macSalt, iterations } = macData
  if (mac.digestAlgorithm.algorithm === oids.pbmac1) return verifyPbmac1(mac, data, password, budget)
  const algorithm = hashAlgorithmFrom(mac.digestAlgorithm)
  if (!algorithm) throw new PkiError('unsupported', `a MAC with ${mac.digestAlgorithm.algorithm}`)
  if (macSalt.length > LONGEST_SALT) throw new PkiError('malformed', `a salt of ${macSalt.length} bytes`)
  spend(budget, iterations)
  const key = await deriveMacKey(algorithm, password, macSalt, iterations)
  return equalBytes(hmac(algorithm, key, data), mac.digest)
}

/** Salt and iterations of such a MAC stand in its algorithm, and those beside it mean nothing. RFC 9579 §4. */
async function verifyPbmac1(
  { digestAlgorithm, digest }: DigestInfo,
  data: Uint8Array,
  password: string,
  budget: IterationBudget,
): Promise<boolean> {
  const { keyDerivationFunc, messageAuthScheme } = Pbmac1Params.decode(digestAlgorithm.parameters ?? new Uint8Array())
  const hash = hmacHashFrom(messageAuthScheme)
  if (!hash) throw new PkiError('unsupported', `a MAC with ${messageAuthScheme.algorithm}`)
  const derivation = pbkdf2ParamsOf(keyDerivationFunc)
  // Without a length, programs would have to guess one; a short one would make keys that can be tried out.
  const { keyLength = 0 } = derivation
  if (keyLength < 20 || keyLength > 64) throw new PkiError('malformed', `a key of the MAC of ${keyLength} bytes`)
  const key = await keyByParams(derivation, password, keyLength, budget)
  return equalBytes(hmac(hash, key, data), digest)
}

/** As long as the hash. */
function deriveMacKey(
  hash: HashAlgorithm,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  return deriveKey({ hash, purpose: 'mac', password, salt, iterations, length: hashLength(hash) })
}
