/** Which certificates of devices may be renewed, and when. */
import type { IssuedCertificate } from './certificate.ts'
import type { CertificateRequest } from './certificate-request.ts'
import type { Device } from './device.ts'
import type { DeviceCertificate } from './device-certificate.ts'
import type { EnrollmentProfile, RenewalRules } from './enrollment-profile.ts'
import type { RegisteredValue } from './enrollment-right.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/** For how long what has ended can be renewed: devices that were switched off over their certificate's end come back. */
export const RENEWAL_GRACE_DAYS = 30

const DAY_MS = 86_400_000

/** From when until when a certificate may be renewed. */
export function renewalWindow(
  { notBefore, notAfter }: Pick<IssuedCertificate, 'notBefore' | 'notAfter'>,
  { windowDays }: RenewalRules,
): { readonly from: Date; readonly until: Date } {
  const opens = windowDays === undefined ? notBefore : new Date(notAfter.getTime() - windowDays * DAY_MS)
  return {
    from: opens < notBefore ? notBefore : opens,
    until: new Date(notAfter.getTime() + RENEWAL_GRACE_DAYS * DAY_MS),
  }
}

/** Throws a Refusal where a certificate is revoked, or on hold, or it is not the time to renew it. */
export function requireRenewable(certificate: IssuedCertificate, renewal: RenewalRules, at: Date): void {
  if (certificate.status !== 'issued')
    throw new Refusal(
      'conflict',
      'certificate_revoked',
      certificate.revocation?.reason === 'certificate_hold'
        ? 'The certificate is on hold: release it before it is renewed.'
        : 'The certificate is revoked, and what is revoked is not renewed: request another one.',
    )
  const { from, until } = renewalWindow(certificate, renewal)
  if (at >= from && at <= until) return
  throw new Refusal(
    'conflict',
    'outside_renewal_window',
    `The certificate ${at < from ? 'can' : 'could'} be renewed from ${from.toISOString()} to ${until.toISOString()}.`,
  )
}

/**
 * Inside the transaction that records a renewal: judges the certificate that is renewed as it is now, and gives the device
 * that it is for, which the new one is for, too.
 */
export async function deviceOfRenewed(
  { now }: Pick<World, 'now'>,
  { certificates, devices, locks }: Pick<Repositories, 'certificates' | 'devices' | 'locks'>,
  { renewal }: EnrollmentProfile,
  { certificate, request }: DeviceCertificate,
): Promise<Device | undefined> {
  // Whoever deletes the device at this moment waits, or has done so. First of all, as where devices enroll: what shares a
  // transaction takes its locks at once, in one order.
  if (request.deviceId !== undefined) await locks.take(`devices:${request.accountId}`)
  // Whoever revokes it at this moment waits, or has done so.
  const current = await certificates.hold(certificate.id)
  if (!current) throw new Error(`the certificate ${certificate.id} is missing`)
  requireRenewable(current, renewal, now())
  if (request.deviceId === undefined) return undefined
  const device = await devices.find(request.deviceId)
  if (device?.status === 'active') return device
  throw new Refusal('conflict', 'device_not_active', 'The device of the certificate is not active.')
}

/**
 * What is registered for the passcode, or the certificate, by which a device first asked, where it has renewed by its own
 * certificates since: who is held to names does not get others by renewing.
 */
export async function registeredForDevice(
  { certificateRequests, enrollmentRights }: Pick<Repositories, 'certificateRequests' | 'enrollmentRights'>,
  request: CertificateRequest,
): Promise<readonly RegisteredValue[]> {
  let first = request
  while (first.actor.kind === 'device_certificate' && first.renewedCertificateId !== undefined) {
    const before = await certificateRequests.findByCertificate(first.renewedCertificateId)
    if (!before) throw new Error(`nobody asked for the certificate ${first.renewedCertificateId}`)
    first = before
  }
  return (await enrollmentRights.find(first.actor.id))?.registeredValues ?? []
}
