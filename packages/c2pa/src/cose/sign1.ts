/** COSE_Sign1 with a detached payload, as C2PA signs claims. RFC 9052 §4.2, C2PA 2.2 §13.2. */
import { C2paError } from '../c2pa-error.ts'
import { CborTag, type CborValue, decodeCbor, isCborObject } from '../cbor.ts'
import { encodeCbor } from '../cbor-encode.ts'

export type CoseHeader = ReadonlyMap<CborValue, CborValue>

/**
 *     COSE_Sign1 = #6.18([ protected: bstr .cbor header, unprotected: header, payload: nil, signature: bstr ])
 */
export type CoseSign1 = {
  /** The protected header as it was signed; empty for none. */
  readonly protectedBytes: Uint8Array
  readonly protectedHeader: CoseHeader
  readonly unprotectedHeader: CoseHeader
  /** Null where it is detached, as C2PA demands. */
  readonly payload: Uint8Array | null
  readonly signature: Uint8Array
}

const SIGN1_TAG = 18

/** Common header parameters. RFC 9052 §3.1, RFC 9360 §2. */
export const HEADER: { readonly algorithm: 1; readonly certificateChain: 33 } = { algorithm: 1, certificateChain: 33 }

export type CoseAlgorithm = 'ES256' | 'ES384' | 'ES512' | 'PS256' | 'PS384' | 'PS512' | 'EdDSA'

/** The algorithms that C2PA allows. RFC 9053 §2, RFC 8230 §2, C2PA 2.2 §13.2.1. */
const ALGORITHMS: readonly (readonly [CoseAlgorithm, number])[] = [
  ['ES256', -7],
  ['ES384', -35],
  ['ES512', -36],
  ['PS256', -37],
  ['PS384', -38],
  ['PS512', -39],
  ['EdDSA', -8],
]

export function coseAlgorithmNumber(algorithm: CoseAlgorithm): number {
  return (ALGORITHMS.find(([name]) => name === algorithm) as (typeof ALGORITHMS)[number])[1]
}

/** The name of an `alg` header value, or undefined for one that C2PA does not allow. */
export function coseAlgorithm(value: CborValue): CoseAlgorithm | undefined {
  return ALGORITHMS.find(([, number]) => number === value)?.[0]
}

/** Whether C2PA has this algorithm: RSASSA-PKCS1-v1_5 it has not. */
export function isCoseAlgorithm(name: string): name is CoseAlgorithm {
  return ALGORITHMS.some(([known]) => known === name)
}

/** Reads a tagged or untagged COSE_Sign1; throws C2paError `malformed_cbor` or `malformed_cose`. */
export function decodeCoseSign1(bytes: Uint8Array): CoseSign1 {
  const item = decodeCbor(bytes)
  if (item instanceof CborTag && item.tag !== SIGN1_TAG) throw malformed(`tag ${item.tag} is not that of a COSE_Sign1`)
  const fields = item instanceof CborTag ? item.value : item
  if (!Array.isArray(fields) || fields.length !== 4) throw malformed('it is not an array of four')
  const [protectedBytes, unprotected, payload, signature] = fields as readonly CborValue[]
  if (!(protectedBytes instanceof Uint8Array)) throw malformed('its protected header is not a byte string')
  if (payload !== null && !(payload instanceof Uint8Array)) throw malformed('its payload is neither bytes nor nil')
  if (!(signature instanceof Uint8Array)) throw malformed('its signature is not a byte string')
  return {
    protectedBytes,
    protectedHeader: protectedBytes.length === 0 ? new Map() : header(decodeCbor(protectedBytes)),
    unprotectedHeader: header(unprotected),
    payload,
    signature,
  }
}

/** Tagged, with a detached payload; padded with zeros to exactly `length` bytes when one is given. */
export function encodeCoseSign1(
  sign1: Pick<CoseSign1, 'protectedBytes' | 'unprotectedHeader' | 'signature'>,
  length?: number,
): Uint8Array {
  const { protectedBytes, unprotectedHeader, signature } = sign1
  const encode = (padding: CoseHeader): Uint8Array =>
    encodeCbor(new CborTag(SIGN1_TAG, [protectedBytes, new Map([...unprotectedHeader, ...padding]), null, signature]))
  const bare = encode(new Map())
  if (length === undefined || length === bare.length) return bare
  const padded = encode(paddingOf(length - bare.length))
  if (padded.length !== length) throw new C2paError('signature', `A signature box of ${length} bytes can't be filled.`)
  return padded
}

/** The shortest padding there is: the key `pad` and an empty byte string. */
export const SHORTEST_PADDING = 5

/** Header entries of exactly that many bytes. Some lengths have no single byte string, so there is a second (C2PA 2.2 §13.2.3). */
function paddingOf(length: number): CoseHeader {
  const room = length - 'pad'.length - 1
  if (room < 1) throw new C2paError('signature', `Padding of ${length} bytes is not possible.`)
  const single = byteStringOfLength(room)
  if (single) return new Map([['pad', single]])
  // `pad2` with an empty byte string takes six bytes.
  return new Map([
    ['pad', byteStringOfLength(room - 6) as Uint8Array],
    ['pad2', new Uint8Array()],
  ])
}

/** A zero byte string whose encoding, head included, has that length. RFC 8949 §3. */
function byteStringOfLength(length: number): Uint8Array | undefined {
  for (const [head, least, most] of [
    [1, 0, 23],
    [2, 24, 0xff],
    [3, 0x100, 0xffff],
    [5, 0x10000, 0xffffffff],
  ] as const) {
    const contents = length - head
    if (contents >= least && contents <= most) return new Uint8Array(contents)
  }
  return undefined
}

/** What is signed, or what a time stamp covers. RFC 9052 §4.4; C2PA 2.2 §10.3.2.5 for the counter signature. */
export function signatureStructure(
  context: 'Signature1' | 'CounterSignature',
  protectedBytes: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  return encodeCbor([context, protectedBytes, new Uint8Array(), payload])
}

/** The payload of a version 2 time stamp: the signature as a CBOR byte string, head included. C2PA 2.2 §10.3.2.5.2. */
export function timeStampPayload(signature: Uint8Array): Uint8Array {
  return encodeCbor(signature)
}

function header(value: CborValue): CoseHeader {
  if (value instanceof Map) return value
  if (!isCborObject(value)) throw malformed('a header is not a map')
  return new Map(Object.entries(value))
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_cose', `COSE_Sign1: ${what}`)
}
