/** Asking for the time stamp of a signature. RFC 3161, C2PA 2.2 §10.3.2.5. */
import {
  digest,
  type HashAlgorithm,
  PkiError,
  TimeStampReq,
  timeStampRequest,
  timeStampTokenOf,
} from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'

/** An authority: takes a TimeStampReq, gives a TimeStampResp, both DER. */
export type TimeStampAuthority = (request: Uint8Array) => Promise<Uint8Array>

export type TimeStamp = {
  readonly authority: TimeStampAuthority
  readonly algorithm: HashAlgorithm
  readonly randomBytes: (length: number) => Uint8Array
}

/** The token over `payload`, a ContentInfo; throws C2paError `time_stamp` for a refusal or an answer to another question. */
export async function requestTimeStamp(timeStamp: TimeStamp, payload: Uint8Array): Promise<Uint8Array> {
  const { authority, algorithm, randomBytes } = timeStamp
  // A first digit that is not zero, so that the nonce is 64 bits long and positive.
  const nonce = randomBytes(8).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) | (1n << 63n)
  const request = timeStampRequest({ hash: digest(algorithm, payload), algorithm, nonce, certReq: true })
  const response = await authority(request)
  try {
    return timeStampTokenOf(response, TimeStampReq.decode(request))
  } catch (error) {
    if (!(error instanceof PkiError)) throw error
    throw new C2paError('time_stamp', `The time-stamp authority's answer is of no use: ${error.message}.`, {
      cause: error,
    })
  }
}
