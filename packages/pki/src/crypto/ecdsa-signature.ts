/** ECDSA signatures: the DER of X.509 (RFC 3279 §2.2.3) and the plain r and s of JOSE and COSE (RFC 9053 §2.1). */
import { type Der, decodeHex, der, encodeHex } from '@countersign/codec'
import { named, PkiError } from '../error.ts'

/**
 *     Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
 */
type EcdsaSignature = { readonly r: bigint; readonly s: bigint }
const EcdsaSignature: Der<EcdsaSignature> = named(
  'an Ecdsa-Sig-Value',
  der.sequence<EcdsaSignature>({ r: der.integer, s: der.integer }),
)

/** r and s one after the other, `curveBytes` each (32, 48, 66). Throws PkiError when they don't fit. */
export function ecdsaSignatureToRaw(signature: Uint8Array, curveBytes: number): Uint8Array<ArrayBuffer> {
  const { r, s } = EcdsaSignature.decode(signature)
  const raw = new Uint8Array(curveBytes * 2)
  writeScalar(r, raw.subarray(0, curveBytes))
  writeScalar(s, raw.subarray(curveBytes))
  return raw
}

/** The DER of a signature whose halves are r and s. Throws PkiError for a length that no curve has. */
export function ecdsaSignatureFromRaw(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  if (raw.length === 0 || raw.length % 2 !== 0 || raw.length > 132)
    throw new PkiError('malformed', `${raw.length} bytes are not the r and s of a signature`)
  const half = raw.length / 2
  return EcdsaSignature.encode({
    r: readScalar(raw.subarray(0, half)),
    s: readScalar(raw.subarray(half)),
  }) as Uint8Array<ArrayBuffer>
}

function writeScalar(value: bigint, into: Uint8Array): void {
  if (value < 0n) throw new PkiError('malformed', 'an ECDSA signature with a negative number')
  const digits = value.toString(16).padStart(into.length * 2, '0')
  if (digits.length > into.length * 2) throw new PkiError('malformed', 'an ECDSA signature too large for its curve')
  into.set(decodeHex(digits))
}

function readScalar(bytes: Uint8Array): bigint {
  return BigInt(`0x${encodeHex(bytes)}`)
}
