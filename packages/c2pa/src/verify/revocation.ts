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
import { askResponder } from './responder.ts'
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
  /**
   * The authorities above a certificate that is trusted, its issuer first and the anchor last. For others no responder is asked: they name
   * whomever they like, and what that one answers does not make them any better.
   */
  readonly authorities?: readonly Certificate[]
}

/**
 * Checks the OCSP responses stapled to the signature and those of certificate-status assertions; where they don't tell, the answer of the
 * certificate's responder, if there is a fetcher. An authority that was revoked itself vouches for nobody.
 */
export async function validateRevocation(
  verification: Verification,
  sign1: CoseSign1,
  question: RevocationQuestion,
  uri: string,
  findings: Finding[],
): Promise<void> {
  const responses: Uint8Array[] = []
  for (const response of [...stapledResponses(sign1), ...verification.ocspResponses]) {
    if (!spendEvidence(verification, response)) {
      // Among those left may be the one that says revoked.
      findings.push(finding('general.error', uri, MORE_EVIDENCE))
      break
    }
    responses.push(response)
  }
  const status = (await storedStatus(responses, question)) ?? (await onlineStatus(verification, question))
  findings.push(finding(`signingCredential.ocsp.${status}`, uri))
  const revoked = await revokedAuthority(verification, responses, question)
  if (revoked) distrust(findings, uri, revoked)
}

type Status = 'notRevoked' | 'revoked' | 'unknown' | 'skipped' | 'inaccessible'

/** §15.9.1: what the responses of the manifest store tell of the time of signing; undefined where they don't. */
async function storedStatus(
  responses: readonly Uint8Array[],
  question: RevocationQuestion,
): Promise<Status | undefined> {
  const statuses = new Set<ReturnType<typeof statusOf>>()
  for (const response of responses) {
    const outcome = await judge(response, question)
    if (outcome.valid) statuses.add(statusOf(outcome))
  }
  if (statuses.has('revoked')) return 'revoked'
  if (statuses.has('unknown')) return 'unknown'
  // Without an attested time a response tells of another moment than that of signing.
  return statuses.has('good') && question.attested ? 'notRevoked' : undefined
}

/** §15.9.2. */
async function onlineStatus(
  verification: Verification,
  { certificate, issuer, attested, authorities }: RevocationQuestion,
): Promise<Status> {
  if (!issuer || !authorities) return 'skipped'
  const outcome = await askResponder(verification, certificate, issuer)
  if (typeof outcome === 'string') return outcome
  const status = statusOf(outcome)
  if (status === 'good') return 'notRevoked'
  return status === 'revoked' && attested && wasRevokedLater(outcome, attested) ? 'notRevoked' : status
}

/** Only a response that holds for the attested time as well tells of it. §15.9.2. */
function wasRevokedLater(outcome: OcspVerification & { valid: true }, attested: Date): boolean {
  const { thisUpdate, nextUpdate } = outcome
  const tellsOf = thisUpdate < attested && nextUpdate !== undefined && attested < nextUpdate
  return tellsOf && outcome.status === 'revoked' && attested < outcome.at
}

/** §15.9: the first authority below the anchor that was revoked at the attested time or else now, as far as anybody tells. */
async function revokedAuthority(
  verification: Verification,
  responses: readonly Uint8Array[],
  { authorities = [], attested, now }: RevocationQuestion,
): Promise<Certificate | undefined> {
  for (const [index, certificate] of authorities.slice(0, -1).entries()) {
    const issuer = authorities[index + 1] as Certificate
    const outcomes: OcspVerification[] = []
    for (const response of responses) outcomes.push(await judge(response, { certificate, issuer, attested, now }))
    if (!outcomes.some(({ valid }) => valid)) {
      const outcome = await askResponder(verification, certificate, issuer)
      if (typeof outcome !== 'string') outcomes.push(outcome)
    }
    const at = attested ?? now
    if (outcomes.some((outcome) => outcome.valid && isRevoked(outcome) && outcome.at <= at)) return certificate
  }
  return undefined
}

function distrust(findings: Finding[], uri: string, { serialNumber }: Certificate): void {
  const explanation = `the authority with serial number ${serialNumber} was revoked`
  const index = findings.findIndex(({ code, url }) => code === 'signingCredential.trusted' && url === uri)
  findings.splice(index < 0 ? findings.length : index, 1, finding('signingCredential.untrusted', uri, explanation))
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

function statusOf(outcome: OcspVerification & { valid: true }): 'good' | 'revoked' | 'unknown' {
  if (outcome.status === 'unknown') return 'unknown'
  return isRevoked(outcome) ? 'revoked' : 'good'
}

/** A revocation that was taken back is none. §15.9.1. */
function isRevoked(
  outcome: OcspVerification & { valid: true },
): outcome is OcspVerification & { valid: true; status: 'revoked' } {
  return outcome.status === 'revoked' && outcome.reason !== 'removeFromCRL'
}
