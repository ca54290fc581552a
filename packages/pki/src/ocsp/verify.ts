/** Whether an OCSP response may be believed, and what it says of a certificate. RFC 6960 §3.2. */
import { DerError, equalBytes } from '@countersign/codec'
import { verifySignature } from '#crypto'
import { revocationReasonFrom } from '../crl/revocation-reason.ts'
import { signatureAlgorithmFrom } from '../crypto/signature-algorithm.ts'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import { Certificate, equalCertificates } from '../x509/certificate.ts'
import { extendedKeyUsage, keyUsage } from '../x509/certificate-extensions.ts'
import { isCertificateSignedBy } from '../x509/certificate-signature.ts'
import { equalNames } from '../x509/name.ts'
import { isOfIssuer } from './certificate-id.ts'
import { nonceOf } from './nonce.ts'
import {
  BasicOcspResponse,
  ID_PKIX_OCSP_BASIC,
  OcspResponse,
  type ResponderID,
  type SingleResponse,
} from './response.ts'
import { type CertificateStatus, keyHashOf } from './sign.ts'

/** What is to be known of a certificate, and when. */
export type OcspVerificationOptions = {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly at: Date
  /** That of the request; a response to it must have it. */
  readonly nonce?: Uint8Array
  readonly skewSeconds?: number
  /** How old a response without nextUpdate may be. */
  readonly maxAgeSeconds?: number
}

/** Why a response is not believed: no answer at all, one about something else, not of the issuer's, or not of that time. */
export type OcspFailure = 'malformed' | 'unsuccessful' | 'mismatch' | 'untrusted' | 'outsideValidity'

/** What came of it. RFC 6960 §3.2. */
export type OcspVerification =
  | ({
      readonly valid: true
      readonly producedAt: Date
      readonly thisUpdate: Date
      readonly nextUpdate?: Date
      /** Whose signature it is: the issuer, or a responder that it certified. */
      readonly responder: Certificate
    } & CertificateStatus)
  | { readonly valid: false; readonly code: OcspFailure; readonly reason: string }

const LONGEST = 1024 * 1024
/** Certificates of a response that are looked at. */
const MOST_CERTIFICATES = 10

/** Judges a response, DER. Never throws for what it is given. RFC 6960 §3.2. */
export async function verifyOcspResponse(
  response: Uint8Array,
  options: OcspVerificationOptions,
): Promise<OcspVerification> {
  try {
    return await verify(response, options)
  } catch (error) {
    if (error instanceof PkiError || error instanceof DerError) return refused('malformed', error.message)
    throw error
  }
}

async function verify(response: Uint8Array, options: OcspVerificationOptions): Promise<OcspVerification> {
  const { certificate, issuer, nonce } = options
  if (response.length > LONGEST) return refused('malformed', `a response of ${response.length} bytes`)
  const { responseStatus, responseBytes } = OcspResponse.decode(response)
  if (responseStatus !== 0) return refused('unsuccessful', `the responder answered with status ${responseStatus}`)
  if (responseBytes?.responseType !== ID_PKIX_OCSP_BASIC) return refused('malformed', 'no basic response')
  const basic = BasicOcspResponse.decode(responseBytes.response)
  const { responderID, producedAt, responses, extensions = [] } = basic.tbsResponseData.value
  if (extensions.some(({ id, critical }) => critical && id !== oids.ocspNonce))
    return refused('malformed', 'a critical extension that is not known here')

  const single = latest(
    responses.filter(({ certID }) => certID.serialNumber === certificate.serialNumber && isOfIssuer(certID, issuer)),
  )
  if (!single) return refused('mismatch', 'it says nothing of this certificate')
  if (single.extensions?.some(({ critical }) => critical))
    return refused('malformed', 'a critical extension that is not known here')
  if (nonce) {
    const answered = nonceOf(extensions)
    if (!answered || !equalBytes(answered, nonce)) return refused('mismatch', 'it has not the nonce of the request')
  }

  const responder = await findResponder(basic, responderID, options)
  if (typeof responder === 'string') return refused('untrusted', responder)
  const algorithm = signatureAlgorithmFrom(basic.signatureAlgorithm)
  if (!algorithm)
    return refused('untrusted', `the signature algorithm ${basic.signatureAlgorithm.algorithm} is not accepted`)
  if (!(await verifySignature(algorithm, responder.publicKey.bytes, basic.tbsResponseData.bytes, basic.signature)))
    return refused('untrusted', "the signature is not the responder's")

  const fault = timeFault(single, producedAt, options)
  if (fault) return refused('outsideValidity', fault)
  const { thisUpdate, nextUpdate } = single
  return {
    valid: true,
    ...statusOf(single),
    producedAt,
    thisUpdate,
    ...(nextUpdate ? { nextUpdate } : {}),
    responder,
  }
}

