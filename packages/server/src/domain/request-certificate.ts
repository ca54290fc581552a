/** Certificates that are asked for, perhaps more than once. */
import type { Applicant } from './applicant.ts'
import { type EnrolledCertificate, type EnrollmentWish, enrollCertificate } from './enroll-certificate.ts'
import { type IdempotentRequest, once } from './idempotency.ts'
import { chainedCertificate } from './manage-device-certificates.ts'
import { Refusal } from './refusal.ts'
import type { World } from './world.ts'

/** Issues a certificate, or answers the one that was issued for the same request before. */
export async function requestCertificate(
  world: World,
  applicant: Applicant,
  wish: EnrollmentWish,
  request: IdempotentRequest | undefined,
): Promise<EnrolledCertificate> {
  return once(world, applicant, request, {
    make: (confirming) => enrollCertificate(world, confirming, wish),
    again: (id) => enrolledBefore(world, applicant.accountId, id),
  })
}

/** What a request was answered. Throws a Refusal where a key was in that answer: it is nowhere else. */
export async function enrolledBefore(world: World, accountId: string, requestId: string): Promise<EnrolledCertificate> {
  const request = await world.store.certificateRequests.find(requestId)
  if (!request || request.accountId !== accountId) throw new Error(`the certificate request ${requestId} is missing`)
  if (request.keyGeneration === 'server')
    throw new Refusal(
      'conflict',
      'private_key_given_before',
      `The certificate ${request.certificateId} was issued for this Idempotency-Key, and its private key was in that answer alone: if you don't have it, revoke the certificate and send a new request under a new Idempotency-Key.`,
    )
  const { certificate, intermediates, root } = await chainedCertificate(world, accountId, request.certificateId)
  return { request, certificate, intermediates, root, privateKey: undefined }
}
