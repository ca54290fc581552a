/** A time stamp over a hash, by the platform's authority or the one that it was told of: signatures/timestamp. CSC §11.10. */
import { PkiError, TimeStampReq, timeStampRequest, timeStampTokenOf } from '@countersign/pki'
import { invalid, refused } from './csc-refusal.ts'
import { hashOf } from './csc-signature-algorithm.ts'
import { Refusal } from './refusal.ts'
import { DIGEST_BYTES } from './signature-parameters.ts'

/** What is to be stamped, as the client says it. */
export type StampHashRequest = {
  readonly hash: Uint8Array
  readonly hashAlgo: string
  readonly nonce: string | undefined
}

/** How a nonce is written: version 1 of the API asks for a number, and what is none is read as version 2 has it, in hexadecimal. */
export type NonceDigits = 'decimal' | 'hexadecimal'

/** The TimeStampToken, DER. */
export async function stampHash(
  requestTimeStamp: (request: Uint8Array) => Promise<Uint8Array>,
  { hash, hashAlgo, nonce }: StampHashRequest,
  nonceDigits: NonceDigits,
): Promise<Uint8Array> {
  const algorithm = hashOf(hashAlgo, 'hashAlgo')
  if (hash.length !== DIGEST_BYTES[algorithm]) throw refused('Invalid digest value length')
  const number = nonce === undefined ? undefined : nonceOf(nonce, nonceDigits)
  const request = timeStampRequest({ hash, algorithm, ...(number !== undefined && { nonce: number }) })
  const response = await requestTimeStamp(request)
  try {
    return timeStampTokenOf(response, TimeStampReq.decode(request))
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause
    throw new Refusal('upstream', 'upstream_service_error', 'The time-stamp authority failed.', { cause })
  }
}

function nonceOf(text: string, digits: NonceDigits): bigint {
  if (digits === 'decimal' && /^[0-9]{1,78}$/.test(text)) return BigInt(text)
  if (/^[0-9a-f]{1,64}$/i.test(text)) return BigInt(`0x${text}`)
  throw invalid('nonce')
}
