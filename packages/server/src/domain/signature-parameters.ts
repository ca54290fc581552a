import { DerError, decodeBase64 } from '@countersign/codec'
import { decodeRsassaPssParameters, oids, PkiError, type SignatureAlgorithm } from '@countersign/pki'
import type { KeyType } from './private-key.ts'
import { Refusal } from './refusal.ts'

/** The hash of assertions, of the binding and of RSASSA-PSS. */
export type ContentHash = 'sha256' | 'sha384' | 'sha512'

/** How long each is. */
export const DIGEST_BYTES: Readonly<Record<ContentHash, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** By what an image is to be signed. */
export type SignatureParameters = {
  readonly hashAlgorithm: ContentHash
  readonly algorithm: SignatureAlgorithm
  /** The types of key that can sign so. For ECDSA it is the one curve that every reader accepts with that hash. */
  readonly keyTypes: readonly KeyType[]
}

/** What a client says about the signature, as it said it. */
export type RequestedSignature = {
  readonly hashAlgo: string | undefined
  readonly signAlgo: string | undefined
  readonly signAlgoParams: string | undefined
}

const ECDSA: ReadonlyMap<string | undefined, ContentHash> = new Map([
  [oids.ecdsaWithSHA256, 'sha256'],
  [oids.ecdsaWithSHA384, 'sha384'],
  [oids.ecdsaWithSHA512, 'sha512'],
])
const CURVE: Readonly<Record<ContentHash, KeyType>> = { sha256: 'p256', sha384: 'p384', sha512: 'p521' }

/** "12345": what the documentation of this API tells every client to send. */
export const PLACEHOLDER_PARAMETERS = 'MTIzNDQ='

/** Understands hashAlgo, signAlgo (an object identifier) and signAlgoParams, or refuses with the sentence of the one that is wrong. */
export function signatureParameters({ hashAlgo, signAlgo, signAlgoParams }: RequestedSignature): SignatureParameters {
  const bits = /^SHA-?(256|384|512)$/i.exec(hashAlgo?.trim() ?? '')?.[1]
  if (!bits) throw refused('Invalid parameter hashAlgo.')
  const hashAlgorithm = `sha${bits}` as ContentHash
  const oid = signAlgo?.trim()

  if (oid === oids.rsassaPss) {
    checkParameters(signAlgoParams, hashAlgorithm)
    return {
      hashAlgorithm,
      algorithm: `PS${bits}` as SignatureAlgorithm,
      keyTypes: ['rsa2048', 'rsa3072', 'rsa4096'],
    }
  }
  const ecdsaHash = ECDSA.get(oid)
  if (ecdsaHash) {
    if (ecdsaHash !== hashAlgorithm) throw refused('Invalid parameter hashAlgo.')
    checkParameters(signAlgoParams, undefined)
    return { hashAlgorithm, algorithm: `ES${bits}` as SignatureAlgorithm, keyTypes: [CURVE[hashAlgorithm]] }
  }
  if (oid === oids.ed25519) {
    checkParameters(signAlgoParams, undefined)
    return { hashAlgorithm, algorithm: 'EdDSA', keyTypes: ['ed25519'] }
  }
  throw refusedSignAlgo()
}

/** That the account has no credential for this signature algorithm is said in the same words. */
export function refusedSignAlgo(): Refusal {
  return refused('Missing (or invalid type) string parameter signAlgo.')
}

/**
 * The documented placeholder, or base64 of the parameters in DER: RSASSA-PSS-params with the hash, MGF1 with the same
 * one and a salt as long as it; for the algorithms that have no parameters, NULL.
 */
function checkParameters(text: string | undefined, pssHash: ContentHash | undefined): void {
  const trimmed = text?.trim()
  if (trimmed === PLACEHOLDER_PARAMETERS) return
  if (trimmed && areParameters(trimmed, pssHash)) return
  throw refused('Missing (or invalid type) string parameter signAlgoParams.')
}

/** Whether a text is base64 of the parameters: those of RSASSA-PSS with that hash, or NULL. */
export function areParameters(text: string, pssHash: ContentHash | undefined): boolean {
  if (text.length > 1_024) return false
  try {
    const bytes = decodeBase64(text)
    if (!pssHash) return bytes.length === 2 && bytes[0] === 5 && bytes[1] === 0
    const parameters = decodeRsassaPssParameters(bytes)
    return parameters?.hashAlgorithm === pssHash && parameters.saltLength === Number(pssHash.slice(3)) / 8
  } catch (error) {
    if (error instanceof DerError || error instanceof PkiError || error instanceof TypeError) return false
    throw error
  }
}

function refused(sentence: string): Refusal {
  return new Refusal('invalid', 'invalid_request', sentence)
}
