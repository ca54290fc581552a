/** Time-stamp tokens, and how they are told from their answers. RFC 3161 §2.4.2. */
import { DerError, equalBytes } from '@countersign/codec'
import { contentTypes } from '../cms/content-info.ts'
import { decodeSignedData, type SignedData } from '../cms/signed-data.ts'
import { PkiError } from '../error.ts'
import type { TimeStampReq } from './request.ts'
import { type Failure, failures, type PKIStatusInfo, TimeStampResp } from './response.ts'
import { TSTInfo } from './token-info.ts'

/** A token that was taken apart, none of it verified. RFC 3161 §2.4.2. */
export type TimeStampToken = {
  readonly signedData: SignedData
  /** The DER of `info`: the content that is signed. */
  readonly content: Uint8Array
  readonly info: TSTInfo
}

/** Longer than any token with its certificates and revocation lists has reason to be. */
const LONGEST = 1024 * 1024

/** Takes a token apart, a ContentInfo. Throws PkiError. RFC 3161 §2.4.2. */
export function decodeTimeStampToken(token: Uint8Array): TimeStampToken {
  try {
    if (token.length > LONGEST) throw new DerError('length', `${token.length} bytes`)
    const signedData = decodeSignedData(token)
    const { contentType, content } = signedData.encapsulatedContent
    if (contentType !== contentTypes.timeStampInfo || !content)
      throw new DerError('value', `signed content of type ${contentType}`)
    return { signedData, content, info: TSTInfo.decode(content) }
  } catch (error) {
    throw new PkiError('malformed', `not a time-stamp token: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * The token of an answer, if it answers that request: granted, with its imprint, its nonce and its policy. Throws
 * PkiError otherwise. Whose token it is remains to be verified. RFC 3161 §2.2.
 */
export function timeStampTokenOf(response: Uint8Array, request: TimeStampReq): Uint8Array {
  const { status, timeStampToken } = TimeStampResp.decode(response)
  if (status.status > 1 || !timeStampToken)
    throw new PkiError('unsupported', `the authority granted no time stamp: ${statusText(status)}`)
  const { info } = decodeTimeStampToken(timeStampToken)
  const { messageImprint, nonce, reqPolicy } = request
  if (
    info.messageImprint.hashAlgorithm.algorithm !== messageImprint.hashAlgorithm.algorithm ||
    !equalBytes(info.messageImprint.hashedMessage, messageImprint.hashedMessage)
  )
    throw new PkiError('malformed', 'the time stamp is of something else than was asked for')
  if (info.nonce !== nonce) throw new PkiError('malformed', 'the time stamp has not the nonce of its request')
  if (reqPolicy !== undefined && info.policy !== reqPolicy)
    throw new PkiError('malformed', `the time stamp is under the policy ${info.policy}, not ${reqPolicy}`)
  return timeStampToken
}

function statusText({ status, statusString = [], failInfo }: PKIStatusInfo): string {
  const names = Object.keys(failures).filter((failure) => failInfo?.has(failures[failure as Failure]))
  return [`status ${status}`, ...names, ...statusString].join(', ').slice(0, 200)
}
