/** What is asked of an OCSP responder. RFC 6960 §4.1. */
import { type Der, DerError, der } from '@countersign/codec'
import { named } from '../error.ts'
import { Extension } from '../x509/extension.ts'
import { CertID } from './certificate-id.ts'
import { nonceExtension } from './nonce.ts'

/** More than any client asks at once, and few enough to answer. */
const MOST_REQUESTS = 100

/**
 *     Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }
 */
export type SingleRequest = {
  readonly certID: CertID
  readonly extensions?: readonly Extension[]
}
const SingleRequest: Der<SingleRequest> = der.sequence<SingleRequest>({
  certID: CertID,
  extensions: der.optional(der.explicit(0, der.sequenceOf(Extension))),
})

/**
 *     TBSRequest ::= SEQUENCE {
 *       version [0] EXPLICIT Version DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL,
 *       requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }
 */
export type TBSRequest = {
  readonly version: number
  readonly requestorName?: Uint8Array
  readonly requests: readonly SingleRequest[]
  readonly extensions?: readonly Extension[]
}
const TBSRequest: Der<TBSRequest> = der.sequence<TBSRequest>({
  version: der.withDefault(der.explicit(0, der.smallInteger), 0),
  requestorName: der.optional(der.explicit(1, der.any)),
  requests: atMost(MOST_REQUESTS, der.sequenceOf(SingleRequest)),
  extensions: der.optional(der.explicit(2, der.sequenceOf(Extension))),
})

/**
 *     OCSPRequest ::= SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
 *
 * The signature is kept but means nothing here: a responder may answer anybody (RFC 6960 §4.1.2).
 */
export type OcspRequest = {
  readonly tbsRequest: TBSRequest
  readonly signature?: Uint8Array
}
/** The DER codec of OCSPRequest, RFC 6960 §4.1.1. */
export const OcspRequest: Der<OcspRequest> = named(
  'an OCSPRequest',
  der.sequence<OcspRequest>({
    tbsRequest: TBSRequest,
    signature: der.optional(der.explicit(0, der.any)),
  }),
)

/** The DER of a request for the status of certificates. RFC 6960 §4.1. */
export function ocspRequest({
  certIDs,
  nonce,
}: {
  readonly certIDs: readonly CertID[]
  readonly nonce?: Uint8Array
}): Uint8Array {
  return OcspRequest.encode({
    tbsRequest: {
      version: 0,
      requests: certIDs.map((certID) => ({ certID })),
      ...(nonce ? { extensions: [nonceExtension(nonce)] } : {}),
    },
  })
}

function atMost<T>(most: number, type: Der<readonly T[]>): Der<readonly T[]> {
  return {
    ...type,
    fromElement: (element) => {
      // Counted before anything inside is read, so that a flood costs no more than its headers.
      const count = der.elementsOf(element).length
      if (count === 0 || count > most) throw new DerError('value', `${count} requests, where 1 to ${most} may be`)
      return type.fromElement(element)
    },
  }
}
