/** Enrollment profiles: made, looked at, changed, disabled, and deleted while nothing was made under them. */
import {
  type ChangingWorld,
  changeInAccount,
  ownedBy,
  recordChange,
  requireFreeName,
  requireRoom,
} from './account-change.ts'
import { networkText } from './allowed-network.ts'
import type { Principal } from './authenticate.ts'
import type { Authority } from './authority.ts'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import type { DeviceKeyType } from './device-key-type.ts'
import type { DeviceProfile } from './device-profile.ts'
import type { Division } from './division.ts'
import { endDate, startDate } from './end-date.ts'
import {
  type Approval,
  type EnrollmentMethod,
  type EnrollmentProfile,
  type EnrollmentProfileQuery,
  type EnrollmentProfileStatus,
  type KeyGenerationOption,
  newEnrollmentProfileId,
} from './enrollment-profile.ts'
import { activeDivision } from './manage-divisions.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'

/** What a profile can be told to be; what is left out stays as it is, and null takes a limit away. */
export type EnrollmentProfileChange = {
  readonly name?: string
  readonly status?: EnrollmentProfileStatus
  readonly certificateProfileId?: string
  readonly deviceProfileId?: string | null
  /** There is one: another is refused. */
  readonly issuingAuthorityId?: string
  readonly enrollmentMethods?: readonly EnrollmentMethod[]
  readonly keyGenerationOption?: KeyGenerationOption
  readonly keyTypeChoice?: EnrollmentProfile['keyType']['choice']
  readonly keyType?: DeviceKeyType
  readonly approval?: Approval
  readonly renewalWindowDays?: number | null
  readonly allowsKeyReuse?: boolean
  readonly allowsNameChange?: boolean
  /** ISO 8601, as is the next. */
  readonly startsAt?: string | null
  readonly endsAt?: string | null
  readonly usageLimit?: number | null
  readonly networks?: readonly string[]
}

/** A new profile. */
export type NewEnrollmentProfile = EnrollmentProfileChange & {
  readonly name: string
  readonly divisionId: string
  readonly certificateProfileId: string
}

/** A profile with what it refers to. */
export type DescribedEnrollmentProfile = {
  readonly profile: EnrollmentProfile
  readonly division: Division
  readonly certificateProfile: DeviceCertificateProfile
  readonly deviceProfile: DeviceProfile | undefined
  readonly issuingAuthority: Authority
}

const NOUN = 'enrollment profile'
const MOST_PROFILES = 1_000
/** One change of the account's profiles at a time: names are unique among them. */
const CHANGE = { locks: ['enrollment-profiles'], permission: 'MANAGE_IOT_ENROLLMENT_PROFILE' } as const

/** Those of the principal's account that are so. */
export async function listEnrollmentProfiles(
  { store }: ChangingWorld,
  { account }: Principal,
  query: Omit<EnrollmentProfileQuery, 'accountId'>,
): Promise<{ readonly total: number; readonly records: readonly DescribedEnrollmentProfile[] }> {
  const { total, records } = await store.enrollmentProfiles.list({ ...query, accountId: account.id })
  const { divisions, deviceCertificateProfiles, deviceProfiles, authorities } = store
  // Many refer to the same few.
  const known = {
    divisions: { find: once(divisions.find) },
    deviceCertificateProfiles: { find: once(deviceCertificateProfiles.find) },
    deviceProfiles: { find: once(deviceProfiles.find) },
    authorities: { findByPurpose: once(authorities.findByPurpose) },
  }
  return { total, records: await Promise.all(records.map((profile) => described(known, profile))) }
}

/** One of them. */
export async function findEnrollmentProfile(
  { store }: ChangingWorld,
  { account }: Principal,
  id: string,
): Promise<DescribedEnrollmentProfile> {
  return described(store, ownedBy(account.id, await store.enrollmentProfiles.find(id), NOUN))
}

