/** Which device a certificate is for: one that is known, or one that is made with what the request says of it. */
import type { Applicant } from './applicant.ts'
import type { GivenAttribute } from './certificate-names.ts'
import { DEVICE_IDENTIFIER, type Device, newDevice } from './device.ts'
import { deviceFields, deviceIdentifier, type FieldValues } from './device-field.ts'
import type { DeviceProfile } from './device-profile.ts'
import type { EnrollmentProfile } from './enrollment-profile.ts'
import { type Actor, auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/** What a request says of its device, once that has been judged. */
export type WishedDevice = {
  readonly identifier: string
  readonly values: FieldValues
  /** The one of that identifier, where there is one. */
  readonly known: Device | undefined
}

/** Under what, and with which words, a certificate is asked for. */
export type DeviceWish = {
  readonly enrollment: EnrollmentProfile
  readonly profile: DeviceProfile | undefined
  readonly attributes: readonly GivenAttribute[]
  readonly at: Date
}

/**
 * Judges what a request says of its device, under the device profile of its enrollment profile or under none. Nothing is
 * made. Undefined where it names no device. Throws a Refusal where the device is not active, or belongs elsewhere.
 */
export async function judgeDevice(
  { devices }: Pick<Repositories, 'devices'>,
  applicant: Pick<Applicant, 'actor' | 'isHeldToOwn'>,
  { enrollment, profile, attributes, at }: DeviceWish,
): Promise<WishedDevice | undefined> {
  const [text = ''] = attributes.flatMap(({ id, value }) => (id === DEVICE_IDENTIFIER ? value : []))
  const known =
    text.trim() === ''
      ? undefined
      : await devices.findByIdentifier(
          enrollment.accountId,
          deviceIdentifier(`device_attributes: ${DEVICE_IDENTIFIER}`, profile, text),
        )
  if (known) requireFitting(known, enrollment)
  if (known && applicant.isHeldToOwn && (await devices.hasCertificateOfOthers(known.id, applicant.actor, at)))
    throw new Refusal(
      'conflict',
      'device_has_certificate',
      'device_attributes: the device has a certificate, and it was asked for by somebody else: it renews that with it, or a user of the account revokes it first.',
    )
  // What another profile had fields for is nothing to this one.
  const isOfProfile = !profile || known?.deviceProfileId === profile.id
  const fields = deviceFields(profile, attributes, isOfProfile ? known?.values : {})
  return fields && { ...fields, known }
}

function requireFitting(
  { divisionId, deviceProfileId, status }: Device,
  enrollment: Pick<EnrollmentProfile, 'divisionId' | 'deviceProfileId'>,
): void {
  if (divisionId !== enrollment.divisionId)
    throw new Refusal(
      'conflict',
      'device_of_another_division',
      'device_attributes: the device belongs to another division than the enrollment profile.',
    )
  if (
    enrollment.deviceProfileId !== undefined &&
    deviceProfileId !== undefined &&
    deviceProfileId !== enrollment.deviceProfileId
  )
    throw new Refusal(
      'conflict',
      'device_of_another_profile',
      'device_attributes: the device has another device profile than the enrollment profile.',
    )
  if (status !== 'active')
    throw new Refusal('conflict', 'device_not_active', 'device_attributes: the device is not active: enable it first.')
}

/** Inside the transaction that records a certificate: the device that it is for, made or changed as the request says. */
export async function enrolledDevice(
  world: Pick<World, 'now'>,
  repositories: Repositories,
  applicant: Pick<Applicant, 'actor' | 'isHeldToOwn'>,
  { enrollment, attributes }: Pick<DeviceWish, 'enrollment' | 'attributes'>,
): Promise<Device | undefined> {
  if (attributes.length === 0) return undefined
  const { actor } = applicant
  const { accountId, divisionId, deviceProfileId } = enrollment
  await repositories.locks.take(`devices:${accountId}`)
  const profile = deviceProfileId === undefined ? undefined : await repositories.deviceProfiles.find(deviceProfileId)
  const wished = await judgeDevice(repositories, applicant, { enrollment, profile, attributes, at: world.now() })
  if (!wished) return undefined
  const { identifier, values, known } = wished
  if (applicant.isHeldToOwn) requireApart(repositories, `certificate of ${accountId} ${identifier}`, actor.id)
  if (!known) {
    const made = newDevice(world.now(), { accountId, divisionId, identifier, deviceProfileId, values })
    await repositories.devices.add(made)
    await record(world, repositories, actor, 'device.create', made)
    return made
  }
  const isSame =
    (deviceProfileId === undefined || known.deviceProfileId === deviceProfileId) &&
    JSON.stringify(Object.entries(known.values).sort()) === JSON.stringify(Object.entries(values).sort())
  if (isSame) return known
  const changed = {
    ...known,
    deviceProfileId: deviceProfileId ?? known.deviceProfileId,
    values,
    updatedAt: world.now(),
  }
  requireApart(repositories, `values of ${accountId} ${identifier}`, Symbol())
  await repositories.devices.update(changed)
  await record(world, repositories, actor, 'device.update', changed)
  return changed
}

/** By what all works in a transaction have in common. */
const inHand = new WeakMap<Repositories['devices'], Map<string, unknown>>()

/**
 * Throws where another in the same transaction is about something, who has read it before this one writes: the lock is that
 * of the transaction. Each is then recorded in one of its own.
 */
function requireApart({ devices }: Pick<Repositories, 'devices'>, what: string, by: unknown): void {
  const known = inHand.get(devices) ?? new Map<string, unknown>()
  inHand.set(devices, known)
  if (known.has(what) && known.get(what) !== by) throw new Error('another in this transaction is for the same device')
  known.set(what, by)
}

async function record(
  { now }: Pick<World, 'now'>,
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  actor: Actor,
  action: string,
  { id, identifier, divisionId, deviceProfileId, values }: Device,
): Promise<void> {
  await auditEvents.append(
    auditEvent(now(), actor, {
      action,
      resourceType: 'device',
      resourceId: id,
      details: { identifier, divisionId, deviceProfileId: deviceProfileId ?? null, values },
    }),
  )
}
