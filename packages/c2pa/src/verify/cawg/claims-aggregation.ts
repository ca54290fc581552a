/** Identities that an aggregator of identity claims vouches for. CAWG Identity Assertion 1.1 §8.1. */
import { verifySignature } from '@countersign/pki'
import { type CoseSign1, coseAlgorithm, HEADER, signatureStructure } from '../../cose/sign1.ts'
import { type Finding, finding } from '../../report/finding.ts'
import { readSign1 } from '../cose-credential.ts'
import { type AttestedTime, validateHeaderTimeStamp } from '../time-stamp.ts'
import type { Verification } from '../verification.ts'
import { type AggregationCredential, aggregationCredential, isOfSignerPayload } from './aggregation-credential.ts'
import type { IdentityAssertion } from './identity-assertion.ts'
import { issuerKey, withoutFragment } from './issuer-key.ts'

/** `content type`. RFC 9052 §3.1. */
const CONTENT_TYPE = 3

/** Checks the verifiable credential of such an identity assertion, its signature and its time. §8.1.6. */
export async function validateClaimsAggregation(
  verification: Verification,
  identity: IdentityAssertion,
  findings: Finding[],
): Promise<void> {
  const { uri } = identity
  const sign1 = readSign1(identity.signature)
  if (typeof sign1 === 'string') {
    findings.push(finding('cawg.ica.invalid_cose_sign1', uri, sign1))
    return
  }
  if (coseAlgorithm(sign1.protectedHeader.get(HEADER.algorithm)) !== 'EdDSA') {
    findings.push(finding('cawg.ica.invalid_alg', uri))
    return
  }
  const found: Finding[] = []
  if (sign1.protectedHeader.get(CONTENT_TYPE) !== 'application/vc')
    found.push(finding('cawg.ica.invalid_content_type', uri))
  const credential = sign1.payload ? aggregationCredential(sign1.payload) : 'the signature has no payload'
  if (typeof credential === 'string' || !sign1.payload)
    found.push(finding('cawg.ica.invalid_verifiable_credential', uri, String(credential)))
  else {
    await validateIssuer(verification, sign1, sign1.payload, credential, uri, found)
    const attested = await validateTimeStamp(verification, sign1, sign1.payload, uri, found)
    validateTime(credential, verification.now, attested, uri, found)
    if (!isOfSignerPayload(credential, identity)) found.push(finding('cawg.ica.signer_payload.mismatch', uri))
    // What was found about the assertion before counts too: the credential may be another's.
    const isFaulty = [...findings, ...found].some(({ kind, url }) => kind !== 'success' && url === uri)
    if (!isFaulty) found.push(finding('cawg.ica.credential_valid', uri))
  }
  findings.push(...found)
}

/** §8.1.6.4: whoever makes a key can call itself an issuer: which ones are believed is the validator's to know. */
async function validateIssuer(
  { anchors }: Verification,
  { protectedBytes, signature }: CoseSign1,
  payload: Uint8Array,
  { issuer }: AggregationCredential,
  uri: string,
  findings: Finding[],
): Promise<void> {
  const key = issuerKey(issuer)
  if ('code' in key) {
    findings.push(finding(key.code, uri, key.reason))
    return
  }
  const signed = signatureStructure('Signature1', protectedBytes, payload)
  if (!(await verifySignature('EdDSA', key.spki, signed, signature)))
    findings.push(finding('cawg.ica.signature_mismatch', uri))
  else if (!anchors.identityIssuers.includes(withoutFragment(issuer)))
    findings.push(finding('cawg.ica.untrusted_issuer', uri, `the issuer is not among the trusted: ${issuer}`))
}

/** §8.1.6.5: a time stamp that is there has to hold; whose it is matters less, since it can only narrow. */
async function validateTimeStamp(
  verification: Verification,
  sign1: CoseSign1,
  payload: Uint8Array,
  uri: string,
  findings: Finding[],
): Promise<AttestedTime | undefined> {
  const ofTimeStamp: Finding[] = []
  const attested = await validateHeaderTimeStamp(verification, sign1, payload, uri, ofTimeStamp)
  if (attested) findings.push(finding('cawg.ica.time_stamp.validated', uri))
  else if (ofTimeStamp.length > 0)
    findings.push(finding('cawg.ica.time_stamp.invalid', uri, ofTimeStamp[0]?.explanation))
  return attested
}

/** §8.1.2.4. */
function validateTime(
  { validFrom, validUntil }: AggregationCredential,
  now: Date,
  attested: AttestedTime | undefined,
  uri: string,
  findings: Finding[],
): void {
  const moments = attested ? [now, attested.time] : [now]
  if (!validFrom) findings.push(finding('cawg.ica.valid_from.missing', uri))
  else if (moments.some((moment) => moment < validFrom)) findings.push(finding('cawg.ica.valid_from.invalid', uri))
  if (validUntil && moments.some((moment) => moment > validUntil))
    findings.push(finding('cawg.ica.valid_until.invalid', uri))
}