function latest(responses: readonly SingleResponse[]): SingleResponse | undefined {
  return responses.toSorted((a, b) => b.thisUpdate.getTime() - a.thisUpdate.getTime())[0]
}

function statusOf({ certStatus }: SingleResponse): CertificateStatus {
  if (certStatus.type !== 'revoked') return { status: certStatus.type }
  const { revocationTime: at, revocationReason } = certStatus.value
  return {
    status: 'revoked',
    at,
    ...(revocationReason === undefined ? {} : { reason: revocationReasonFrom(revocationReason) }),
  }
}

/** The issuer, or the one it lets answer for it; otherwise why there is none. RFC 6960 §4.2.2.2. */
async function findResponder(
  { certificates = [] }: BasicOcspResponse,
  responderID: ResponderID,
  { issuer, at }: OcspVerificationOptions,
): Promise<Certificate | string> {
  if (isNamed(responderID, issuer)) return issuer
  let reason = "the responder's certificate is not there"
  for (const bytes of certificates.slice(0, MOST_CERTIFICATES)) {
    const candidate = Certificate.decode(bytes)
    if (!isNamed(responderID, candidate)) continue
    if (equalCertificates(candidate, issuer)) return issuer
    const fault = await delegationFault(candidate, issuer, at)
    if (!fault) return candidate
    reason = fault
  }
  return reason
}

function isNamed(responderID: ResponderID, certificate: Certificate): boolean {
  return responderID.type === 'byName'
    ? equalNames(responderID.value, certificate.subject)
    : equalBytes(responderID.value, keyHashOf(certificate))
}

const READ_EXTENSIONS: readonly string[] = [
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.certificatePolicies,
  oids.subjectAltName,
]

async function delegationFault(responder: Certificate, issuer: Certificate, at: Date): Promise<string | undefined> {
  // It has to be the very issuer that delegates, no authority above it (RFC 6960 §4.2.2.2).
  if (!equalNames(responder.issuer, issuer.subject)) return 'the responder is of another issuer'
  if (!extendedKeyUsage(responder)?.includes(oids.ocspSigning)) return 'the responder may not sign OCSP responses'
  if (keyUsage(responder)?.has('digitalSignature') === false) return 'the responder may not make signatures'
  if (keyUsage(issuer)?.has('keyCertSign') === false) return 'the issuer may not sign certificates'
  const unread = responder.extensions.find(({ id, critical }) => critical && !READ_EXTENSIONS.includes(id))
  if (unread) return `the responder's certificate has the critical extension ${unread.id}`
  if (at < responder.notBefore || at > responder.notAfter)
    return "the responder's certificate is not valid at that time"
  const algorithm = signatureAlgorithmFrom(responder.signatureAlgorithm)
  if (!algorithm) return `the signature algorithm ${responder.signatureAlgorithm.algorithm} is not accepted`
  const isIssued = await isCertificateSignedBy(algorithm, responder, issuer.publicKey.bytes)
  return isIssued ? undefined : "the responder's certificate has not the issuer's signature"
}

/** RFC 6960 §4.2.2.1. */
function timeFault(
  { thisUpdate, nextUpdate }: SingleResponse,
  producedAt: Date,
  { at, skewSeconds = 300, maxAgeSeconds = 7 * 86400 }: OcspVerificationOptions,
): string | undefined {
  const earliest = at.getTime() - skewSeconds * 1000
  const latestTime = at.getTime() + skewSeconds * 1000
  if (thisUpdate.getTime() > latestTime) return `it holds from ${thisUpdate.toISOString()} on`
  if (producedAt.getTime() > latestTime) return `it was made at ${producedAt.toISOString()}`
  if (nextUpdate && nextUpdate < thisUpdate) return 'its next update comes before it'
  const end = nextUpdate?.getTime() ?? thisUpdate.getTime() + maxAgeSeconds * 1000
  return end < earliest ? `it held until ${new Date(end).toISOString()}` : undefined
}

function refused(code: OcspFailure, reason: string): OcspVerification {
  return { valid: false, code, reason }
}
