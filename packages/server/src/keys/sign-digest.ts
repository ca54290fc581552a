/** Signatures over what others hashed. node:crypto hashes what it signs, so that ECDSA and RSASSA-PSS begin with the digest here. */
import { constants, createHash, type KeyObject, privateEncrypt, randomBytes, sign } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { concatBytes, decodeHex } from '@countersign/codec'
import type { SignatureAlgorithm } from '@countersign/pki'
import { signEcdsaDigest } from './ecdsa-digest.ts'
import { KeyError } from './key-error.ts'

const HASHES = { '256': 'sha256', '384': 'sha384', '512': 'sha512' } as const
const DIGEST_BYTES = { sha256: 32, sha384: 48, sha512: 64 } as const
type Hash = keyof typeof DIGEST_BYTES

/** What stands before a digest in a DigestInfo, DER. RFC 8017 §9.2, note 1. */
const DIGEST_INFO = {
  sha256: decodeHex('3031300d060960864801650304020105000420'),
  sha384: decodeHex('3041300d060960864801650304020205000430'),
  sha512: decodeHex('3051300d060960864801650304020305000440'),
} as const

/** By what a digest is signed. */
export type DigestSignature = {
  readonly algorithm: SignatureAlgorithm
  /** Of RSASSA-PSS; as long as the hash unless it is said. */
  readonly saltLength?: number | undefined
}

/**
 * The signature in X.509 form, as if what the digest is of had been signed: ECDSA as the DER of Ecdsa-Sig-Value. Ed25519
 * hashes by itself, and twice: for EdDSA what is given is the text to be signed (RFC 8032 §5.1.6).
 */
export async function signDigest(
  key: KeyObject,
  { algorithm, saltLength }: DigestSignature,
  digest: Uint8Array,
): Promise<Uint8Array> {
  if (algorithm === 'EdDSA') return new Uint8Array(sign(undefined, digest, key))
  const hash = HASHES[algorithm.slice(2) as keyof typeof HASHES]
  if (digest.length !== DIGEST_BYTES[hash])
    throw new KeyError('unsuitable_algorithm', `${digest.length} bytes are no digest for ${algorithm}`)
  // What follows holds the thread for up to some milliseconds, and there may be a thousand of them.
  await turn()
  if (algorithm.startsWith('ES')) return signEcdsaDigest(key, digest)
  if (algorithm.startsWith('PS')) return pss(key, hash, digest, saltLength ?? digest.length)
  const info = concatBytes([DIGEST_INFO[hash], digest])
  return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info))
}

function pss(key: KeyObject, hash: Hash, digest: Uint8Array, saltLength: number): Uint8Array {
  const modulusBits = key.asymmetricKeyDetails?.modulusLength as number
  const encoded = encodePss(hash, digest, { bits: modulusBits - 1, saltLength })
  const block = Buffer.alloc(Math.ceil(modulusBits / 8))
  block.set(encoded, block.length - encoded.length)
  return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, block))
}

/** EMSA-PSS-ENCODE. RFC 8017 §9.1.1. */
function encodePss(
  hash: Hash,
  digest: Uint8Array,
  { bits, saltLength }: { readonly bits: number; readonly saltLength: number },
): Uint8Array {
  const length = Math.ceil(bits / 8)
  if (length < digest.length + saltLength + 2)
    throw new KeyError('unsuitable_algorithm', `a salt of ${saltLength} bytes is too long for a block of ${length}`)
  const salt = randomBytes(saltLength)
  const h = createHash(hash).update(new Uint8Array(8)).update(digest).update(salt).digest()
  const data = Buffer.alloc(length - h.length - 1)
  data.writeUInt8(1, data.length - salt.length - 1)
  data.set(salt, data.length - salt.length)
  const mask = mgf1(hash, h, data.length)
  for (const [index, byte] of mask.entries()) data[index] = (data[index] as number) ^ byte
  data[0] = (data[0] as number) & (0xff >> (8 * length - bits))
  return concatBytes([data, h, Uint8Array.of(0xbc)])
}

/** RFC 8017 B.2.1. */
function mgf1(hash: Hash, seed: Uint8Array, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / DIGEST_BYTES[hash]) }, (_, index) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(index)
    return createHash(hash).update(seed).update(counter).digest()
  })
  return Buffer.concat(blocks).subarray(0, length)
}
