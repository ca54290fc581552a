/** Identity assertions as they stand in a manifest. CAWG Identity Assertion 1.1 §5.2. */
import { type CborValue, cborField, isCborObject } from '../../cbor.ts'
import { encodedField } from '../../cbor-span.ts'
import { contentOf } from '../../jumbf/superbox.ts'
import { type Assertion, cborOf } from '../assertions.ts'
import { type HashedUri, hashedUri } from '../hashed-uri.ts'

/**
 *     identity = { "signer_payload": signer-payload-map, "signature": bstr, "pad1": bstr, ? "pad2": bstr }
 *     signer-payload-map = { "referenced_assertions": [1* hashed-uri-map], "sig_type": tstr, ? "role": [1* tstr] }
 *
 * Other fields are passed over (§7.1).
 */
export type IdentityAssertion = {
  readonly uri: string
  readonly signerPayload: CborValue
  /** As it stands in the assertion: those bytes are signed. */
  readonly signerPayloadBytes: Uint8Array
  readonly references: readonly HashedUri[]
  /** The hash of references that name none: the claim's. */
  readonly algorithm: string | undefined
  readonly signatureType: string
  readonly signature: Uint8Array
  readonly pads: readonly Uint8Array[]
}

/** The label of identity assertions, less their instance. CAWG Identity Assertion 1.1 §5.1. */
export function isIdentity(name: string): boolean {
  return name === 'cawg.identity'
}

/** Reads the assertion's CBOR; what is missing or invalid where it is no identity assertion in shape. §7.1. */
export function identityAssertion(assertion: Assertion, algorithm: string | undefined): IdentityAssertion | string {
  const fields = cborOf(assertion)
  if (!isCborObject(fields)) return 'it is not a map'
  const signerPayload = cborField(fields, 'signer_payload')
  const signerPayloadBytes = encodedField(contentOf(assertion.box, 'cbor') ?? new Uint8Array(), 'signer_payload')
  if (!isCborObject(signerPayload) || !signerPayloadBytes) return 'signer_payload is missing or invalid'
  const references = referencesOf(signerPayload)
  if (!references) return 'signer_payload.referenced_assertions is missing or invalid'
  const signatureType = cborField(signerPayload, 'sig_type')
  if (typeof signatureType !== 'string') return 'signer_payload.sig_type is missing or invalid'
  if (!areRoles(cborField(signerPayload, 'role'))) return 'signer_payload.role is invalid'
  const signature = cborField(fields, 'signature')
  if (!(signature instanceof Uint8Array)) return 'signature is missing or invalid'
  const pads = [cborField(fields, 'pad1'), cborField(fields, 'pad2') ?? new Uint8Array()]
  if (!pads.every((pad) => pad instanceof Uint8Array)) return 'pad1 or pad2 is missing or invalid'
  return {
    uri: assertion.uri,
    signerPayload,
    signerPayloadBytes,
    references,
    algorithm,
    signatureType,
    signature,
    pads,
  }
}

function areRoles(value: CborValue): boolean {
  return value === undefined || (Array.isArray(value) && value.every((role) => typeof role === 'string'))
}

function referencesOf(signerPayload: CborValue): HashedUri[] | undefined {
  const values = cborField(signerPayload, 'referenced_assertions')
  if (!Array.isArray(values)) return undefined
  const references = values.map(hashedUri)
  return references.every((reference) => reference?.hash !== undefined) ? (references as HashedUri[]) : undefined
}
