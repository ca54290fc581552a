/** The time-stamp authority. RFC 3161, RFC 5816. */
import {
  randomSerialNumber,
  signTimeStampToken,
  TimeStampReq,
  timeStampRejection,
  timeStampRequestFailure,
  timeStampResponse,
} from '@countersign/pki'
import { serviceIdentity } from './service-identity.ts'
import type { World } from './world.ts'

/**
 * The policy under which the platform stamps time: SHA-256, SHA-384 or SHA-512 of the data, accurate to a second by
 * the clock of its machine. Under 2.25, where no one needs to be asked for a number.
 */
export const TIME_STAMP_POLICY = '2.25.4706123958110271'

const REASONS = {
  badAlg: 'The hash must be SHA-256, SHA-384 or SHA-512.',
  badRequest: 'The request must be a TimeStampReq of version 1.',
  badDataFormat: 'The hashed message has not the length of its hash.',
  unacceptedPolicy: `The only policy is ${TIME_STAMP_POLICY}.`,
  unacceptedExtension: 'No extension is supported.',
} as const

/** Answers a TimeStampReq with a TimeStampResp: granted, or a rejection that says why. */
export async function timeStamp(world: World, request: Uint8Array): Promise<Uint8Array> {
  let decoded: TimeStampReq
  try {
    decoded = TimeStampReq.decode(request)
  } catch {
    return timeStampRejection('badDataFormat', 'The request is no DER of a TimeStampReq.')
  }
  const failure = timeStampRequestFailure(decoded, TIME_STAMP_POLICY)
  if (failure) return timeStampRejection(failure, REASONS[failure as keyof typeof REASONS])
  const { certificate, signer, chain } = await serviceIdentity(world, 'time-stamping')
  // To the second: fractions are what other readers stumble over, and the accuracy claimed is a second.
  const genTime = new Date(Math.floor(world.now().getTime() / 1000) * 1000)
  if (genTime < certificate.notBefore || genTime > certificate.notAfter)
    return timeStampRejection('timeNotAvailable', "The clock is outside the certificate's validity.")
  const token = await signTimeStampToken(
    {
      request: decoded,
      policy: TIME_STAMP_POLICY,
      serialNumber: randomSerialNumber(),
      genTime,
      accuracy: { seconds: 1 },
      certificate,
      chain,
    },
    signer,
  )
  return timeStampResponse(token)
}
