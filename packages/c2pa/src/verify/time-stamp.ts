/** Validating the time stamp. C2PA 2.2 §15.8. All trouble with it is informational: it is then as if there were none. */
import {
  authorityKeyIdentifier,
  type Certificate,
  commonName,
  keyUsage,
  TimeStampResp,
  type TimeStampVerification,
  verifyTimeStampToken,
} from '@countersign/pki'
import { type CborValue, cborField } from '../cbor.ts'
import { type CoseSign1, signatureStructure, timeStampPayload } from '../cose/sign1.ts'
import type { Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { Claim } from './claim.ts'
import { MORE_EVIDENCE, manifestUri, spendEvidence, type Verification } from './verification.ts'

/** How much the clocks of authorities may be ahead, in milliseconds. */
const CLOCK_SKEW = 300_000

/** A moment at which the signature, or the claim, was there. */
export type AttestedTime = {
  readonly time: Date
  /** Whether an anchor vouches for the authority. */
  readonly trusted: boolean
  /** Of who gave the time. */
  readonly certificate: Certificate
}

/** Checks the time stamp in the signature's headers, and where it is of no use those of time-stamp assertions. */
export async function validateTimeStamp(
  verification: Verification,
  manifest: Manifest,
  claim: Claim,
  sign1: CoseSign1,
  findings: Finding[],
): Promise<AttestedTime | undefined> {
  const uri = `${manifestUri(manifest)}/c2pa.signature`
  let attested = await validateHeaderTimeStamp(verification, sign1, claim.bytes, uri, findings)
  for (const token of verification.timeStamps.get(manifest.label) ?? []) {
    if (attested?.trusted) break
    attested = (await validateToken(verification, token, overSignature(sign1), uri, findings)) ?? attested
  }
  return attested
}

/** Checks the time stamp in the headers of any signature over that payload. §15.8.1.1. */
export async function validateHeaderTimeStamp(
  verification: Verification,
  sign1: CoseSign1,
  payload: Uint8Array,
  uri: string,
  findings: Finding[],
): Promise<AttestedTime | undefined> {
  const second = header(sign1, 'sigTst2')
  if (second !== undefined) return validateToken(verification, singleToken(second), overSignature(sign1), uri, findings)
  const first = header(sign1, 'sigTst')
  if (first === undefined) return undefined
  const overPayload = signatureStructure('CounterSignature', sign1.protectedBytes, payload)
  return validateToken(verification, tokenOfResponse(singleToken(first)), overPayload, uri, findings)
}

function overSignature({ protectedBytes, signature }: CoseSign1): Uint8Array {
  return signatureStructure('CounterSignature', protectedBytes, timeStampPayload(signature))
}

function header({ protectedHeader, unprotectedHeader }: CoseSign1, label: string): CborValue {
  return unprotectedHeader.get(label) ?? protectedHeader.get(label)
}

/**
 *     tst-container = { "tstTokens": [ { "val": bstr } ] }
 *
 * One token, not several (§15.8.1.1).
 */
function singleToken(container: CborValue): Uint8Array | undefined {
  const tokens = cborField(container, 'tstTokens')
  if (!Array.isArray(tokens) || tokens.length !== 1) return undefined
  const value = cborField(tokens[0], 'val')
  return value instanceof Uint8Array ? value : undefined
}

/** Version 1 keeps the authority's whole answer. */
function tokenOfResponse(response: Uint8Array | undefined): Uint8Array | undefined {
  try {
    const { status, timeStampToken } = TimeStampResp.decode(response ?? new Uint8Array())
    return status.status === 0 || status.status === 1 ? timeStampToken : undefined
  } catch {
    return undefined
  }
}

/** §15.8.2. */
async function validateToken(
  verification: Verification,
  token: Uint8Array | undefined,
  stamped: Uint8Array,
  uri: string,
  findings: Finding[],
): Promise<AttestedTime | undefined> {
  if (!token) {
    findings.push(finding('timeStamp.malformed', uri))
    return undefined
  }
  if (!spendEvidence(verification, token)) {
    findings.push(finding('general.error', uri, MORE_EVIDENCE))
    return undefined
  }
  const { anchors, now } = verification
  const outcome = await verifyTimeStampToken(token, { of: { data: stamped }, anchors: anchors.timeStampAuthorities })
  if ('genTime' in outcome && outcome.genTime.getTime() > now.getTime() + CLOCK_SKEW) {
    findings.push(
      finding('timeStamp.outsideValidity', uri, `the time of the timestamp is still to come: ${nameOf(outcome)}`),
    )
    return undefined
  }
  switch (outcome.status) {
    case 'trusted':
      findings.push(finding('timeStamp.validated', uri, `timestamp message digest matched: ${nameOf(outcome)}`))
      if (!fitsProfile(outcome.certificate)) {
        findings.push(finding('timeStamp.untrusted', uri, `timestamp cert not of the profile: ${nameOf(outcome)}`))
        return { time: outcome.genTime, trusted: false, certificate: outcome.certificate }
      }
      findings.push(
        finding('timeStamp.trusted', uri, `timestamp cert trusted: ${nameOf(outcome)}, trust list: system_anchors`),
      )
      return { time: outcome.genTime, trusted: true, certificate: outcome.certificate }
    case 'untrusted':
      findings.push(finding('timeStamp.validated', uri, `timestamp message digest matched: ${nameOf(outcome)}`))
      findings.push(finding('timeStamp.untrusted', uri, `timestamp cert untrusted: ${nameOf(outcome)}`))
      return { time: outcome.genTime, trusted: false, certificate: outcome.certificate }
    case 'outsideValidity':
      findings.push(finding('timeStamp.outsideValidity', uri))
      return undefined
    case 'unverifiable':
      findings.push(finding('timeStamp.untrusted', uri, `timestamp cert untrusted: ${outcome.reason}`))
      return undefined
    case 'malformed':
      findings.push(finding('timeStamp.malformed', uri, `could not parse timestamp data: ${outcome.reason}`))
      return undefined
    default:
      findings.push(finding('timeStamp.mismatch', uri, `timestamp message digest did not match: ${outcome.reason}`))
      return undefined
  }
}

/** §14.5.1.1: what a certificate of any purpose has to say, beside what makes it one of a time-stamp authority. */
function fitsProfile(certificate: Certificate): boolean {
  return keyUsage(certificate) !== undefined && authorityKeyIdentifier(certificate) !== undefined
}

function nameOf({ certificate }: Extract<TimeStampVerification, { readonly genTime: Date }>): string {
  return commonName(certificate.subject) ?? ''
}
