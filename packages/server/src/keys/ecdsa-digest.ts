/**
 * ECDSA over a digest, FIPS 186-5 §6.4.1: node:crypto signs no digests by elliptic curves. OpenSSL multiplies the point, as
 * long for every nonce; what remains is arithmetic modulo the order, on values that a random factor hides.
 */
import { createECDH, hash, type KeyObject, randomBytes } from 'node:crypto'
import { encodeHex } from '@countersign/codec'
import { ecdsaSignatureFromRaw } from '@countersign/pki'

/** SP 800-186 §3.2.1: the order of each curve's base point, and how many bits it has. */
const CURVES = {
  prime256v1: {
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    bits: 256,
  },
  secp384r1: {
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    bits: 384,
  },
  secp521r1: {
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    bits: 521,
  },
} as const

/** The names of the curves, as OpenSSL has them. */
export type EcdsaCurve = keyof typeof CURVES

/** The signature of a digest, the DER of Ecdsa-Sig-Value. */
export function signEcdsaDigest(key: KeyObject, digest: Uint8Array): Uint8Array {
  const curve = key.asymmetricKeyDetails?.namedCurve as EcdsaCurve
  const secret = Buffer.from(key.export({ format: 'jwk' }).d as string, 'base64url')
  try {
    for (;;) {
      const signature = signWithNonce(curve, { secret, nonce: freshNonce(curve, secret, digest) }, digest)
      if (signature) return signature
    }
  } finally {
    secret.fill(0)
  }
}

/** Undefined for a nonce that can't be used, of which there are none in practice. */
export function signWithNonce(
  curve: EcdsaCurve,
  { secret, nonce }: { readonly secret: Uint8Array; readonly nonce: bigint },
  digest: Uint8Array,
): Uint8Array | undefined {
  const { order, bits } = CURVES[curve]
  const length = Math.ceil(bits / 8)
  const r = abscissa(curve, nonce, length) % order
  const blind = randomBelow(order)
  const inverse = inverseModulo((nonce * blind) % order, order)
  const s = (inverse * ((numberOf(digest, bits) * blind + r * ((integer(secret) * blind) % order)) % order)) % order
  return r === 0n || s === 0n ? undefined : ecdsaSignatureFromRaw(Buffer.concat([fixed(r, length), fixed(s, length)]))
}

/** Of random bytes, the secret and the digest together: known to nobody where but one of them is. */
function freshNonce(curve: EcdsaCurve, secret: Uint8Array, digest: Uint8Array): bigint {
  // All of fixed length but the last, so that no two texts are the same.
  const text = Buffer.concat([Uint8Array.of(0), randomBytes(64), secret, digest])
  const first = hash('sha512', text, 'buffer')
  text[0] = 1
  const nonce = reduced(Buffer.concat([first, hash('sha512', text, 'buffer')]), CURVES[curve].order)
  text.fill(0)
  return nonce
}

function randomBelow(order: bigint): bigint {
  return reduced(randomBytes(128), order)
}

/** From 1 up to the order, each as likely as any other: there are far more bits than it has. FIPS 186-5 A.3.1. */
function reduced(bytes: Uint8Array, order: bigint): bigint {
  return (integer(bytes) % (order - 1n)) + 1n
}

/** The first coordinate of the base point, multiplied. */
function abscissa(curve: EcdsaCurve, factor: bigint, length: number): bigint {
  const pair = createECDH(curve)
  pair.setPrivateKey(fixed(factor, length))
  return integer(pair.getPublicKey().subarray(1, 1 + length))
}

/** As many of its first bits as the order has. FIPS 186-5 §6.4.1, step 2. */
function numberOf(digest: Uint8Array, bits: number): bigint {
  const excess = digest.length * 8 - bits
  return excess > 0 ? integer(digest) >> BigInt(excess) : integer(digest)
}

/** By Euclid's algorithm, whose time depends on the number: it is one that nobody knows, and that tells nothing. */
function inverseModulo(number: bigint, order: bigint): bigint {
  let [a, b, x, y] = [number, order, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a % b, y, x - quotient * y]
  }
  return x < 0n ? x + order : x
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes)}`)
}

function fixed(number: bigint, length: number): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * length, '0'), 'hex')
}
