/** By what keys sign hashes that are sent to them: signAlgo, signAlgoParams and hashAlgo of signatures/signHash, CSC §11.9. */
import { decodeBase64 } from '@countersign/codec'
import { decodeRsassaPssParameters, oids, type RsassaPssParameters, type SignatureAlgorithm } from '@countersign/pki'
import { invalid, missing } from './csc-refusal.ts'
import type { KeyType } from './private-key.ts'
import { areParameters, type ContentHash, DIGEST_BYTES, PLACEHOLDER_PARAMETERS } from './signature-parameters.ts'

/** How version 1 and version 2 of the API name the same parameters. */
export type HashParameters = {
  readonly hashes: 'hash' | 'hashes'
  readonly hashAlgorithm: 'hashAlgo' | 'hashAlgorithmOID'
}

/** A signature algorithm over hashes. */
export type HashSignature = {
  readonly algorithm: SignatureAlgorithm
  /** Of what is sent; undefined for Ed25519, which hashes by itself. */
  readonly hashAlgorithm: ContentHash | undefined
  /** Of RSASSA-PSS. */
  readonly saltLength?: number
}

const BITS: Readonly<Record<ContentHash, '256' | '384' | '512'>> = { sha256: '256', sha384: '384', sha512: '512' }

const HASHES: ReadonlyMap<string, ContentHash> = new Map([
  [oids.sha256, 'sha256'],
  [oids.sha384, 'sha384'],
  [oids.sha512, 'sha512'],
])

/** Those that say all by themselves. */
const WHOLE: ReadonlyMap<string, HashSignature> = new Map<string, HashSignature>([
  [oids.sha256WithRSAEncryption, { algorithm: 'RS256', hashAlgorithm: 'sha256' }],
  [oids.sha384WithRSAEncryption, { algorithm: 'RS384', hashAlgorithm: 'sha384' }],
  [oids.sha512WithRSAEncryption, { algorithm: 'RS512', hashAlgorithm: 'sha512' }],
  [oids.ecdsaWithSHA256, { algorithm: 'ES256', hashAlgorithm: 'sha256' }],
  [oids.ecdsaWithSHA384, { algorithm: 'ES384', hashAlgorithm: 'sha384' }],
  [oids.ecdsaWithSHA512, { algorithm: 'ES512', hashAlgorithm: 'sha512' }],
  [oids.ed25519, { algorithm: 'EdDSA', hashAlgorithm: undefined }],
])

const OF_RSA: readonly string[] = [
  oids.rsassaPss,
  oids.rsaEncryption,
  oids.sha256WithRSAEncryption,
  oids.sha384WithRSAEncryption,
  oids.sha512WithRSAEncryption,
]

/** What a key of each type signs by, the one to prefer first; on a curve with the one hash that every reader accepts with it. */
export const SIGN_ALGORITHMS: Readonly<Record<KeyType, readonly string[]>> = {
  p256: [oids.ecdsaWithSHA256],
  p384: [oids.ecdsaWithSHA384],
  p521: [oids.ecdsaWithSHA512],
  rsa2048: OF_RSA,
  rsa3072: OF_RSA,
  rsa4096: OF_RSA,
  ed25519: [oids.ed25519],
}

/** The hashes that a key of a type can sign; none where it signs texts as they are. */
export function hashesOf(type: KeyType): readonly ContentHash[] {
  if (type.startsWith('rsa')) return [...HASHES.values()]
  return SIGN_ALGORITHMS[type].flatMap((oid) => WHOLE.get(oid)?.hashAlgorithm ?? [])
}

/** The hash of an object identifier, or of its name as some clients send it. */
export function hashOf(text: string, parameter: string): ContentHash {
  const bits = /^SHA-?(256|384|512)$/i.exec(text)?.[1]
  const hash = bits ? (`sha${bits}` as ContentHash) : HASHES.get(text)
  if (!hash) throw invalid(parameter)
  return hash
}

/** Understands what a client says of the signature, or refuses with the sentence of what is wrong. */
export function hashSignature(
  {
    signAlgo,
    signAlgoParams = '',
    hashAlgo,
  }: {
    readonly signAlgo: string
    readonly signAlgoParams: string | undefined
    readonly hashAlgo: string | undefined
  },
  { hashAlgorithm: parameter }: HashParameters,
): HashSignature {
  const whole = WHOLE.get(signAlgo)
  if (signAlgo === oids.rsassaPss) return pss(signAlgoParams, hashAlgo, parameter)
  if (!whole && signAlgo !== oids.rsaEncryption) throw invalid('signAlgo')
  if (signAlgoParams !== '' && signAlgoParams !== PLACEHOLDER_PARAMETERS && !areParameters(signAlgoParams, undefined))
    throw invalid('signAlgoParams')
  // What signAlgo says already counts, whatever stands beside it (CSC §11.9).
  if (whole) return whole
  if (hashAlgo === undefined) throw missing('string', parameter)
  const hashAlgorithm = hashOf(hashAlgo, parameter)
  return { algorithm: `RS${BITS[hashAlgorithm]}`, hashAlgorithm }
}

function pss(signAlgoParams: string, hashAlgo: string | undefined, parameter: string): HashSignature {
  if (signAlgoParams === '') throw missing('string', 'signAlgoParams')
  const named = hashAlgo === undefined ? undefined : hashOf(hashAlgo, parameter)
  if (signAlgoParams === PLACEHOLDER_PARAMETERS && !named) throw missing('string', parameter)
  const { hashAlgorithm, saltLength } =
    named && signAlgoParams === PLACEHOLDER_PARAMETERS
      ? { hashAlgorithm: named, saltLength: DIGEST_BYTES[named] }
      : pssParameters(signAlgoParams)
  if (named && named !== hashAlgorithm) throw invalid(parameter)
  return { algorithm: `PS${BITS[hashAlgorithm]}`, hashAlgorithm, saltLength }
}

/** One of our hashes, with MGF1 of the same one, and a salt no shorter than it. */
function pssParameters(text: string): { readonly hashAlgorithm: ContentHash; readonly saltLength: number } {
  const { hashAlgorithm, saltLength } = decodedPss(text) ?? { hashAlgorithm: 'sha1', saltLength: 0 }
  if (hashAlgorithm === 'sha1' || saltLength < DIGEST_BYTES[hashAlgorithm]) throw invalid('signAlgoParams')
  return { hashAlgorithm, saltLength }
}

function decodedPss(text: string): RsassaPssParameters | undefined {
  if (text.length > 1_024) return undefined
  try {
    return decodeRsassaPssParameters(decodeBase64(text))
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Throws unless the salt has room beside the hash in what a key of that type signs. RFC 8017 §9.1.1. */
export function requireSalt(type: KeyType, { hashAlgorithm, saltLength = 0 }: HashSignature): void {
  if (!hashAlgorithm || !type.startsWith('rsa')) return
  if (saltLength + DIGEST_BYTES[hashAlgorithm] + 2 > Number(type.slice(3)) / 8) throw invalid('signAlgoParams')
}
