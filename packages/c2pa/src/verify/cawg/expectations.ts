/** What an identity assertion expects of what stands around it: the claim, who signs that, and who else signs. CAWG Identity Assertion 1.1 §7.1. */
import { compareBytes, equalBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { type CborObject, type CborValue, cborField, isCborObject } from '../../cbor.ts'
import { encodeCbor } from '../../cbor-encode.ts'
import { decodeCoseSign1, HEADER } from '../../cose/sign1.ts'
import type { Manifest, ManifestStore } from '../../manifest/store.ts'
import { type Finding, finding } from '../../report/finding.ts'
import { allowedHash } from '../box-hashes.ts'
import type { Claim } from '../claim.ts'
import { resolve } from '../hashed-uri.ts'
import type { IdentityAssertion } from './identity-assertion.ts'

/** The manifest that an identity assertion is in, and what it may expect of it. */
export type Surroundings = {
  readonly store: ManifestStore
  readonly manifest: Manifest
  readonly claim: Claim
  /** Whose key signed the claim, DER. */
  readonly claimSigner: Uint8Array | undefined
  /** All of the manifest, in the claim's order. */
  readonly identities: readonly IdentityAssertion[]
}

/** Checks the expectations that the assertion states; most state none. */
export function validateExpectations(
  surroundings: Surroundings,
  identity: IdentityAssertion,
  findings: Finding[],
): void {
  const { uri, signerPayload } = identity
  const { claimSigner } = surroundings
  const generator = cborField(signerPayload, 'expected_claim_generator')
  if (generator !== undefined && !isHashOfCertificate(generator, claimSigner))
    findings.push(finding('cawg.identity.expected_claim_generator.mismatch', uri))
  const others = surroundings.identities.filter((other) => other !== identity)
  const expected = cborField(signerPayload, 'expected_countersigners')
  const countersigners = expected === undefined ? undefined : matchCountersigners(expected, others)
  if (countersigners) findings.push(...countersigners.faults.map((code) => finding(code, uri)))
  const partial = cborField(signerPayload, 'expected_partial_claim')
  const blank = [identity, ...(countersigners?.matched ?? [])]
  if (partial !== undefined && !isHashOf(partial, partialClaim(surroundings, blank)))
    findings.push(finding('cawg.identity.expected_partial_claim.mismatch', uri))
}

/**
 *     hash-map = { "alg": tstr, "hash": bstr }
 */
function isHashOf(value: CborValue, ...candidates: readonly (Uint8Array | undefined)[]): boolean {
  const name = cborField(value, 'alg')
  const algorithm = allowedHash(typeof name === 'string' ? name : undefined)
  const hash = cborField(value, 'hash')
  if (!algorithm || !(hash instanceof Uint8Array)) return false
  return candidates.some((bytes) => bytes !== undefined && equalBytes(digest(algorithm, bytes), hash))
}

/** As a CBOR byte string; its DER alone is taken too, since the text can be read so. */
function isHashOfCertificate(value: CborValue, certificate: Uint8Array | undefined): boolean {
  return isHashOf(value, certificate && encodeCbor(certificate), certificate)
}

/** The claim in deterministic encoding, where the hashes of these assertions are zeros. */
function partialClaim({ store, manifest, claim }: Surroundings, blank: readonly IdentityAssertion[]): Uint8Array {
  const uris = new Set(blank.map(({ uri }) => uri))
  const blanked = (reference: CborValue): CborValue => {
    const url = cborField(reference, 'url')
    const hash = cborField(reference, 'hash')
    const target = typeof url === 'string' ? resolve(store, manifest, url) : undefined
    if (!target || !uris.has(target.uri) || !(hash instanceof Uint8Array) || !isCborObject(reference)) return reference
    return { ...reference, hash: new Uint8Array(hash.length) }
  }
  const fields: { [name: string]: CborValue } = { ...claim.fields }
  for (const name of ['created_assertions', 'gathered_assertions', 'assertions']) {
    const references = cborField(claim.fields, name)
    if (Array.isArray(references)) fields[name] = references.map(blanked)
  }
  return encodeCbor(fields)
}

type CountersignerCode = Extract<Finding['code'], `cawg.identity.${string}countersigner${string}`>

/** Every other actor is expected, with the credential that is expected, and no expected one is missing. */
function matchCountersigners(
  expected: CborValue,
  others: readonly IdentityAssertion[],
): { readonly faults: readonly CountersignerCode[]; readonly matched: readonly IdentityAssertion[] } {
  const entries = (Array.isArray(expected) ? expected : []).map((entry: CborValue) => ({
    payload: encodeCbor(cborField(entry, 'partial_signer_payload')),
    credential: cborField(entry, 'expected_credentials'),
  }))
  const faults = new Set<CountersignerCode>()
  const matched: IdentityAssertion[] = []
  const found = new Set<(typeof entries)[number]>()
  for (const other of others) {
    const payload = encodeCbor(withoutCountersigners(other.signerPayload))
    const entry = entries.find((candidate) => compareBytes(candidate.payload, payload) === 0)
    if (!entry) faults.add('cawg.identity.unexpected_countersigner')
    else if (entry.credential !== undefined && !isHashOfCertificate(entry.credential, certificateOf(other)))
      faults.add('cawg.identity.expected_countersigner.mismatch')
    else matched.push(other)
    if (entry) found.add(entry)
  }
  if (entries.some((entry) => !found.has(entry))) faults.add('cawg.identity.expected_countersigner.missing')
  return { faults: [...faults], matched }
}

function withoutCountersigners(signerPayload: CborValue): CborObject {
  const fields = isCborObject(signerPayload) ? signerPayload : {}
  return { ...fields, expected_countersigners: undefined }
}

/** The end-entity certificate of an X.509 identity. */
function certificateOf({ signature }: IdentityAssertion): Uint8Array | undefined {
  try {
    const { protectedHeader, unprotectedHeader } = decodeCoseSign1(signature)
    const label = HEADER.certificateChain
    const chain = protectedHeader.get(label) ?? unprotectedHeader.get(label)
    const leaf = Array.isArray(chain) ? chain[0] : chain
    return leaf instanceof Uint8Array ? leaf : undefined
  } catch {
    return undefined
  }
}
