/** What a device may do by its own certificate: look at itself, tell of itself, and renew that certificate. */
import type { Applicant } from './applicant.ts'
import type { Principal } from './authenticate.ts'
import type { DeviceCertificateHolder } from './authenticate-device.ts'
import { faultOfIssued } from './authentication-certificate.ts'
import type { GivenAttribute } from './certificate-names.ts'
import { apiAccessOf, type Device, type DeviceApiAccess } from './device.ts'
import { fieldValues } from './device-field.ts'
import type { DeviceProfile } from './device-profile.ts'
import { type DescribedDevice, describedDevice } from './manage-devices.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

type OwnWorld = Pick<World, 'now' | 'store'>

/** The device itself, where it may look; another is as one that is not there. */
export async function findOwnDevice(
  { store }: OwnWorld,
  holder: DeviceCertificateHolder,
  id: string,
): Promise<DescribedDevice> {
  const described = await describedDevice(store, ownDevice(holder, id))
  requireAccess(described, 'read')
  return described
}

/** Changes what is known of the device, all of it, where it may tell of itself. */
export async function changeOwnDevice(
  { store, now }: OwnWorld,
  holder: DeviceCertificateHolder,
  id: string,
  fields: readonly GivenAttribute[],
): Promise<DescribedDevice> {
  const { accountId } = ownDevice(holder, id)
  return store.transaction(async (repositories) => {
    await repositories.locks.take(`devices:${accountId}`)
    const before = await currentDevice(repositories, holder, now())
    if (!before) throw notFound()
    requireAccess(before, 'write')
    const values = fieldValues('fields', before.profile ?? { fields: [] }, fields)
    const device: Device = { ...before.device, values, updatedAt: now() }
    await repositories.devices.update(device)
    await repositories.auditEvents.append(
      auditEvent(now(), actorOf(holder), {
        action: 'device.update',
        resourceType: 'device',
        resourceId: device.id,
        details: { identifier: device.identifier, values },
      }),
    )
    return { ...before, device }
  })
}

/**
 * A device that renews the certificate by which it is known: its own, and no other. By its device API it may where it says
 * so, or its profile; else unless one of them says that it may not.
 */
export async function ownRenewal(
  { store, now }: OwnWorld,
  holder: DeviceCertificateHolder,
  { method, address, isByDeviceApi }: Pick<Applicant, 'method' | 'address'> & { readonly isByDeviceApi: boolean },
): Promise<Applicant> {
  const requireRight = async (repositories: Repositories): Promise<void> => {
    const described = await currentDevice(repositories, holder, now())
    if (isByDeviceApi && !described) throw notFound()
    if (described && (isByDeviceApi || accessSaid(described).renewCertificate !== undefined))
      requireAccess(described, 'renewCertificate')
  }
  await requireRight(store)
  return {
    accountId: holder.account.id,
    actor: actorOf(holder),
    method,
    address,
    heldTo: { enrollmentProfileId: holder.request.enrollmentProfileId, registeredValues: [] },
    confirm: requireRight,
  }
}

/** Throws a Refusal, as of a certificate that is not there, unless an id or a serial number is that of the certificate itself. */
export function requireOwnCertificate({ certificate }: DeviceCertificateHolder, idOrSerialNumber: string): void {
  const serialNumber = idOrSerialNumber.replaceAll(':', '').toLowerCase().replace(/^0+/, '')
  if (idOrSerialNumber === certificate.id || serialNumber === certificate.serialNumber) return
  throw new Refusal('not_found', 'entity_not_found', 'There is no such certificate.')
}

/** Throws a Refusal, as of a device that is not there, unless the id is that of the device itself. */
export function requireOwnDevice(holder: DeviceCertificateHolder, id: string): void {
  ownDevice(holder, id)
}

/** The newest certificate that counts of a device of the principal's account. */
export async function newestCertificate({ store, now }: OwnWorld, { account }: Principal, id: string): Promise<string> {
  const device = await store.devices.find(id)
  if (device?.accountId !== account.id) throw notFound()
  const query = { accountId: account.id, at: now(), deviceIdentifier: device.identifier, offset: 0, limit: 1 }
  const [newest] = (await store.deviceCertificates.list({ ...query, status: 'ISSUED' })).records
  if (newest) return newest.certificate.id
  throw new Refusal('conflict', 'device_without_certificate', 'The device has no certificate that counts: request one.')
}

function ownDevice({ device }: DeviceCertificateHolder, id: string): Device {
  if (device?.id === id) return device
  throw notFound()
}

const notFound = (): Refusal => new Refusal('not_found', 'entity_not_found', 'There is no such device.')

const actorOf = ({ certificate, account }: DeviceCertificateHolder): Applicant['actor'] => ({
  kind: 'device_certificate',
  id: certificate.id,
  accountId: account.id,
})

/** The device as it is now; undefined where the certificate is for none. Throws a Refusal where either counts no more. */
async function currentDevice(
  repositories: Repositories,
  { certificate, request }: DeviceCertificateHolder,
  at: Date,
): Promise<DescribedDevice | undefined> {
  const current = await repositories.certificates.find(certificate.id)
  const fault = current ? faultOfIssued(current, at) : 'the certificate is missing'
  const device = request.deviceId === undefined ? undefined : await repositories.devices.find(request.deviceId)
  if (fault !== undefined || (request.deviceId !== undefined && device?.status !== 'active'))
    throw new Refusal('unauthenticated', 'AUTHORIZATION_ERROR', 'No authentication data provided', {
      cause: new Error(fault ?? 'the device is not active'),
    })
  return device && describedDevice(repositories, device)
}

type Described = { readonly device: Device; readonly profile: DeviceProfile | undefined }

const accessSaid = ({ device, profile }: Described): Partial<DeviceApiAccess> => ({
  ...profile?.apiAccess,
  ...device.apiAccess,
})

const FLAGS: Readonly<Record<keyof DeviceApiAccess, string>> = {
  read: 'device_api_allow_read',
  write: 'device_api_allow_write',
  renewCertificate: 'device_api_allow_renew_certificate',
}

function requireAccess({ device, profile }: Described, wanted: keyof DeviceApiAccess): void {
  if (apiAccessOf(device, profile)[wanted]) return
  throw new Refusal('forbidden', 'access_denied', `The device may not: ${FLAGS[wanted]} is false.`)
}