/** Makes a profile in a division. */
export async function createEnrollmentProfile(
  world: ChangingWorld,
  principal: Principal,
  { divisionId, ...change }: NewEnrollmentProfile,
): Promise<DescribedEnrollmentProfile> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const accountId = principal.account.id
    const { enrollmentProfiles } = repositories
    requireRoom(NOUN, await enrollmentProfiles.list({ accountId, offset: 0, limit: 1 }), MOST_PROFILES)
    await activeDivision(repositories, accountId, divisionId)
    const bare: EnrollmentProfile = {
      id: newEnrollmentProfileId(at),
      accountId,
      divisionId,
      certificateProfileId: change.certificateProfileId,
      deviceProfileId: undefined,
      name: '',
      status: 'active',
      enrollmentMethods: ['API'],
      keyGenerationOption: 'client_or_server_side',
      keyType: { choice: 'selectable', type: 'p_256' },
      approval: 'automatic',
      renewal: { windowDays: undefined, allowsKeyReuse: false, allowsNameChange: false },
      limits: { startsAt: undefined, endsAt: undefined, usageLimit: undefined, networks: [] },
      numberOfUsage: undefined,
      createdAt: at,
      updatedAt: at,
    }
    const made = await described(repositories, changed(bare, change, at))
    const { keyTypes } = made.certificateProfile
    const [first] = keyTypes
    // Where nobody says which, one that the certificate profile has.
    const isChosen = change.keyType !== undefined || keyTypes.includes(made.profile.keyType.type)
    const profile: EnrollmentProfile =
      isChosen || !first ? made.profile : { ...made.profile, keyType: { ...made.profile.keyType, type: first } }
    await judge(repositories, { ...made, profile }, change)
    await enrollmentProfiles.add(profile)
    await record(repositories, at, principal, 'enrollment_profile.create', profile)
    return described(repositories, await stored(repositories, profile.id))
  })
}

/** Changes all but the division: the devices of a profile are in it. */
export async function changeEnrollmentProfile(
  world: ChangingWorld,
  principal: Principal,
  id: string,
  change: EnrollmentProfileChange,
): Promise<DescribedEnrollmentProfile> {
  return changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const before = ownedBy(principal.account.id, await repositories.enrollmentProfiles.holdToChange(id), NOUN)
    const after = { ...changed(before, change, at), updatedAt: at }
    await judge(repositories, await described(repositories, after), change)
    await repositories.enrollmentProfiles.update(after)
    await record(repositories, at, principal, 'enrollment_profile.update', after)
    return described(repositories, await stored(repositories, id))
  })
}

/** Deletes a profile under which nothing was made; of others it is to be known for good what they said. */
export async function removeEnrollmentProfile(world: ChangingWorld, principal: Principal, id: string): Promise<void> {
  await changeInAccount(world, principal, CHANGE, async (repositories, at) => {
    const profile = ownedBy(principal.account.id, await repositories.enrollmentProfiles.holdToChange(id), NOUN)
    await repositories.enrollmentProfiles.remove(id)
    await record(repositories, at, principal, 'enrollment_profile.delete', profile)
  })
}

async function stored({ enrollmentProfiles }: Repositories, id: string): Promise<EnrollmentProfile> {
  const profile = await enrollmentProfiles.find(id)
  if (!profile) throw new Error(`the enrollment profile ${id} is missing`)
  return profile
}

/** Looks for each thing once. */
function once<Key, Found>(find: (key: Key) => Promise<Found>): (key: Key) => Promise<Found> {
  const found = new Map<Key, Promise<Found>>()
  return (key) => {
    const known = found.get(key) ?? find(key)
    found.set(key, known)
    return known
  }
}

/** What a profile refers to. */
type References = {
  readonly divisions: Pick<Repositories['divisions'], 'find'>
  readonly deviceCertificateProfiles: Pick<Repositories['deviceCertificateProfiles'], 'find'>
  readonly deviceProfiles: Pick<Repositories['deviceProfiles'], 'find'>
  readonly authorities: Pick<Repositories['authorities'], 'findByPurpose'>
}

/** The profile with what it refers to, in its own account; throws a Refusal for what is not there. */
async function described(repositories: References, profile: EnrollmentProfile): Promise<DescribedEnrollmentProfile> {
  const { accountId, divisionId, certificateProfileId, deviceProfileId } = profile
  const { divisions, deviceCertificateProfiles, deviceProfiles, authorities } = repositories
  const issuingAuthority = await authorities.findByPurpose('device')
  if (!issuingAuthority) throw new Error('there is no authority for device')
  return {
    profile,
    division: ownedBy(accountId, await divisions.find(divisionId), 'division'),
    certificateProfile: ownedBy(
      accountId,
      await deviceCertificateProfiles.find(certificateProfileId),
      'certificate profile',
    ),
    deviceProfile:
      deviceProfileId === undefined
        ? undefined
        : ownedBy(accountId, await deviceProfiles.find(deviceProfileId), 'device profile'),
    issuingAuthority,
  }
}

