/** Devices that are known by certificates which the platform issued to them, and what others enroll by. */
import { digest } from '@countersign/pki'
import { type Account, isServed } from './account.ts'
import type { PresentedCertificate } from './authenticate.ts'
import { faultOfRightHolder } from './authenticate-right.ts'
import { faultOfIssued } from './authentication-certificate.ts'
import { AuthenticationFault, auditFailure } from './authentication-failure.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { CertificateRequest } from './certificate-request.ts'
import type { Device } from './device.ts'
import type { EnrollmentRightHolder } from './enrollment-right.ts'
import { knownAuthority } from './known-authorities.ts'
import { Refusal } from './refusal.ts'
import type { World } from './world.ts'

/** A certificate of the devices' authority with whose it is. */
export type DeviceCertificateHolder = {
  readonly certificate: IssuedCertificate
  readonly request: CertificateRequest
  readonly account: Account
  /** Undefined where the request for it named none. */
  readonly device: Device | undefined
}

type DeviceWorld = Pick<World, 'now'> & {
  readonly store: Pick<
    World['store'],
    'certificates' | 'certificateRequests' | 'devices' | 'accounts' | 'authorities' | 'auditEvents' | 'enrollmentRights'
  >
}

/** Whether a certificate, DER, is one that the platform issued to a device; it stays so, whatever becomes of it. */
export async function isDeviceCertificate({ store }: DeviceWorld, certificate: Uint8Array): Promise<boolean> {
  return (await store.certificates.findByFingerprint(digest('sha256', certificate)))?.profile === 'device'
}

/**
 * The device behind its own certificate, judged anew on each request, since connections and sessions outlive a revocation.
 * The refusal says the same whatever was wrong; why stands in its cause, for the log, and in the audit.
 */
export async function authenticateDeviceCertificate(
  world: DeviceWorld,
  { certificate: bytes, authorized }: PresentedCertificate,
): Promise<DeviceCertificateHolder> {
  const { certificates, certificateRequests, devices, accounts } = world.store
  const certificate = bytes && (await certificates.findByFingerprint(digest('sha256', bytes)))
  if (certificate?.profile !== 'device') throw await deviceRefusal(world, 'the certificate is none of a device')
  const request = await certificateRequests.findByCertificate(certificate.id)
  const account = request && (await accounts.find(request.accountId))
  if (!request || !account) throw await deviceRefusal(world, 'nobody asked for the certificate', certificate)
  const device = request.deviceId === undefined ? undefined : await devices.find(request.deviceId)
  const holder = { certificate, request, account, device }
  const fault = authorized ? await faultOf(world, holder) : 'TLS found no path from the certificate to its authority'
  if (fault) throw await deviceRefusal(world, fault, certificate)
  return holder
}

async function faultOf(
  world: DeviceWorld,
  { certificate, request, account, device }: DeviceCertificateHolder,
): Promise<string | undefined> {
  const at = world.now()
  const fault = faultOfIssued(certificate, at)
  if (fault) return fault
  const authority = await knownAuthority(world, certificate.authorityId)
  if (authority?.purpose !== 'device') return 'the issuer of the certificate is none for devices'
  if (request.deviceId !== undefined && device?.status !== 'active') return 'the device is not active'
  return isServed(account, at) ? undefined : 'the account is not active'
}

/** What others than users may enroll under by a certificate that counts; empty where there is nothing. */
export async function rightsOfCertificate(
  { store, now }: DeviceWorld,
  certificateId: string,
  address: string | undefined,
  options: { readonly mayBeUsedUp?: boolean } = {},
): Promise<readonly EnrollmentRightHolder[]> {
  const assigned = await store.enrollmentRights.listOfCertificate(certificateId)
  return assigned.filter((holder) => faultOfRightHolder(holder, now(), address, options) === undefined)
}

/** What who shows a certificate hears that opens nothing here. */
export async function deviceRefusal(
  world: DeviceWorld,
  fault: string,
  certificate?: Pick<IssuedCertificate, 'id' | 'accountId'>,
): Promise<Refusal> {
  const { id, accountId } = certificate ?? {}
  const actor =
    id === undefined ? undefined : ({ kind: 'device_certificate', id, ...(accountId && { accountId }) } as const)
  await auditFailure(world, fault, 'certificate', id, actor && { actor })
  return new Refusal('unauthenticated', 'AUTHORIZATION_ERROR', 'No authentication data provided', {
    cause: new AuthenticationFault(fault, 'device_certificate', id),
  })
}
