/** What an account begins with in order to give certificates to devices: a division, and profiles that allow much and demand little. */
import { oids } from '@countersign/pki'
import type { Account } from './account.ts'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import { DEVICE_KEY_TYPES } from './device-key-type.ts'
import type { Division } from './division.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from './enrollment-profile.ts'
import { ALTERNATIVE_FIELD_IDS, type ProfileField, SUBJECT_FIELD_IDS } from './profile-field.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** A common name is all that a request has to give. */
const FIELDS: readonly ProfileField[] = [...SUBJECT_FIELD_IDS, ...ALTERNATIVE_FIELD_IDS].map((id) => ({
  id,
  rule: id === 'subject.common_name' ? 'required' : 'optional',
  values: [],
  pattern: undefined,
  most: id.startsWith('san.') || id === 'subject.organization_unit' ? 10 : 1,
  isFromCsr: true,
}))

const NAME = 'Devices'
const DAYS = 365

/** Makes them; the caller gives a transaction. */
export async function establishDeviceTrust(world: World, { id: accountId }: Account): Promise<EnrollmentProfile> {
  const { divisions, deviceCertificateProfiles, enrollmentProfiles } = world.store
  const createdAt = world.now()
  const common = { accountId, name: NAME, createdAt }
  const division: Division = {
    ...common,
    id: uuidV7(createdAt),
    description: 'Made by the first start',
    status: 'active',
    updatedAt: createdAt,
  }
  const certificateProfile: DeviceCertificateProfile = {
    ...common,
    id: uuidV7(createdAt),
    fields: FIELDS,
    keyTypes: DEVICE_KEY_TYPES,
    days: DAYS,
    keyUsages: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
    extendedKeyUsages: [oids.clientAuth],
    signatureHash: 'SHA-256',
    updatedAt: createdAt,
  }
  const enrollmentProfile: EnrollmentProfile = {
    ...common,
    id: newEnrollmentProfileId(createdAt),
    divisionId: division.id,
    certificateProfileId: certificateProfile.id,
    deviceProfileId: undefined,
    status: 'active',
    enrollmentMethods: ['API', 'EST'],
    keyGenerationOption: 'client_or_server_side',
    keyType: { choice: 'selectable', type: 'p_256' },
    approval: 'automatic',
    renewal: { windowDays: undefined, allowsKeyReuse: false, allowsNameChange: false },
    limits: { startsAt: undefined, endsAt: undefined, usageLimit: undefined, networks: [] },
    numberOfUsage: undefined,
    updatedAt: createdAt,
  }
  await divisions.add(division)
  await deviceCertificateProfiles.add(certificateProfile)
  await enrollmentProfiles.add(enrollmentProfile)
  for (const [resourceType, { id }] of Object.entries({
    division,
    certificate_profile: certificateProfile,
    enrollment_profile: enrollmentProfile,
  }))
    await world.store.auditEvents.append(
      auditEvent(createdAt, PLATFORM, {
        action: `${resourceType}.create`,
        resourceType,
        resourceId: id,
        accountId,
        details: { name: NAME },
      }),
    )
  return enrollmentProfile
}
