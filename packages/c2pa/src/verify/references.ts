/** Validation of references inside standard assertions. C2PA 2.2 §15.10.3.3. */
import { type CborValue, cborField } from '../cbor.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { Claim } from './claim.ts'
import { compareHash, hashedUri, resolve } from './hashed-uri.ts'
import type { Verification } from './verification.ts'

/** Where references are found, and where findings about them go. */
export type ReferenceContext = {
  readonly verification: Verification
  readonly manifest: Manifest
  readonly claim: Claim
  readonly findings: Finding[]
}

/** Checks one hashed URI; one that leads out of the store is not fetched, and so not checked. */
export function validateReferenceTo(
  { verification, manifest, claim, findings }: ReferenceContext,
  uri: string,
  value: CborValue,
): void {
  const reference = hashedUri(value)
  if (reference && /^https?:/i.test(reference.url)) return
  const target = reference && resolve(verification.store, manifest, reference.url)
  if (target && verification.redactions.has(target.uri)) return
  if (!target?.box) {
    findings.push(finding('hashedURI.missing', uri, `cannot find ${reference?.url ?? 'what a reference points to'}`))
    return
  }
  const outcome = compareHash(verification.hashes, reference as never, claim.algorithm, target.box)
  if (outcome === 'unsupported') findings.push(finding('algorithm.unsupported', uri))
  if (outcome === 'mismatch')
    findings.push(finding('hashedURI.mismatch', uri, `hash does not match: ${reference?.url}`))
}

/** Checks the `icon` of a generator, a software agent or a template, if it has one. */
export function validateIcon(context: ReferenceContext, uri: string, owner: CborValue): void {
  const icon = cborField(owner, 'icon')
  if (icon !== undefined) validateReferenceTo(context, uri, icon)
}
