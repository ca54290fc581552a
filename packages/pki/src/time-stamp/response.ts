/** What a time-stamping authority answers. RFC 3161 §2.4.2. */
import { type Der, der } from '@countersign/codec'
import { named } from '../error.ts'

/** Why a request is refused: the numbers of the bits. RFC 3161 §2.4.2. */
export const failures = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const

/** PKIFailureInfo by its names, RFC 3161 §2.4.2. */
export type Failure = keyof typeof failures

/**
 *     PKIStatusInfo ::= SEQUENCE {
 *       status PKIStatus, statusString PKIFreeText OPTIONAL, failInfo PKIFailureInfo OPTIONAL }
 *
 * RFC 3161 §2.4.2.
 */
export type PKIStatusInfo = {
  /** 0 granted, 1 granted with modifications, 2 rejection, 3 waiting, 4 and 5 revocation warning and notification. */
  readonly status: number
  readonly statusString?: readonly string[]
  readonly failInfo?: ReadonlySet<number>
}
const PKIStatusInfo: Der<PKIStatusInfo> = der.sequence<PKIStatusInfo>({
  status: der.smallInteger,
  statusString: der.optional(der.sequenceOf(der.utf8String)),
  failInfo: der.optional(der.namedBits),
})

/**
 *     TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken TimeStampToken OPTIONAL }
 *
 * RFC 3161 §2.4.2. The token stays bytes: it is handed on, stored and verified as it came.
 */
export type TimeStampResp = {
  readonly status: PKIStatusInfo
  readonly timeStampToken?: Uint8Array
}
/** The DER codec of TimeStampResp, RFC 3161 §2.4.2. */
export const TimeStampResp: Der<TimeStampResp> = named(
  'a TimeStampResp',
  der.sequence<TimeStampResp>({
    status: PKIStatusInfo,
    timeStampToken: der.optional(der.any),
  }),
)

/** The answer that carries a token, a ContentInfo. RFC 3161 §2.4.2. */
export function timeStampResponse(token: Uint8Array): Uint8Array {
  return TimeStampResp.encode({ status: { status: 0 }, timeStampToken: token })
}

/** The answer that refuses, with the reason for programs and a sentence for people. RFC 3161 §2.4.2. */
export function timeStampRejection(failure: Failure, sentence?: string): Uint8Array {
  return TimeStampResp.encode({
    status: {
      status: 2,
      ...(sentence === undefined ? {} : { statusString: [sentence] }),
      failInfo: new Set([failures[failure]]),
    },
  })
}
