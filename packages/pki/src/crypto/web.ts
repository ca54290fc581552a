/** The crypto port on WebCrypto, for browsers; hashes that grow are @noble/hashes', since WebCrypto has none. */
import { hmac as nobleHmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { PkiError } from '../error.ts'
import { hashLength } from './algorithm-identifier.ts'
import { ecdsaSignatureFromRaw, ecdsaSignatureToRaw } from './ecdsa-signature.ts'
import type {
  EphemeralAgreement,
  Hash,
  HashAlgorithm,
  Pbkdf2Parameters,
  RsaEncryption,
  SignatureAlgorithm,
  Signer,
} from './port.ts'
import { asPlainRsaKey, PublicKey } from './public-key.ts'
import { hashAlgorithmOf, hasSignatureLength, suitsKey } from './signature-algorithm.ts'

const HASHES = { sha1, sha256, sha384, sha512 }

type NobleHash = ReturnType<(typeof HASHES)[HashAlgorithm]['create']>

/** Pages have WebCrypto where nobody could have changed them on their way. W3C Secure Contexts. */
function subtle(): SubtleCrypto {
  const available: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (available) return available
  throw new PkiError('unavailable', 'There is no WebCrypto here: a page has it only over https, and from localhost.')
}

/** A hash that is fed piece by piece. */
export function createHash(algorithm: HashAlgorithm): Hash {
  return incremental(HASHES[algorithm].create())
}

function incremental(state: NobleHash): Hash {
  const self: Hash = {
    update(bytes) {
      state.update(bytes)
      return self
    },
    digest: () => state.digest(),
    copy: () => incremental(state.clone()),
  }
  return self
}

/** The hash of bytes that are all there. */
export function digest(algorithm: HashAlgorithm, bytes: Uint8Array): Uint8Array {
  return HASHES[algorithm](bytes)
}

/** Random bytes fit for keys and serial numbers. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  // getRandomValues gives at most 65,536 at once.
  for (let start = 0; start < length; start += 65536) crypto.getRandomValues(bytes.subarray(start, start + 65536))
  return bytes
}

/** Whether the signature is that key's over `data`; false also for a key that does not suit the algorithm. */
export async function verifySignature(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const web = subtle()
  try {
    const key = PublicKey.decode(spki)
    if (!suitsKey(algorithm, key) || !hasSignatureLength(key, signature)) return false
    const bytes = key.type === 'RSASSA-PSS' ? asPlainRsaKey(key) : spki
    const imported = await web.importKey('spki', source(bytes), importAlgorithm(algorithm, key), false, ['verify'])
    const raw = key.type === 'EC' ? ecdsaSignatureToRaw(signature, curveBytes(key)) : signature
    return await web.verify(useAlgorithm(algorithm), imported, source(raw), source(data))
  } catch {
    // A key with a point off its curve, a signature that is no Ecdsa-Sig-Value: bytes that verify nothing.
    return false
  }
}

/** A signer with a private key in memory (PKCS#8, DER; an RSA one under rsaEncryption). */
export async function createSigner(algorithm: SignatureAlgorithm, privateKey: Uint8Array): Promise<Signer> {
  for (const curve of algorithm.startsWith('ES') ? (['P-256', 'P-384', 'P-521'] as const) : [undefined]) {
    const parameters = importAlgorithm(algorithm, { curve })
    const key = await importPrivateKey(privateKey, parameters)
    if (!key) continue
    const publicKey = await publicHalf(key, parameters)
    return {
      algorithm,
      publicKey,
      sign: async (data) => {
        const signature = new Uint8Array(await subtle().sign(useAlgorithm(algorithm), key, source(data)))
        return algorithm.startsWith('ES') ? ecdsaSignatureFromRaw(signature) : signature
      },
    }
  }
  throw new PkiError('invalid_argument', `not a PKCS#8 private key that ${algorithm} signs with`)
}

async function importPrivateKey(bytes: Uint8Array, parameters: KeyParameters): Promise<CryptoKey | undefined> {
  const web = subtle()
  try {
    return await web.importKey('pkcs8', source(bytes), parameters, true, ['sign'])
  } catch {
    return undefined
  }
}

/** The members of public keys: RFC 7518 §6, RFC 8037 §2, and those of ML-DSA. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'pub'] as const

async function publicHalf(key: CryptoKey, parameters: KeyParameters): Promise<Uint8Array> {
  const whole = (await subtle().exportKey('jwk', key)) as JsonWebKey & { readonly pub?: string }
  const isMlDsa = whole.kty === 'AKP'
  const members = isMlDsa ? [...PUBLIC_MEMBERS, 'alg' as const] : PUBLIC_MEMBERS
  const jwk = Object.fromEntries(
    members.map((member) => [member, whole[member]]).filter(([, value]) => value !== undefined),
  )
  const imported = await subtle().importKey('jwk', jwk, parameters, true, ['verify'])
  return new Uint8Array(await subtle().exportKey('spki', imported))
}

type KeyParameters = { readonly name: string; readonly hash?: string; readonly namedCurve?: string }

function importAlgorithm(
  algorithm: SignatureAlgorithm,
  { curve }: { readonly curve?: string | undefined },
): KeyParameters {
  switch (algorithm.slice(0, 2)) {
    case 'ES':
      return { name: 'ECDSA', namedCurve: curve as string }
    case 'RS':
      return { name: 'RSASSA-PKCS1-v1_5', hash: webHash(algorithm) }
    case 'PS':
      return { name: 'RSA-PSS', hash: webHash(algorithm) }
    case 'ML':
      return { name: algorithm }
    default:
      return { name: 'Ed25519' }
  }
}

function useAlgorithm(algorithm: SignatureAlgorithm): AlgorithmIdentifier | EcdsaParams | RsaPssParams {
  switch (algorithm.slice(0, 2)) {
    case 'ES':
      return { name: 'ECDSA', hash: webHash(algorithm) }
    case 'RS':
      return { name: 'RSASSA-PKCS1-v1_5' }
    case 'PS':
      return { name: 'RSA-PSS', saltLength: hashLength(hashAlgorithmOf(algorithm)) }
    case 'ML':
      return { name: algorithm }
    default:
      return { name: 'Ed25519' }
  }
}

/** HMAC, RFC 2104. */
export function hmac(algorithm: HashAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array {
  return nobleHmac(HASHES[algorithm], key, data)
}

/** A key from a password, RFC 8018 §5.2. */
export async function pbkdf2({ hash, password, salt, iterations, length }: Pbkdf2Parameters): Promise<Uint8Array> {
  const key = await subtle().importKey('raw', source(password), 'PBKDF2', false, ['deriveBits'])
  const parameters = { name: 'PBKDF2', hash: `SHA-${hash.slice(3)}`, salt: source(salt), iterations }
  return new Uint8Array(await subtle().deriveBits(parameters, key, length * 8))
}

/** AES-CBC with the padding of PKCS#7; the length of the key decides between 128, 192 and 256 bits. */
export async function encryptAesCbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  const imported = await subtle().importKey('raw', source(key), 'AES-CBC', false, ['encrypt'])
  const parameters = { name: 'AES-CBC', iv: source(initializationVector) }
  return new Uint8Array(await subtle().encrypt(parameters, imported, source(data)))
}

/** What was encrypted with AES-CBC; throws PkiError where the padding is none, as after a wrong key. */
export async function decryptAesCbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  const web = subtle()
  try {
    const imported = await web.importKey('raw', source(key), 'AES-CBC', false, ['decrypt'])
    const parameters = { name: 'AES-CBC', iv: source(initializationVector) }
    return new Uint8Array(await web.decrypt(parameters, imported, source(data)))
  } catch (error) {
    throw new PkiError('malformed', 'what was encrypted does not decrypt', { cause: error })
  }
}

