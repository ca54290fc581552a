/** Retrieving what external reference assertions point to, and holding it against what they say. C2PA 2.4 §15.10.3.2.2 and §15.10.4. */
import { equalBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { type Finding, finding } from '../report/finding.ts'
import type { Assertion } from './assertions.ts'
import { allowedHash } from './box-hashes.ts'
import { fetchedFrom, superboxIn } from './external-data.ts'
import { type ExternalReference, externalReference, isExternalReference } from './external-reference.ts'
import type { ReferenceContext } from './references.ts'

/** Of one asset. */
const MOST_RETRIEVED = 8
/** Where no size is stated. */
const MOST_BYTES = 1024 * 1024

/** Retrieves what can be held against a hash or a label, once the claim is valid. Nothing is rejected for it. §15.10.4.1. */
export async function retrieveExternalReferences(
  { verification, findings }: ReferenceContext,
  assertions: readonly Assertion[],
): Promise<void> {
  const fetch = verification.fetchers.cloudData
  if (!fetch) return
  const referring = assertions.filter(({ name, isSound }) => isExternalReference(name) && isSound)
  for (const assertion of referring.slice(0, MOST_RETRIEVED)) {
    const reference = externalReference(assertion)
    if (typeof reference === 'string' || !(reference.hash || reference.label)) continue
    const fetched = await fetchedFrom(reference.url, reference.size ?? MOST_BYTES, fetch)
    if (fetched) validateRetrieved(assertion.uri, reference, fetched.bytes, findings)
    else findings.push(finding('assertion.inaccessible', assertion.uri, `could not be fetched: ${reference.url}`))
  }
}

function validateRetrieved(uri: string, reference: ExternalReference, bytes: Uint8Array, findings: Finding[]): void {
  const { url, algorithm, hash, size, label } = reference
  const allowed = allowedHash(algorithm)
  const before = findings.length
  if (hash && !allowed) findings.push(finding('algorithm.unsupported', uri))
  if ((size !== undefined && bytes.length !== size) || (hash && allowed && !equalBytes(hash, digest(allowed, bytes))))
    findings.push(finding('assertion.external-reference.hashMismatch', uri, `hash does not match: ${url}`))
  if (label !== undefined && superboxIn(bytes)?.description.label !== label)
    findings.push(finding('assertion.external-reference.labelMismatch', uri, `no box labelled ${label} is at ${url}`))
  if (findings.length === before) findings.push(finding('assertion.accessible', uri, `retrieved: ${url}`))
}
