import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { type Applicant, userApplicant } from '../domain/applicant.ts'
import { requirePermission } from '../domain/authenticate.ts'
import { authenticateDeviceCertificate, type DeviceCertificateHolder } from '../domain/authenticate-device.ts'
import { authenticatePasscode, rightApplicant } from '../domain/authenticate-right.ts'
import { findEstProfiles, noSuchProfile } from '../domain/enroll-over-est.ts'
import type { EnrollmentRightHolder } from '../domain/enrollment-right.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { authenticate, type Caller, doorOf, presentedCertificate } from './authentication.ts'
import type { RequestLimits } from './request-limits.ts'

const PERMISSION = 'MANAGE_IOT_CERTIFICATE'

/**
 * Who asks for a certificate by EST: by a passcode at either host, else by the certificate of its TLS connection, which is a
 * user's or one that the profile takes for it. RFC 7030 §3.2.3 and §3.3.2.
 */
export async function estApplicant(world: World, request: FastifyRequest, limits: RequestLimits): Promise<Applicant> {
  const caller = await limits.admit(request, () => callerOf(world, request))
  // No failure that is counted: clients send a password when they were asked for it, and not before.
  if (!caller) throw unknown()
  const way = { method: 'EST', address: request.ip } as const
  if ('principal' in caller) {
    requirePermission(caller.principal, PERMISSION)
    return userApplicant(caller.principal, way)
  }
  const rights = 'rights' in caller ? caller.rights : []
  const holder = rights.find(({ right }) => right.enrollmentProfileId === profileOf(request))
  if (!holder) throw noSuchProfile()
  return rightApplicant(world, holder, way)
}

/** Whose certificate is to be renewed: that of the connection. RFC 7030 §4.2.2. */
export async function estRenewer(
  world: World,
  request: FastifyRequest,
  limits: RequestLimits,
): Promise<DeviceCertificateHolder> {
  const presented = presentedCertificate(request.raw.socket)
  if (doorOf(request) !== 'clientauth' || !presented.certificate)
    throw new Refusal(
      'forbidden',
      'no_certificate',
      'Come with the certificate that is to be renewed, to the mutual-TLS host.',
    )
  const { device } = await limits.admit(request, async () => ({
    device: await authenticateDeviceCertificate(world, presented),
  }))
  return device
}

/** Undefined where nothing was shown. */
async function callerOf(world: World, request: FastifyRequest): Promise<Caller | undefined> {
  const passcode = passcodeOf(request.headers)
  if (passcode !== undefined) return { rights: [await holderOf(world, passcode, request)] }
  if (doorOf(request) !== 'clientauth' || !presentedCertificate(request.raw.socket).certificate) return undefined
  const wanted = { authentication: 'door', permission: PERMISSION, alsoFor: ['authentication_certificate'] } as const
  try {
    return await authenticate(world, request, wanted, '')
  } catch (error) {
    // Its maker's certificate may be all that a device has; with it goes a password, once it was asked for.
    if (error instanceof Refusal && error.reason === 'unauthenticated') throw unknown(error.cause)
    throw error
  }
}

function unknown(cause?: unknown): Refusal {
  return new Refusal(
    'unauthenticated',
    'no_credential',
    'Send a passcode of the enrollment profile, as the password of HTTP Basic or as x-passcode, or come with a certificate that counts to the mutual-TLS host.',
    { cause },
  )
}

const profileOf = (request: FastifyRequest): string => (request.params as { readonly profile: string }).profile

/** Where somebody approves what is requested, a passcode that is used up still counts for who comes for the certificate. */
async function holderOf(world: World, passcode: string, request: FastifyRequest): Promise<EnrollmentRightHolder> {
  const { enrollment } = await findEstProfiles(world.store, profileOf(request))
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
