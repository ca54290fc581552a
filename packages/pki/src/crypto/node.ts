/** The crypto port on Node: the one file of this package that imports from `node:`. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  type KeyObject,
  createHash as nodeCreateHash,
  pbkdf2 as nodePbkdf2,
  randomBytes as nodeRandomBytes,
  publicEncrypt,
  randomFillSync,
  type SignKeyObjectInput,
  sign,
  type VerifyPublicKeyInput,
  verify,
} from 'node:crypto'
import { concatBytes, encodeHex } from '@countersign/codec'
import { PkiError } from '../error.ts'
import type {
  EphemeralAgreement,
  Hash,
  HashAlgorithm,
  Pbkdf2Parameters,
  RsaEncryption,
  SignatureAlgorithm,
  Signer,
} from './port.ts'
import { PublicKey } from './public-key.ts'
import { hashAlgorithmOf, hashesItself, hasSignatureLength, suitsKey } from './signature-algorithm.ts'

/** A hash that is fed piece by piece. */
export function createHash(algorithm: HashAlgorithm): Hash {
  return incremental(nodeCreateHash(algorithm))
}

function incremental(state: ReturnType<typeof nodeCreateHash>): Hash {
  const self: Hash = {
    update(bytes) {
      state.update(bytes)
      return self
    },
    digest: () => plain(state.digest()),
    copy: () => incremental(state.copy()),
  }
  return self
}

/** The hash of bytes that are all there. */
export function digest(algorithm: HashAlgorithm, bytes: Uint8Array): Uint8Array {
  return plain(hash(algorithm, bytes, 'buffer'))
}

/** Drawn ahead, since asking the system for a few takes as long as for many. Each byte is given out once and wiped. */
const pool = new Uint8Array(4096)
const MOST_FROM_POOL = 64
let drawn = pool.length

/** Random bytes fit for keys and serial numbers. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (length > MOST_FROM_POOL) return plain(nodeRandomBytes(length))
  if (drawn + length > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  const bytes = pool.slice(drawn, drawn + length)
  pool.fill(0, drawn, drawn + length)
  drawn += length
  return bytes
}

/** Whether the signature is that key's over `data`; false also for a key that does not suit the algorithm. */
export async function verifySignature(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    const known = rememberedKey(spki)
    const info = known?.info ?? PublicKey.decode(spki)
    if (!suitsKey(algorithm, info) || !hasSignatureLength(info, signature)) return false
    const key = known ? options(algorithm, known.key) : unread(algorithm, spki)
    return verify(nodeHash(algorithm), data, key, signature)
  } catch {
    // A key with a point off its curve, a signature that is no Ecdsa-Sig-Value: bytes that verify nothing.
    return false
  }
}

type Known = { readonly info: PublicKey; readonly key: KeyObject }

/** Reading a key takes longer than verifying with it, and that of the same certificate is asked for again and again. */
const publicKeys = new Map<string, Known>()
const MOST_PUBLIC_KEYS = 256
/** RSA with 8192 bits takes 1062 bytes; longer ones are read anew, so that strangers can't fill the memory. */
const LONGEST_REMEMBERED = 1_100

/** By its content: a certificate is read anew from each file that has it, and an array can be written over. */
const nameOf = (spki: Uint8Array): string | undefined =>
  spki.length <= LONGEST_REMEMBERED ? encodeHex(spki) : undefined

function publicKeyOf(spki: Uint8Array, name = nameOf(spki)): Known {
  const before = name === undefined ? undefined : publicKeys.get(name)
  if (before) return before
  const bytes = spki.slice()
  const known = {
    info: PublicKey.decode(bytes),
    key: createPublicKey({ key: bytes as Buffer, format: 'der', type: 'spki' }),
  }
  if (name !== undefined) publicKeys.set(name, known)
  if (publicKeys.size > MOST_PUBLIC_KEYS) publicKeys.delete(publicKeys.keys().next().value as string)
  return known
}

/** Keys that were verified with once. */
const seenOnce = new Set<string>()

/**
 * A key as it is remembered; undefined where it comes for the first time, as those of requests do, which come once. Only a
 * full collection of garbage frees an object of Node's, each by itself: ten thousand hold up the event loop for a tenth of
 * a second.
 */
function rememberedKey(spki: Uint8Array): Known | undefined {
  const name = nameOf(spki)
  if (name === undefined) return undefined
  if (publicKeys.has(name) || seenOnce.delete(name)) return publicKeyOf(spki, name)
  seenOnce.add(name)
  if (seenOnce.size > MOST_PUBLIC_KEYS) seenOnce.delete(seenOnce.values().next().value as string)
  return undefined
}

function unread(algorithm: SignatureAlgorithm, spki: Uint8Array): VerifyPublicKeyInput {
  const key = { key: spki as Buffer, format: 'der', type: 'spki' } as const
  return algorithm.startsWith('PS') ? { ...key, ...PSS } : key
}

