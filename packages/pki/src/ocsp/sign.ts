/** Making OCSP responses. RFC 6960 §4.2. */
import { equalBytes } from '@countersign/codec'
import { digest } from '#crypto'
import { type RevocationReason, revocationReasonCode } from '../crl/revocation-reason.ts'
import type { Signer } from '../crypto/port.ts'
import { signatureAlgorithmIdentifier } from '../crypto/signature-algorithm.ts'
import { PkiError } from '../error.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { CertID } from './certificate-id.ts'
import { nonceExtension } from './nonce.ts'
import {
  BasicOcspResponse,
  type CertStatus,
  ID_PKIX_OCSP_BASIC,
  OcspResponse,
  ocspResponseStatuses,
  ResponseData,
  type SingleResponse,
} from './response.ts'

/** What is known of a certificate. RFC 6960 §2.2. */
export type CertificateStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly at: Date; readonly reason?: RevocationReason }
  | { readonly status: 'unknown' }

/** What a response says of one certificate. RFC 6960 §4.2.1. */
export type CertificateStatusResponse = CertificateStatus & {
  /** As it was asked. */
  readonly certID: CertID
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
}

/** What a response will say, and who says it. RFC 6960 §4.2.1. */
export type OcspResponseTemplate = {
  /** The responder's: the issuer's own, or one that the issuer made with the purpose OCSPSigning. */
  readonly certificate: Certificate
  /** What goes along beside it: the authorities below the root, so that the root is all a client needs. */
  readonly chain: readonly Certificate[]
  readonly producedAt: Date
  readonly responses: readonly CertificateStatusResponse[]
  /** The request's. */
  readonly nonce?: Uint8Array
}

/** A successful response, DER. RFC 6960 §4.2.1. */
export async function signOcspResponse(template: OcspResponseTemplate, signer: Signer): Promise<Uint8Array> {
  const { certificate, chain, producedAt, responses, nonce } = template
  if (!equalBytes(signer.publicKey, certificate.publicKey.bytes))
    throw new PkiError('invalid_argument', "the signer's key is not that of the certificate")
  const data: ResponseData = {
    version: 0,
    responderID: { type: 'byKey', value: keyHashOf(certificate) },
    producedAt,
    responses: responses.map(singleResponse),
    ...(nonce ? { extensions: [nonceExtension(nonce)] } : {}),
  }
  const bytes = ResponseData.encode(data)
  const response = BasicOcspResponse.encode({
    tbsResponseData: { value: data, bytes },
    signatureAlgorithm: signatureAlgorithmIdentifier(signer.algorithm),
    signature: await signer.sign(bytes),
    certificates: [certificate.bytes, ...chain.map((authority) => authority.bytes)],
  })
  return OcspResponse.encode({
    responseStatus: ocspResponseStatuses.successful,
    responseBytes: { responseType: ID_PKIX_OCSP_BASIC, response },
  })
}

/** A response that says no more than that there is none; nobody signs it. RFC 6960 §2.3. */
export function ocspErrorResponse(status: Exclude<keyof typeof ocspResponseStatuses, 'successful'>): Uint8Array {
  return OcspResponse.encode({ responseStatus: ocspResponseStatuses[status] })
}

function singleResponse({ certID, thisUpdate, nextUpdate, ...status }: CertificateStatusResponse): SingleResponse {
  return { certID, certStatus: certStatus(status), thisUpdate, ...(nextUpdate ? { nextUpdate } : {}) }
}

function certStatus(status: CertificateStatus): CertStatus {
  if (status.status !== 'revoked') return { type: status.status, value: null }
  const { at: revocationTime, reason } = status
  return {
    type: 'revoked',
    value: {
      revocationTime,
      ...(reason === undefined ? {} : { revocationReason: revocationReasonCode(reason) }),
    },
  }
}

const keyHashes = new WeakMap<Certificate, Uint8Array>()

/** The KeyHash of a ResponderID, which is SHA-1 whatever else is. RFC 6960 §4.2.1. */
export function keyHashOf(certificate: Certificate): Uint8Array {
  let hash = keyHashes.get(certificate)
  if (!hash) {
    hash = digest('sha1', certificate.publicKey.key)
    keyHashes.set(certificate, hash)
  }
  return hash
}
