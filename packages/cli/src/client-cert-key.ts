/** Private keys of client authentication certificates: made here, and never sent anywhere. The one file here that touches keys. */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { encodePem } from '@countersign/codec'
import { createSigner, type Name, PublicKey, type SignatureAlgorithm, signCertificationRequest } from '@countersign/pki'

/** The keys that may be chosen, the usual one first. */
export const KEY_TYPES = ['P-256', 'P-384', 'P-521', 'Ed25519', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const

export type ClientKeyType = (typeof KEY_TYPES)[number]

const ALGORITHMS: { readonly [T in ClientKeyType]: SignatureAlgorithm } = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
  'RSA-2048': 'RS256',
  'RSA-3072': 'RS256',
  'RSA-4096': 'RS256',
}

/** A new key, PKCS #8, DER. */
export async function makeKey(type: ClientKeyType): Promise<Uint8Array> {
  const { privateKey } =
    type === 'Ed25519'
      ? await promisify(generateKeyPair)('ed25519')
      : type.startsWith('RSA-')
        ? await promisify(generateKeyPair)('rsa', { modulusLength: Number(type.slice(4)) })
        : await promisify(generateKeyPair)('ec', { namedCurve: type })
  return new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
}

/** The kind of a key, so that the next is like it; the usual one for what is not made any more. */
export function keyTypeOf({ type, curve, bits }: PublicKey): ClientKeyType {
  const name = type === 'RSA' ? `RSA-${bits}` : (curve ?? type)
  return KEY_TYPES.find((known) => known === name) ?? KEY_TYPES[0]
}

/** A request for a certificate, PEM, and the public key that it is for (SubjectPublicKeyInfo, DER). */
export async function requestFor(
  privateKey: Uint8Array,
  subject: Name,
): Promise<{ readonly csr: string; readonly publicKey: Uint8Array }> {
  const publicKey = publicKeyOf(privateKey)
  const signer = await createSigner(ALGORITHMS[keyTypeOf(PublicKey.decode(publicKey))], privateKey)
  return { csr: encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject }, signer)), publicKey }
}

/** SubjectPublicKeyInfo, DER, of a private key (PKCS #8, DER). */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(readPrivateKey(privateKey)).export({ format: 'der', type: 'spki' }))
}

/** A private key in PEM of whatever kind as PKCS #8, DER. */
export function privateKeyFrom(pem: string): Uint8Array {
  return new Uint8Array(createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' }))
}

function readPrivateKey(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' })
}
