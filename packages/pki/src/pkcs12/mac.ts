/** The integrity of a PKCS#12 file. RFC 7292 §4 and Appendix B. */
import { type Der, der, equalBytes } from '@countersign/codec'
import { createHash, digest, hmac, randomBytes } from '#crypto'
import { AlgorithmIdentifier, hashAlgorithmFrom, NULL_PARAMETERS } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { type IterationBudget, spend } from './iteration-budget.ts'

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

/** The MAC of an authenticated safe, HMAC-SHA-256. RFC 7292 §5.1. */
export async function macOf(data: Uint8Array, password: string, iterations: number): Promise<MacData> {
  const macSalt = randomBytes(16)
  const key = await deriveMacKey('sha256', password, macSalt, iterations)
  return {
    mac: {
      digestAlgorithm: { algorithm: oids.sha256, parameters: NULL_PARAMETERS },
      digest: hmac('sha256', key, data),
    },
    macSalt,
    iterations,
  }
}

/** Whether the MAC is that of the data under the password. RFC 7292 §5.2. */
export async function verifyMac(
  { mac, macSalt, iterations }: MacData,
  data: Uint8Array,
  password: string,
  budget: IterationBudget,
): Promise<boolean> {
  const algorithm = hashAlgorithmFrom(mac.digestAlgorithm)
  if (!algorithm) throw new PkiError('unsupported', `a MAC with ${mac.digestAlgorithm.algorithm}`)
  if (macSalt.length > 1024) throw new PkiError('malformed', `a salt of ${macSalt.length} bytes`)
  spend(budget, iterations)
  const key = await deriveMacKey(algorithm, password, macSalt, iterations)
  return equalBytes(hmac(algorithm, key, data), mac.digest)
}

const MAC_KEY_PURPOSE = 3
/** Hashes between two breaths, some 4 ms: nothing in the thread pool does this, and others have to be served meanwhile. */
const SLICE = 4096

/** The key of the MAC, as long as a hash: the first block of Appendix B.2 is all of it. */
async function deriveMacKey(
  algorithm: HashAlgorithm,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<Uint8Array> {
  const blockLength = algorithm === 'sha1' || algorithm === 'sha256' ? 64 : 128
  let block = createHash(algorithm)
    .update(new Uint8Array(blockLength).fill(MAC_KEY_PURPOSE))
    .update(repeated(salt, blockLength))
    .update(repeated(bmpPassword(password), blockLength))
    .digest()
  for (let iteration = 1; iteration < iterations; iteration++) {
    block = digest(algorithm, block)
    if (iteration % SLICE === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return block
}

/** The bytes over and over, up to the next whole number of blocks. */
function repeated(bytes: Uint8Array, blockLength: number): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / blockLength) * blockLength)
  for (let index = 0; index < result.length; index++) result[index] = bytes[index % bytes.length] as number
  return result
}

/** UTF-16, big-endian, with a zero character at the end. Appendix B.1. */
function bmpPassword(password: string): Uint8Array {
  const bytes = new Uint8Array((password.length + 1) * 2)
  for (let index = 0; index < password.length; index++) {
    const unit = password.charCodeAt(index)
    bytes[index * 2] = unit >> 8
    bytes[index * 2 + 1] = unit & 0xff
  }
  return bytes
}