function changed(profile: EnrollmentProfile, change: EnrollmentProfileChange, at: Date): EnrollmentProfile {
  const { name, renewalWindowDays: windowDays, usageLimit, networks } = change
  const { keyType, renewal, limits } = profile
  return {
    ...profile,
    ...(name !== undefined && { name: lineText('name', name, 1, 100) }),
    ...(change.status && { status: change.status }),
    ...(change.certificateProfileId !== undefined && { certificateProfileId: change.certificateProfileId }),
    ...(change.deviceProfileId !== undefined && { deviceProfileId: change.deviceProfileId ?? undefined }),
    ...(change.enrollmentMethods && { enrollmentMethods: [...new Set(change.enrollmentMethods)] }),
    ...(change.keyGenerationOption && { keyGenerationOption: change.keyGenerationOption }),
    ...(change.approval && { approval: change.approval }),
    keyType: { choice: change.keyTypeChoice ?? keyType.choice, type: change.keyType ?? keyType.type },
    renewal: {
      windowDays: windowDays === undefined ? renewal.windowDays : (windowDays ?? undefined),
      allowsKeyReuse: change.allowsKeyReuse ?? renewal.allowsKeyReuse,
      allowsNameChange: change.allowsNameChange ?? renewal.allowsNameChange,
    },
    limits: {
      startsAt: moment(change.startsAt, limits.startsAt, (text) => startDate('validity_period.from', text)),
      endsAt: moment(change.endsAt, limits.endsAt, (text) => endDate('validity_period.to', text, at)),
      usageLimit: usageLimit === undefined ? limits.usageLimit : (usageLimit ?? undefined),
      networks: networks ? [...new Set(networks.map(networkText))] : limits.networks,
    },
  }
}

function moment(
  text: string | null | undefined,
  before: Date | undefined,
  read: (text: string) => Date,
): Date | undefined {
  if (text === undefined) return before
  return text === null ? undefined : read(text)
}

/** Throws a Refusal unless the parts of a profile go together. */
async function judge(
  { enrollmentProfiles }: Repositories,
  { profile, certificateProfile, deviceProfile, issuingAuthority }: DescribedEnrollmentProfile,
  { issuingAuthorityId }: EnrollmentProfileChange,
): Promise<void> {
  const { accountId, name, keyType, approval, renewal, limits } = profile
  requireFreeName(NOUN, profile.id, await enrollmentProfiles.list({ accountId, name, offset: 0, limit: 2 }))
  if (issuingAuthorityId !== undefined && issuingAuthorityId !== issuingAuthority.id)
    throw invalid(`issuing_authority_id: ${issuingAuthority.id} (${issuingAuthority.name}): it issues to devices.`)
  if (deviceProfile && deviceProfile.divisionId !== profile.divisionId)
    throw invalid('device_profile_id: the device profile belongs to another division.')
  if (profile.enrollmentMethods.length === 0) throw invalid('enrollment_methods: one at least.')
  if (!certificateProfile.keyTypes.includes(keyType.type))
    throw invalid(`key_type: one that the certificate profile has: ${certificateProfile.keyTypes.join(', ')}.`)
  if (approval === 'manual' && renewal.allowsNameChange)
    throw invalid('allow_name_change: not where requests are approved: nobody would approve the new names.')
  if (limits.startsAt && limits.endsAt && limits.startsAt >= limits.endsAt)
    throw invalid('validity_period: it ends after it begins.')
}

async function record(
  repositories: Pick<Repositories, 'auditEvents'>,
  at: Date,
  principal: Principal,
  action: string,
  { id, accountId: _, createdAt: _created, updatedAt: _updated, numberOfUsage: _uses, ...profile }: EnrollmentProfile,
): Promise<void> {
  const { renewal, limits } = profile
  const details = {
    ...profile,
    deviceProfileId: profile.deviceProfileId ?? null,
    renewal: { ...renewal, windowDays: renewal.windowDays ?? null },
    limits: {
      ...limits,
      startsAt: limits.startsAt?.toISOString() ?? null,
      endsAt: limits.endsAt?.toISOString() ?? null,
      usageLimit: limits.usageLimit ?? null,
    },
  }
  const resourceType = 'enrollment_profile'
  await recordChange(repositories, at, principal, { action, resourceType, resourceId: id, details })
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