/** WebCrypto has no Triple DES: throws PkiError. */
export async function encryptTripleDesCbc(): Promise<Uint8Array> {
  throw new PkiError('unavailable', NO_TRIPLE_DES)
}

/** WebCrypto has no Triple DES: throws PkiError. */
export async function decryptTripleDesCbc(): Promise<Uint8Array> {
  throw new PkiError('unavailable', NO_TRIPLE_DES)
}

const NO_TRIPLE_DES = 'There is no Triple DES in browsers: Node has it.'

/** For the holder of an RSA key, by OAEP: WebCrypto encrypts nothing by PKCS #1 v1.5, and PkiError says so. RFC 8017 §7. */
export async function encryptRsa(scheme: RsaEncryption, spki: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  if (scheme !== 'RSAES-OAEP')
    throw new PkiError('unavailable', 'There is no RSA encryption by PKCS #1 v1.5 in browsers: OAEP is there.')
  const parameters = { name: 'RSA-OAEP', hash: 'SHA-256' }
  const key = await subtle().importKey('spki', source(spki), parameters, false, ['encrypt'])
  return new Uint8Array(await subtle().encrypt(parameters, key, source(data)))
}

/** A secret with the holder of a key on one of the curves, by a key that is made for it and forgotten. SEC 1 §3.3.1. */
export async function agreeWithEphemeralKey(spki: Uint8Array): Promise<EphemeralAgreement> {
  const { curve, bits } = PublicKey.decode(spki)
  if (!curve) throw new PkiError('invalid_argument', 'the key is on none of the curves P-256, P-384 and P-521')
  const parameters = { name: 'ECDH', namedCurve: curve }
  const other = await subtle().importKey('spki', source(spki), parameters, false, [])
  const ephemeral = await subtle().generateKey(parameters, false, ['deriveBits'])
  const secret = await subtle().deriveBits(
    { name: 'ECDH', public: other },
    ephemeral.privateKey,
    Math.ceil(bits / 8) * 8,
  )
  return {
    publicKey: new Uint8Array(await subtle().exportKey('spki', ephemeral.publicKey)),
    secret: new Uint8Array(secret),
  }
}

/** A key under another, RFC 3394 §2.2.1. */
export async function wrapAesKey(wrappingKey: Uint8Array, key: Uint8Array): Promise<Uint8Array> {
  const wrapping = await subtle().importKey('raw', source(wrappingKey), 'AES-KW', false, ['wrapKey'])
  // WebCrypto wraps keys, not bytes: as one for HMAC it takes bytes of any length.
  const parameters = { name: 'HMAC', hash: 'SHA-256' }
  const wrapped = await subtle().importKey('raw', source(key), parameters, true, ['sign'])
  return new Uint8Array(await subtle().wrapKey('raw', wrapped, wrapping, 'AES-KW'))
}

function webHash(algorithm: SignatureAlgorithm): string {
  return `SHA-${algorithm.slice(2)}`
}

function curveBytes({ bits }: PublicKey): number {
  return Math.ceil(bits / 8)
}

function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
