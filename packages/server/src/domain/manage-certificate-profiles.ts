/** Certificate profiles: made, looked at, changed, and deleted while no enrollment profile has them. */
import { Certificate } from '@countersign/pki'
import {
  type ChangingWorld,
  changeInAccount,
  ownedBy,
  recordChange,
  requireFreeName,
  requireRoom,
  requireUnused,
} from './account-change.ts'
import type { Principal } from './authenticate.ts'
import {
  type CertificateProfileDefinition,
  profileFields,
  profilePurposes,
  requireConforming,
  requireDaysWithin,
  type WishedProfileField,
} from './define-certificate-profile.ts'
import type { DeviceCertificateProfile, DeviceCertificateProfileQuery } from './device-certificate-profile.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'

/** What a profile can be told to be; what is left out stays as it is. */
export type CertificateProfileChange = Partial<Omit<CertificateProfileDefinition, 'fields'>> & {
  readonly name?: string
  /** All of them. */
  readonly fields?: readonly WishedProfileField[]
}

/** A new profile. */
export type NewCertificateProfile = CertificateProfileChange &
  Required<Pick<CertificateProfileChange, 'name' | 'fields' | 'keyTypes' | 'days'>>

const MOST_PROFILES = 1_000
/** While it is judged what enrollment profiles make of a profile, none of them changes. */
const CHANGE = {
  locks: ['certificate-profiles', 'enrollment-profiles'],
  permission: 'MANAGE_IOT_CERTIFICATE_PROFILE',
} as const

/** Those of the principal's account that are so. */
export async function listCertificateProfiles(
  { store }: ChangingWorld,
  { account }: Principal,
  query: Omit<DeviceCertificateProfileQuery, 'accountId'>,
): Promise<{ readonly total: number; readonly records: readonly DeviceCertificateProfile[] }> {
  return store.deviceCertificateProfiles.list({ ...query, accountId: account.id })
}

/** One of them. */
export async function findCertificateProfile(
  { store }: ChangingWorld,
  { account }: Principal,
  id: string,
): Promise<DeviceCertificateProfile> {
  return ownedBy(account.id, await store.deviceCertificateProfiles.find(id), 'certificate profile')
}

/** Makes a profile. */
export async function createCertificateProfile(
  world: ChangingWorld,
  principal: Principal,
  change: NewCertificateProfile,
): Promise<DeviceCertificateProfile> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const accountId = principal.account.id
    const { deviceCertificateProfiles: profiles } = repositories
    requireRoom('certificate profile', await profiles.list({ accountId, offset: 0, limit: 1 }), MOST_PROFILES)
    const bare: DeviceCertificateProfile = {
      id: uuidV7(at),
      accountId,
      name: '',
      fields: [],
      keyTypes: [],
      days: 0,
      keyUsages: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
      extendedKeyUsages: [],
      signatureHash: 'SHA-256',
      createdAt: at,
      updatedAt: at,
    }
    const profile = await changed(repositories, bare, change, at)
    await profiles.add(profile)
    await record(repositories, at, principal, 'certificate_profile.create', profile)
    return profile
  })
}

/** Changes a profile; it holds for certificates that are issued from then on. */
export async function changeCertificateProfile(
  world: ChangingWorld,
  principal: Principal,
  id: string,
  change: CertificateProfileChange,
): Promise<DeviceCertificateProfile> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const { deviceCertificateProfiles: profiles } = repositories
    const before = ownedBy(principal.account.id, await profiles.find(id), 'certificate profile')
    const profile = { ...(await changed(repositories, before, change, at)), updatedAt: at }
    await requireKeysOfUsers(repositories, profile)
    await profiles.update(profile)
    await record(repositories, at, principal, 'certificate_profile.update', profile)
    return profile
  })
}

/** Deletes a profile that no enrollment profile has. */
export async function removeCertificateProfile(world: ChangingWorld, principal: Principal, id: string): Promise<void> {
  await changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const accountId = principal.account.id
    const { deviceCertificateProfiles: profiles, enrollmentProfiles } = repositories
    const profile = ownedBy(accountId, await profiles.find(id), 'certificate profile')
    const query = { accountId, certificateProfileId: id, offset: 0, limit: 1 }
    requireUnused('certificate profile', { 'enrollment profile': (await enrollmentProfiles.list(query)).total })
    await profiles.remove(id)
    await record(repositories, at, principal, 'certificate_profile.delete', profile)
  })
}

async function changed(
  repositories: Pick<Repositories, 'deviceCertificateProfiles' | 'authorities'>,
  before: DeviceCertificateProfile,
  { name, fields, keyTypes, days, keyUsages, extendedKeyUsages, signatureHash }: CertificateProfileChange,
  at: Date,
): Promise<DeviceCertificateProfile> {
  const profile: DeviceCertificateProfile = {
    ...before,
    ...(name !== undefined && { name: lineText('name', name, 1, 100) }),
    ...(fields && { fields: profileFields(fields) }),
    ...(keyTypes && { keyTypes: [...new Set(keyTypes)] }),
    ...(days !== undefined && { days }),
    ...(keyUsages && { keyUsages: [...new Set(keyUsages)] }),
    ...(extendedKeyUsages && { extendedKeyUsages: profilePurposes(extendedKeyUsages) }),
    ...(signatureHash && { signatureHash }),
  }
  requireConforming(profile)
  // What was right when it was made is not refused because of a new name.
  if (days !== undefined) requireDaysWithin(days, at, await authorityEnd(repositories))
  const named = { accountId: profile.accountId, name: profile.name, offset: 0, limit: 2 }
  requireFreeName('certificate profile', profile.id, await repositories.deviceCertificateProfiles.list(named))
  return profile
}

async function authorityEnd({ authorities }: Pick<Repositories, 'authorities'>): Promise<Date> {
  const authority = await authorities.findByPurpose('device')
  if (!authority) throw new Error('there is no authority for device')
  return Certificate.decode(authority.certificate).notAfter
}

/** Throws a Refusal where an enrollment profile has keys made of a type that the profile has no longer. */
async function requireKeysOfUsers(
  { enrollmentProfiles }: Pick<Repositories, 'enrollmentProfiles'>,
  { id, accountId, keyTypes }: DeviceCertificateProfile,
): Promise<void> {
  const query = { accountId, certificateProfileId: id, offset: 0, limit: 1_000 }
  const { records } = await enrollmentProfiles.list(query)
  const missing = records.find(({ keyType }) => !keyTypes.includes(keyType.type))
  if (missing)
    throw new Refusal(
      'conflict',
      'certificate_profile_in_use',
      `key_types: the enrollment profile ${missing.name} has keys made of the type ${missing.keyType.type}: change that first.`,
    )
}

async function record(
  repositories: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, accountId: _, createdAt: _created, updatedAt: _updated, fields, ...profile }: DeviceCertificateProfile,
): Promise<void> {
  const details = { ...profile, fields: fields.map((field) => ({ ...field, pattern: field.pattern ?? null })) }
  const resourceType = 'certificate_profile'
  await recordChange(repositories, at, principal, { action, resourceType, resourceId: id, details })
}
