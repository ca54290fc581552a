/** What an OCSP responder answers. RFC 6960 §4.2. */
import { type Der, der } from '@countersign/codec'
import { AlgorithmIdentifier } from '../crypto/algorithm-identifier.ts'
import { named } from '../error.ts'
import { Extension } from '../x509/extension.ts'
import { Name } from '../x509/name.ts'
import { CertID } from './certificate-id.ts'

/** OCSPResponseStatus, RFC 6960 §4.2.1. */
export const ocspResponseStatuses = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const

/** The one type of response there is. RFC 6960 §4.2.1. */
export const ID_PKIX_OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1'

/**
 *     ResponseBytes ::= SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING }
 */
export type ResponseBytes = {
  readonly responseType: string
  readonly response: Uint8Array
}
const ResponseBytes: Der<ResponseBytes> = der.sequence<ResponseBytes>({
  responseType: der.oid,
  response: der.octetString,
})

/**
 *     OCSPResponse ::= SEQUENCE { responseStatus OCSPResponseStatus, responseBytes [0] EXPLICIT ResponseBytes OPTIONAL }
 */
export type OcspResponse = {
  readonly responseStatus: number
  readonly responseBytes?: ResponseBytes
}
/** The DER codec of OCSPResponse, RFC 6960 §4.2.1. */
export const OcspResponse: Der<OcspResponse> = named(
  'an OCSPResponse',
  der.sequence<OcspResponse>({
    responseStatus: der.enumerated,
    responseBytes: der.optional(der.explicit(0, ResponseBytes)),
  }),
)

/**
 *     ResponderID ::= CHOICE { byName [1] EXPLICIT Name, byKey [2] EXPLICIT KeyHash }
 *
 * KeyHash is the SHA-1 of the responder's public key.
 */
export type ResponderID = der.Choice<{ byName: Name; byKey: Uint8Array }>
const ResponderID: Der<ResponderID> = der.choice({
  byName: der.explicit(1, Name),
  byKey: der.explicit(2, der.octetString),
})

/**
 *     RevokedInfo ::= SEQUENCE { revocationTime GeneralizedTime, revocationReason [0] EXPLICIT CRLReason OPTIONAL }
 */
export type RevokedInfo = {
  readonly revocationTime: Date
  readonly revocationReason?: number
}
const RevokedInfo: Der<RevokedInfo> = der.sequence<RevokedInfo>({
  revocationTime: der.generalizedTime,
  revocationReason: der.optional(der.explicit(0, der.enumerated)),
})

/**
 *     CertStatus ::= CHOICE { good [0] IMPLICIT NULL, revoked [1] IMPLICIT RevokedInfo, unknown [2] IMPLICIT NULL }
 */
export type CertStatus = der.Choice<{ good: null; revoked: RevokedInfo; unknown: null }>
const CertStatus: Der<CertStatus> = der.choice({
  good: der.implicit(0, der.nullValue),
  revoked: der.implicit(1, RevokedInfo),
  unknown: der.implicit(2, der.nullValue),
})

/**
 *     SingleResponse ::= SEQUENCE {
 *       certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime,
 *       nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, singleExtensions [1] EXPLICIT Extensions OPTIONAL }
 */
export type SingleResponse = {
  readonly certID: CertID
  readonly certStatus: CertStatus
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
  readonly extensions?: readonly Extension[]
}
const SingleResponse: Der<SingleResponse> = der.sequence<SingleResponse>({
  certID: CertID,
  certStatus: CertStatus,
  thisUpdate: der.generalizedTime,
  nextUpdate: der.optional(der.explicit(0, der.generalizedTime)),
  extensions: der.optional(der.explicit(1, der.sequenceOf(Extension))),
})

/**
 *     ResponseData ::= SEQUENCE {
 *       version [0] EXPLICIT Version DEFAULT v1, responderID ResponderID, producedAt GeneralizedTime,
 *       responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions OPTIONAL }
 */
export type ResponseData = {
  readonly version: number
  readonly responderID: ResponderID
  readonly producedAt: Date
  readonly responses: readonly SingleResponse[]
  readonly extensions?: readonly Extension[]
}
/** The DER codec of ResponseData, RFC 6960 §4.2.1. */
export const ResponseData: Der<ResponseData> = der.sequence<ResponseData>({
  version: der.withDefault(der.explicit(0, der.smallInteger), 0),
  responderID: ResponderID,
  producedAt: der.generalizedTime,
  responses: der.sequenceOf(SingleResponse),
  extensions: der.optional(der.explicit(1, der.sequenceOf(Extension))),
})

/**
 *     BasicOCSPResponse ::= SEQUENCE {
 *       tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING,
 *       certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
 *
 * The response data keep the bytes that were signed; the certificates stay bytes until one is wanted.
 */
export type BasicOcspResponse = {
  readonly tbsResponseData: der.Captured<ResponseData>
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly certificates?: readonly Uint8Array[]
}
/** The DER codec of BasicOCSPResponse, RFC 6960 §4.2.1. */
export const BasicOcspResponse: Der<BasicOcspResponse> = named(
  'a BasicOCSPResponse',
  der.sequence<BasicOcspResponse>({
    tbsResponseData: der.captured(ResponseData),
    signatureAlgorithm: AlgorithmIdentifier,
    signature: der.bitStringBytes,
    certificates: der.optional(der.explicit(0, der.sequenceOf(der.any))),
  }),
)
