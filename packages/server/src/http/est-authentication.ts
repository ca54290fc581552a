import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { type Applicant, userApplicant } from '../domain/applicant.ts'
import { authenticateCertificate, type Principal, requirePermission } from '../domain/authenticate.ts'
import { authenticatePasscode, rightApplicant } from '../domain/authenticate-right.ts'
import { findEstProfiles } from '../domain/enroll-over-est.ts'
import type { EnrollmentRightHolder } from '../domain/enrollment-right.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { doorOf, presentedCertificate } from './authentication.ts'
import type { RequestLimits } from './request-limits.ts'

/**
 * Who asks for a certificate by EST: by a passcode at either host, else by the certificate of its TLS connection. RFC 7030
 * §3.2.3 and §3.3.2.
 */
export async function estApplicant(world: World, request: FastifyRequest, limits: RequestLimits): Promise<Applicant> {
  const way = { method: 'EST', address: request.ip } as const
  const passcode = passcodeOf(request.headers)
  const presented = presentedCertificate(request.raw.socket)
  let applicant: Applicant | undefined
  const authenticate = async (): Promise<Principal | undefined> => {
    if (passcode !== undefined) {
      applicant = rightApplicant(world, await holderOf(world, passcode, request), way)
      return undefined
    }
    if (doorOf(request) !== 'clientauth' || !presented.certificate) return undefined
    const principal = await authenticateCertificate(world, presented)
    requirePermission(principal, 'MANAGE_IOT_CERTIFICATE')
    applicant = userApplicant(principal, way)
    return principal
  }
  await limits.admit(request, authenticate)
  if (applicant) return applicant
  // No failure that is counted: clients send a password when they were asked for it, and not before.
  throw new Refusal(
    'unauthenticated',
    'no_credential',
    'Send a passcode of the enrollment profile, as the password of HTTP Basic or as x-passcode, or a certificate, on the mutual-TLS host.',
  )
}

/** Where somebody approves what is requested, a passcode that is used up still counts for who comes for the certificate. */
async function holderOf(world: World, passcode: string, request: FastifyRequest): Promise<EnrollmentRightHolder> {
  const { profile } = request.params as { readonly profile: string }
  const { enrollment } = await findEstProfiles(world.store, profile)
  return authenticatePasscode(world, passcode, request.ip, { mayBeUsedUp: enrollment.approval === 'manual' })
}

/** What was sent as a passcode, in whichever header; undefined where nothing was. */
function passcodeOf({ authorization, 'x-passcode': header }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return header === undefined ? undefined : String(header)
  if (header !== undefined)
    throw new Refusal('invalid', 'invalid_request', 'Send the passcode once: by HTTP Basic, or as x-passcode.')
  return basicPassword(authorization) ?? ''
}

/** The password of HTTP Basic, whatever its user is called. RFC 7617 §2. */
function basicPassword(authorization: string): string | undefined {
  const [, base64] = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? []
  if (base64 === undefined) return undefined
  const [, password] = /^[^:]*:([\s\S]*)$/.exec(Buffer.from(base64, 'base64').toString()) ?? []
  return password
}