/** A signer with a private key in memory (PKCS#8, DER). */
export async function createSigner(algorithm: SignatureAlgorithm, privateKey: Uint8Array): Promise<Signer> {
  const key = readPrivateKey(privateKey)
  const publicKey = plain(createPublicKey(key).export({ format: 'der', type: 'spki' }))
  if (!suitsKey(algorithm, PublicKey.decode(publicKey)))
    throw new PkiError('invalid_argument', `the private key is none that ${algorithm} signs with`)
  const hashName = nodeHash(algorithm)
  const signingOptions = options(algorithm, key)
  return { algorithm, publicKey, sign: async (data) => plain(sign(hashName, data, signingOptions)) }
}

function readPrivateKey(bytes: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: bytes as Buffer, format: 'der', type: 'pkcs8' })
  } catch (error) {
    throw new PkiError('malformed', 'not a PKCS#8 private key', { cause: error })
  }
}

function nodeHash(algorithm: SignatureAlgorithm): string | null {
  return hashesItself(algorithm) ? null : hashAlgorithmOf(algorithm)
}

function options(algorithm: SignatureAlgorithm, key: KeyObject): SignKeyObjectInput | KeyObject {
  // The key alone where it says enough: Node signs a third slower when it has to look into an object.
  return algorithm.startsWith('PS') ? { key, ...PSS } : key
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

/** HMAC, RFC 2104. */
export function hmac(algorithm: HashAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array {
  return plain(createHmac(algorithm, key).update(data).digest())
}

/** A key from a password, RFC 8018 §5.2; worked out in the thread pool. */
export function pbkdf2({ hash, password, salt, iterations, length }: Pbkdf2Parameters): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    nodePbkdf2(password, salt, iterations, length, hash, (error, key) => (error ? reject(error) : resolve(plain(key))))
  })
}

/** AES-CBC with the padding of PKCS#7; the length of the key decides between 128, 192 and 256 bits. */
export async function encryptAesCbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  return encrypted(`aes-${key.length * 8}-cbc`, key, initializationVector, data)
}

/** What was encrypted with AES-CBC; throws PkiError where the padding is none, as after a wrong key. */
export async function decryptAesCbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  return decrypted(`aes-${key.length * 8}-cbc`, key, initializationVector, data)
}

/** Triple DES in CBC with three keys, for what is older than AES; padded as with AES. */
export async function encryptTripleDesCbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  return encrypted('des-ede3-cbc', key, initializationVector, data)
}

/** What was encrypted with Triple DES; throws PkiError where the padding is none, as after a wrong key. */
export async function decryptTripleDesCbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  return decrypted('des-ede3-cbc', key, initializationVector, data)
}

/** For the holder of an RSA key. RFC 8017 §7. */
export async function encryptRsa(scheme: RsaEncryption, spki: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  const { key } = publicKeyOf(spki)
  const options =
    scheme === 'RSAES-OAEP'
      ? { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
      : { padding: constants.RSA_PKCS1_PADDING }
  return plain(publicEncrypt({ key, ...options }, data))
}

/** A secret with the holder of a key on one of the curves, by a key that is made for it and forgotten. SEC 1 §3.3.1. */
export async function agreeWithEphemeralKey(spki: Uint8Array): Promise<EphemeralAgreement> {
  const { info, key } = publicKeyOf(spki)
  if (!info.curve) throw new PkiError('invalid_argument', 'the key is on none of the curves P-256, P-384 and P-521')
  const ephemeral = generateKeyPairSync('ec', { namedCurve: info.curve })
  return {
    publicKey: plain(ephemeral.publicKey.export({ format: 'der', type: 'spki' })),
    secret: plain(diffieHellman({ privateKey: ephemeral.privateKey, publicKey: key })),
  }
}

const KEY_WRAP_VALUE = new Uint8Array(8).fill(0xa6)

/** A key under another, RFC 3394 §2.2.1. */
export async function wrapAesKey(wrappingKey: Uint8Array, key: Uint8Array): Promise<Uint8Array> {
  return encrypted(`id-aes${wrappingKey.length * 8}-wrap`, wrappingKey, KEY_WRAP_VALUE, key)
}

function encrypted(name: string, key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv(name, key, initializationVector)
  return concatBytes([cipher.update(data), cipher.final()])
}

function decrypted(name: string, key: Uint8Array, initializationVector: Uint8Array, data: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(name, key, initializationVector)
    return concatBytes([decipher.update(data), decipher.final()])
  } catch (error) {
    throw new PkiError('malformed', 'what was encrypted does not decrypt', { cause: error })
  }
}

/** A Buffer as the Uint8Array it is, so that callers see one type of bytes on every runtime. */
function plain(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length)
}
