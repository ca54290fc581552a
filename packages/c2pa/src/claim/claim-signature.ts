/** Signing a claim: COSE_Sign1 with certificates, time stamp and OCSP answers, in a box of a size known before. C2PA 2.2 §10.3.2, §10.4, §13.2. */
import { equalBytes } from '@countersign/codec'
import { Certificate, ecdsaSignatureToRaw, PublicKey, type Signer } from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'
import type { CborValue } from '../cbor.ts'
import { encodeCbor } from '../cbor-encode.ts'
import {
  type CoseAlgorithm,
  coseAlgorithmNumber,
  encodeCoseSign1,
  HEADER,
  isCoseAlgorithm,
  SHORTEST_PADDING,
  signatureStructure,
  timeStampPayload,
} from '../cose/sign1.ts'
import { requestTimeStamp, type TimeStamp } from './time-stamp.ts'

export type SigningCredential = {
  readonly signer: Signer
  /** DER, the leaf first, every authority below the root, not the root. */
  readonly certificates: readonly Uint8Array[]
  /** OCSP responses to staple, DER. */
  readonly ocspResponses: readonly Uint8Array[]
}

/** Signs claims of one credential. */
export type ClaimSigner = {
  /** The room that `sign` takes, with a time-stamp token of that length, or without one. */
  room(tokenLength: number | undefined): SignatureRoom
  /** Signs and pads to the length of the room; throws TokenTooLong when the token does not fit. */
  sign(claim: Uint8Array, timeStamp: TimeStamp | undefined, room: SignatureRoom): Promise<Uint8Array>
}

/** Bytes that are kept for the CBOR of a signature. */
export type SignatureRoom = { readonly length: number; readonly tokenLength: number | undefined }

/** The time-stamp token is longer than the room that was kept for it. */
export class TokenTooLong extends Error {
  readonly tokenLength: number
  constructor(tokenLength: number) {
    super(`a time-stamp token of ${tokenLength} bytes`)
    this.tokenLength = tokenLength
  }
}

/** Checks the credential; throws C2paError `invalid_option`. */
export function claimSigner({ signer, certificates, ocspResponses }: SigningCredential): ClaimSigner {
  const { length: signatureLength, fieldLength, protectedBytes, bareLength } = checkedForm(signer, certificates)
  const encode = (signature: Uint8Array, token: Uint8Array | undefined, length?: number): Uint8Array =>
    encodeCoseSign1({ protectedBytes, unprotectedHeader: unprotectedHeader(token, ocspResponses), signature }, length)

  const lengthFor = (tokenLength: number | undefined): number => {
    if (tokenLength === undefined && ocspResponses.length === 0) return bareLength
    const signature = new Uint8Array(signatureLength)
    if (tokenLength === undefined) return encode(signature, undefined).length
    return encode(signature, new Uint8Array(tokenLength)).length + SHORTEST_PADDING
  }

  return {
    room: (tokenLength) => ({ length: lengthFor(tokenLength), tokenLength }),
    async sign(claim, timeStamp, { length, tokenLength = 0 }) {
      const signature = await sign(signer, fieldLength, signatureStructure('Signature1', protectedBytes, claim))
      if (signature.length !== signatureLength)
        throw new C2paError('signature', `The signer gave ${signature.length} bytes, not ${signatureLength}.`)
      if (!timeStamp) return encode(signature, undefined)
      const payload = signatureStructure('CounterSignature', protectedBytes, timeStampPayload(signature))
      const token = await requestTimeStamp(timeStamp, payload)
      if (token.length > tokenLength) throw new TokenTooLong(token.length)
      return encode(signature, token, length)
    },
  }
}

function unprotectedHeader(
  token: Uint8Array | undefined,
  ocspResponses: readonly Uint8Array[],
): ReadonlyMap<CborValue, CborValue> {
  const header = new Map<CborValue, CborValue>()
  if (token) header.set('sigTst2', { tstTokens: [{ val: token }] })
  if (ocspResponses.length > 0) header.set('rVals', { ocspVals: ocspResponses })
  return header
}

async function sign(signer: Signer, fieldLength: number | undefined, bytes: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.sign(bytes)
  return fieldLength === undefined ? signature : ecdsaSignatureToRaw(signature, fieldLength)
}

function coseAlgorithmOf({ algorithm }: Signer): CoseAlgorithm {
  if (!isCoseAlgorithm(algorithm))
    throw new C2paError('invalid_option', `C2PA has no signatures of the algorithm ${algorithm}.`)
  return algorithm
}

type SignatureForm = { readonly length: number; readonly fieldLength?: number }

/** How long signatures are in COSE; for ECDSA, how long each half is. RFC 9053 §2.1. */
function signatureForm({ algorithm, publicKey }: Signer): SignatureForm {
  const bytes = Math.ceil(PublicKey.decode(publicKey).bits / 8)
  if (algorithm === 'EdDSA') return { length: 64 }
  return algorithm.startsWith('ES') ? { length: bytes * 2, fieldLength: bytes } : { length: bytes }
}

/** What all claims of a credential have in common. */
type Form = SignatureForm & {
  readonly protectedBytes: Uint8Array
  /** Of the CBOR, with neither time stamp nor OCSP responses. */
  readonly bareLength: number
}

/** The signers that were checked, with their certificates: a credential signs many assets. */
const checked = new WeakMap<Signer, { readonly certificates: readonly Uint8Array[]; readonly form: Form }>()

function checkedForm(signer: Signer, certificates: readonly Uint8Array[]): Form {
  const algorithm = coseAlgorithmOf(signer)
  const [leaf] = certificates
  if (!leaf) throw new C2paError('invalid_option', 'There is no certificate to sign with.')
  const known = checked.get(signer)
  if (known && areEqual(known.certificates, certificates)) return known.form
  if (!equalBytes(Certificate.decode(leaf).publicKey.bytes, signer.publicKey))
    throw new C2paError('invalid_option', "The first certificate is not that of the signer's key.")
  const protectedBytes = encodeCbor(
    new Map<CborValue, CborValue>([
      [HEADER.algorithm, coseAlgorithmNumber(algorithm)],
      [HEADER.certificateChain, certificates.length === 1 ? leaf : certificates],
    ]),
  )
  const ofSignature = signatureForm(signer)
  const signature = new Uint8Array(ofSignature.length)
  const { length: bareLength } = encodeCoseSign1({ protectedBytes, unprotectedHeader: new Map(), signature })
  const form = { ...ofSignature, protectedBytes, bareLength }
  checked.set(signer, { certificates: certificates.map((bytes) => bytes.slice()), form })
  return form
}

function areEqual(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, index) => equalBytes(bytes, b[index] as Uint8Array))
}
