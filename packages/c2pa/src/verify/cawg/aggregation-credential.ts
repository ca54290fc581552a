/** The verifiable credential that an aggregator of identity claims issues for one asset. CAWG Identity Assertion 1.1 §8.1.2. */
import { decodeBase64, equalBytes, utf8Text } from '@countersign/codec'
import { type CborValue, cborField } from '../../cbor.ts'
import type { HashedUri } from '../hashed-uri.ts'
import type { IdentityAssertion } from './identity-assertion.ts'

/** What is looked at of it. */
export type AggregationCredential = {
  readonly issuer: string
  readonly validFrom?: Date
  readonly validUntil?: Date
  /** `credentialSubject.c2paAsset`: the signer payload again, as JSON. */
  readonly asset: CborValue
}

const LONGEST = 262_144
/** Of SHA-512 in base64. */
const LONGEST_HASH = 88
const TYPES: readonly string[] = ['VerifiableCredential', 'IdentityClaimsAggregationCredential']

/** Reads the credential; what is missing or invalid where it is none. §8.1.6.3. */
export function aggregationCredential(bytes: Uint8Array): AggregationCredential | string {
  if (bytes.length > LONGEST) return `a credential of ${bytes.length} bytes`
  const json = parse(bytes)
  const types = cborField(json, 'type')
  if (!Array.isArray(types) || !TYPES.every((type) => types.includes(type))) return 'type is missing or invalid'
  const issuer = cborField(json, 'issuer')
  if (typeof issuer !== 'string') return 'issuer is missing or invalid'
  const subjects = cborField(json, 'credentialSubject')
  const subject = Array.isArray(subjects) ? subjects[0] : subjects
  const identities = cborField(subject, 'verifiedIdentities')
  if (!Array.isArray(identities) || identities.length === 0) return 'verifiedIdentities is missing or invalid'
  const validFrom = dateOf(cborField(json, 'validFrom'))
  const validUntil = dateOf(cborField(json, 'validUntil'))
  if (validFrom === 'invalid' || validUntil === 'invalid') return 'validFrom or validUntil is no date and time'
  return {
    issuer,
    ...(validFrom ? { validFrom } : {}),
    ...(validUntil ? { validUntil } : {}),
    asset: cborField(subject, 'c2paAsset'),
  }
}

/** Objects without prototype, so that they are read as CBOR maps are. */
function parse(bytes: Uint8Array): CborValue {
  try {
    return JSON.parse(utf8Text(bytes), (_, value) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.assign(Object.create(null), value)
        : value,
    )
  } catch {
    return undefined
  }
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

function dateOf(value: CborValue): Date | 'invalid' | undefined {
  if (value === undefined) return undefined
  const date = new Date(typeof value === 'string' && DATE_TIME.test(value) ? value : Number.NaN)
  return Number.isNaN(date.getTime()) ? 'invalid' : date
}

/** Whether the credential was issued for what the assertion states. §8.1.6.7. */
export function isOfSignerPayload(
  { asset }: AggregationCredential,
  { signerPayload, signatureType, references, algorithm }: IdentityAssertion,
): boolean {
  const issued = cborField(asset, 'referenced_assertions')
  return (
    cborField(asset, 'sig_type') === signatureType &&
    Array.isArray(issued) &&
    issued.length === references.length &&
    issued.every((reference, index) => isSameReference(reference, references[index] as HashedUri, algorithm)) &&
    sameRoles(cborField(asset, 'role'), cborField(signerPayload, 'role'))
  )
}

function isSameReference(
  issued: CborValue,
  { url, algorithm, hash }: HashedUri,
  enclosingAlgorithm: string | undefined,
): boolean {
  const issuedHash = hashOf(cborField(issued, 'hash'))
  return (
    cborField(issued, 'url') === url &&
    (cborField(issued, 'alg') ?? enclosingAlgorithm) === (algorithm ?? enclosingAlgorithm) &&
    issuedHash !== undefined &&
    hash !== undefined &&
    equalBytes(issuedHash, hash)
  )
}

/** Base64; version 1.0 wrote it as the list of its characters' numbers. */
function hashOf(value: CborValue): Uint8Array | undefined {
  const isCharacters = Array.isArray(value) && value.length <= LONGEST_HASH && value.every(Number.isInteger)
  const text = isCharacters ? String.fromCharCode(...(value as number[])) : value
  try {
    return typeof text === 'string' ? decodeBase64(text) : undefined
  } catch {
    return undefined
  }
}

function sameRoles(one: CborValue, other: CborValue): boolean {
  const [a, b] = [one ?? [], other ?? []]
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((role, index) => role === b[index])
}
