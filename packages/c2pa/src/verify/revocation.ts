/** Validating the credential revocation information. C2PA 2.2 §15.9. */
import {
  BasicOcspResponse,
  type Certificate,
  OcspResponse,
  type OcspVerification,
  verifyOcspResponse,
} from '@countersign/pki'
import { cborField } from '../cbor.ts'
import type { CoseSign1 } from '../cose/sign1.ts'
import { type Finding, finding } from '../report/finding.ts'
import { MORE_EVIDENCE, spendEvidence, type Verification } from './verification.ts'

const MOST_RESPONSES = 16
/** How long a response without nextUpdate holds. §15.9.1. */
const MAX_AGE_SECONDS = 24 * 60 * 60

/** What is asked: whether that certificate was revoked when it signed. */
export type RevocationQuestion = {
  readonly certificate: Certificate
  /** Undefined where the signature does not hold it and no anchor is it. */
  readonly issuer: Certificate | undefined
  /** The time of a trusted time stamp. */
  readonly attested: Date | undefined
  readonly now: Date
}

/** Checks the OCSP responses stapled to the signature and those of certificate-status assertions; no responder is asked. */
export async function validateRevocation(
  verification: Verification,
  sign1: CoseSign1,
  question: RevocationQuestion,
  uri: string,
  findings: Finding[],
): Promise<void> {
  const outcomes: OcspVerification[] = []
  for (const response of [...stapledResponses(sign1), ...verification.ocspResponses]) {
    if (!spendEvidence(verification, response)) {
      // Among those left may be the one that says revoked.
      findings.push(finding('general.error', uri, MORE_EVIDENCE))
      break
    }
    outcomes.push(await judge(response, question))
  }
  const statuses = new Set(outcomes.flatMap((outcome) => (outcome.valid ? [statusOf(outcome)] : [])))
  if (statuses.has('revoked')) findings.push(finding('signingCredential.ocsp.revoked', uri))
  else if (statuses.has('unknown')) findings.push(finding('signingCredential.ocsp.unknown', uri))
  // Without an attested time a response tells of another moment than that of signing.
  else if (statuses.has('good') && question.attested) findings.push(finding('signingCredential.ocsp.notRevoked', uri))
  else findings.push(finding('signingCredential.ocsp.skipped', uri))
}

/**
 *     rVals = { "ocspVals": [ 1* bstr ] }
 */
function stapledResponses({ protectedHeader, unprotectedHeader }: CoseSign1): Uint8Array[] {
  const values = cborField(unprotectedHeader.get('rVals') ?? protectedHeader.get('rVals'), 'ocspVals')
  if (!Array.isArray(values)) return []
  return values.filter((value) => value instanceof Uint8Array).slice(0, MOST_RESPONSES)
}

/** As of the attested time, or of the response's own where that is later: then it tells of the time of signing too. §15.9.1. */
async function judge(
  response: Uint8Array,
  { certificate, issuer, attested, now }: RevocationQuestion,
): Promise<OcspVerification> {
  if (!issuer) return { valid: false, code: 'untrusted', reason: "the issuer's certificate is not there" }
  const options = { certificate, issuer, maxAgeSeconds: MAX_AGE_SECONDS }
  const outcome = await verifyOcspResponse(response, { ...options, at: attested ?? now })
  if (outcome.valid || outcome.code !== 'outsideValidity' || !attested) return outcome
  const later = thisUpdates(response).find((moment) => attested < moment && moment <= now)
  return later ? verifyOcspResponse(response, { ...options, at: later }) : outcome
}

function thisUpdates(response: Uint8Array): Date[] {
  try {
    const { responseBytes } = OcspResponse.decode(response)
    const basic = BasicOcspResponse.decode(responseBytes?.response ?? new Uint8Array())
    return basic.tbsResponseData.value.responses.map(({ thisUpdate }) => thisUpdate)
  } catch {
    return []
  }
}

/** A revocation that was taken back is none. §15.9.1. */
function statusOf(outcome: OcspVerification & { valid: true }): 'good' | 'revoked' | 'unknown' {
  return outcome.status === 'revoked' && outcome.reason === 'removeFromCRL' ? 'good' : outcome.status
}
