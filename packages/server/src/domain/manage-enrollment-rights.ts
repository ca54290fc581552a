/** Passcodes and authentication certificates of enrollment profiles: given, looked at, changed, disabled and deleted. */
import { isWithinNetworks, networkText } from './allowed-network.ts'
import { type Principal, requirePermission } from './authenticate.ts'
import { authenticationCertificateOf } from './authentication-certificate.ts'
import type { IssuedCertificate } from './certificate.ts'
import type { GivenAttribute } from './certificate-names.ts'
import { currentPrincipal } from './current-principal.ts'
import { lastEnd, requireToEnd, requireToHold } from './delegation.ts'
import type { DeviceProfile } from './device-profile.ts'
import type { Division } from './division.ts'
import { endDate, startDate } from './end-date.ts'
import { visibleProfiles } from './enroll-certificate.ts'
import type { Profiles } from './enrollment-profile.ts'
import type { EnrollmentProof, EnrollmentRight, EnrollmentRightKind, EnrollmentRightQuery } from './enrollment-right.ts'
import { newPasscode, PASSCODE_LENGTH } from './passcode.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { registeredValuesOf } from './registered-value.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

type RightWorld = Pick<World, 'now' | 'store' | 'keys'>

/** What a right can be told to be; what is left out stays as it is, and null takes a limit away. */
export type EnrollmentRightChange = {
  readonly name?: string
  readonly description?: string
  readonly isEnabled?: boolean
  readonly usageLimit?: number | null
  /** ISO 8601, as is the next. */
  readonly startsAt?: string | null
  readonly endsAt?: string | null
  readonly registeredValues?: readonly GivenAttribute[]
  readonly allowedNetworks?: readonly string[]
}

/** Where a right is in. */
type Surroundings = {
  readonly profiles: Profiles
  readonly division: Division
  readonly deviceProfile: DeviceProfile | undefined
}

/** A right with what it is in, and the certificate that proves it. */
export type DescribedEnrollmentRight = Surroundings & {
  readonly right: EnrollmentRight
  readonly certificate: IssuedCertificate | undefined
}

/** A passcode whose text is told now and never again. */
export type ToldPasscode = DescribedEnrollmentRight & { readonly text: string }

const MOST_RIGHTS = 100_000
const LONGEST_NAME = 100
const LONGEST_DESCRIPTION = 500

/** Makes a passcode under an enrollment profile of the principal's account. */
export async function createPasscode(
  world: RightWorld,
  principal: Principal,
  enrollmentProfileId: string,
  { length, ...change }: EnrollmentRightChange & { readonly name: string; readonly length: number | undefined },
): Promise<ToldPasscode> {
  const { text, proof } = newPasscode(world.keys, length ?? PASSCODE_LENGTH.usual)
  const made = await give(world, principal, enrollmentProfileId, change, async () => ({ proof, name: change.name }))
  return { ...made, text }
}

/** Lets whoever has the certificate, and its key, enroll under an enrollment profile of the principal's account. */
export async function assignAuthenticationCertificate(
  world: RightWorld,
  principal: Principal,
  enrollmentProfileId: string,
  { pem, ...change }: EnrollmentRightChange & { readonly pem: string },
): Promise<DescribedEnrollmentRight> {
  return give(world, principal, enrollmentProfileId, change, async (repositories) => {
    const { id, commonName } = await authenticationCertificateOf(repositories, {
      accountId: principal.account.id,
      pem,
      at: world.now(),
    })
    const assigned = await repositories.enrollmentRights.listOfCertificate(id)
    if (assigned.some(({ right }) => right.enrollmentProfileId === enrollmentProfileId && right.status !== 'deleted'))
      throw new Refusal(
        'conflict',
        'authentication_certificate_exists',
        'The certificate is one of this enrollment profile already.',
      )
    const proof = { kind: 'authentication_certificate', certificateId: id } as const
    return { proof, name: change.name ?? (commonName.slice(0, LONGEST_NAME) || id) }
  })
}

/** Those of one kind under an enrollment profile, oldest first. */
export async function listEnrollmentRights(
  { store }: RightWorld,
  { account }: Principal,
  query: EnrollmentRightQuery,
): Promise<{ readonly total: number; readonly records: readonly DescribedEnrollmentRight[] }> {
  const surroundings = await surroundingsOf(store, account.id, query.enrollmentProfileId)
  const { total, records } = await store.enrollmentRights.list(query)
  return { total, records: await Promise.all(records.map((right) => described(store, surroundings, right))) }
}

/** Which right of which profile is meant. */
export type EnrollmentRightPlace = {
  readonly enrollmentProfileId: string
  readonly kind: EnrollmentRightKind
  readonly id: string
}

/** One of them, also one that was deleted. */
export async function findEnrollmentRight(
  { store }: RightWorld,
  { account }: Principal,
  place: EnrollmentRightPlace,
): Promise<DescribedEnrollmentRight> {
  const surroundings = await surroundingsOf(store, account.id, place.enrollmentProfileId)
  return described(store, surroundings, await ownRight(store, place))
}

/** Changes what it is called, how far it goes, and whether it counts. */
export async function changeEnrollmentRight(
  world: RightWorld,
  principal: Principal,
  place: EnrollmentRightPlace,
  change: EnrollmentRightChange,
): Promise<DescribedEnrollmentRight> {
  return manage(world, principal, place, 'update', (before, profiles, current) => {
    const right = changed(before, profiles, change, world.now())
    const { name: _, description: __, ...counting } = change
    // Whoever can prove it had lost it, or had less: that is as much as a new one.
    if (Object.keys(counting).length > 0 && right.status === 'active') requireToGive(current, right)
    return right
  })
}

/** Takes the right away for good. */
export async function deleteEnrollmentRight(
  world: RightWorld,
  principal: Principal,
  place: EnrollmentRightPlace,
): Promise<void> {
  await manage(world, principal, place, 'delete', (before) => ({
    ...before,
    status: 'deleted',
    proof: before.proof.kind === 'passcode' ? { ...before.proof, hash: undefined } : before.proof,
  }))
}

async function give(
  world: RightWorld,
  asking: Principal,
  enrollmentProfileId: string,
  change: EnrollmentRightChange,
  prove: (repositories: Repositories) => Promise<Pick<EnrollmentRight, 'proof' | 'name'>>,
): Promise<DescribedEnrollmentRight> {
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(enrollmentProfileId))
    const principal = await managing(repositories, asking)
    // Whoever would delete the profile at this moment waits.
    await repositories.enrollmentProfiles.hold(enrollmentProfileId)
    const surroundings = await surroundingsOf(repositories, principal.account.id, enrollmentProfileId)
    const { proof, name } = await prove(repositories)
    await requireRoom(repositories, enrollmentProfileId, proof.kind)
    const at = world.now()
    const bare: EnrollmentRight = {
      id: uuidV7(at),
      accountId: principal.account.id,
      enrollmentProfileId,
      name,
      description: '',
      proof,
      status: 'active',
      usageLimit: undefined,
      numberOfUsage: 0,
      startsAt: undefined,
      // Who is held to an end, or to networks, gives what is held to the same unless to closer ones.
      endsAt: lastEnd(principal),
      registeredValues: [],
      allowedNetworks: principal.apiKey?.allowedNetworks ?? [],
      createdAt: at,
      createdBy: principal.user.id,
    }
    const right = changed(bare, surroundings.profiles, { ...change, name }, at)
    requireToGive(principal, right)
    await repositories.enrollmentRights.add(right)
    await record(repositories, at, principal, 'create', right)
    return described(repositories, surroundings, right)
  })
}

async function requireRoom(
  { enrollmentRights }: Pick<Repositories, 'enrollmentRights'>,
  enrollmentProfileId: string,
  kind: EnrollmentRightKind,
): Promise<void> {
  const { total } = await enrollmentRights.list({ enrollmentProfileId, kind, offset: 0, limit: 1 })
  if (total >= MOST_RIGHTS)
    throw new Refusal(
      'conflict',
      'too_many_enrollment_rights',
      `An enrollment profile has at most ${MOST_RIGHTS} of them: delete some.`,
    )
}

async function manage(
  world: RightWorld,
  asking: Principal,
  place: EnrollmentRightPlace,
  verb: 'update' | 'delete',
  next: (right: EnrollmentRight, profiles: Profiles, principal: Principal) => EnrollmentRight,
): Promise<DescribedEnrollmentRight> {
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(place.enrollmentProfileId))
    const principal = await managing(repositories, asking)
    const surroundings = await surroundingsOf(repositories, principal.account.id, place.enrollmentProfileId)
    const before = await ownRight(repositories, place)
    if (before.status === 'deleted')
      throw new Refusal(
        'conflict',
        `${nounOf(before.proof)}_deleted`,
        'It was deleted: there is nothing left to change.',
      )
    const right = next(before, surroundings.profiles, principal)
    await repositories.enrollmentRights.update(right)
    await record(repositories, world.now(), principal, verb, right)
    return described(repositories, surroundings, right)
  })
}

const lockName = (enrollmentProfileId: string): string => `enrollment-rights:${enrollmentProfileId}`

/** The principal as it is now: it gives and takes what it has itself. */
async function managing(repositories: Pick<Repositories, 'users'>, asking: Principal): Promise<Principal> {
  const principal = await currentPrincipal(repositories, asking)
  requirePermission(principal, 'MANAGE_IOT_ENROLLMENT_PROFILE')
  return principal
}

/** Throws a Refusal where the right goes further than what the principal has, or counts for longer or from elsewhere. */
function requireToGive(principal: Principal, { endsAt, allowedNetworks }: EnrollmentRight): void {
  requireToHold(principal, ['MANAGE_IOT_CERTIFICATE'])
  requireToEnd(lastEnd(principal), endsAt, 'validity_period.to')
  const own = principal.apiKey?.allowedNetworks ?? []
  const isWithin = allowedNetworks.length > 0 && allowedNetworks.every((network) => isWithinNetworks(network, own))
  if (own.length > 0 && !isWithin)
    throw new Refusal(
      'forbidden',
      'access_denied',
      `Your API key counts from ${own.join(', ')} only: allowed_networks has to lie within.`,
    )
}

function changed(
  right: EnrollmentRight,
  { certificate }: Profiles,
  change: EnrollmentRightChange,
  at: Date,
): EnrollmentRight {
  const { name, description, isEnabled, usageLimit, registeredValues, allowedNetworks } = change
  const after: EnrollmentRight = {
    ...right,
    ...(name !== undefined && { name: lineText('name', name, 1, LONGEST_NAME) }),
    ...(description !== undefined && { description: lineText('description', description, 0, LONGEST_DESCRIPTION) }),
    ...(isEnabled !== undefined && { status: isEnabled ? ('active' as const) : ('disabled' as const) }),
    ...(usageLimit !== undefined && { usageLimit: usageLimit ?? undefined }),
    ...(change.startsAt !== undefined && {
      startsAt: change.startsAt === null ? undefined : startDate('validity_period.from', change.startsAt),
    }),
    ...(change.endsAt !== undefined && {
      endsAt: change.endsAt === null ? undefined : endDate('validity_period.to', change.endsAt, at),
    }),
    ...(registeredValues && { registeredValues: registeredValuesOf(certificate, registeredValues) }),
    ...(allowedNetworks && { allowedNetworks: [...new Set(allowedNetworks.map(networkText))] }),
  }
  if (after.startsAt && after.endsAt && after.startsAt > after.endsAt)
    throw new Refusal('invalid', 'invalid_request', 'validity_period: it has to begin before it ends.')
  return after
}

async function ownRight(
  { enrollmentRights }: Pick<Repositories, 'enrollmentRights'>,
  { enrollmentProfileId, kind, id }: EnrollmentRightPlace,
): Promise<EnrollmentRight> {
  const right = await enrollmentRights.find(id)
  if (right?.enrollmentProfileId === enrollmentProfileId && right.proof.kind === kind) return right
  throw kind === 'passcode'
    ? new Refusal('not_found', 'enrollment_passcode_not_found', 'There is no such passcode.')
    : new Refusal('not_found', 'authentication_certificate_not_found', 'There is no such authentication certificate.')
}

async function described(
  { certificates }: Pick<Repositories, 'certificates'>,
  surroundings: Surroundings,
  right: EnrollmentRight,
): Promise<DescribedEnrollmentRight> {
  const { proof } = right
  const isCertificate = proof.kind === 'authentication_certificate'
  return {
    ...surroundings,
    right,
    certificate: isCertificate ? await certificates.find(proof.certificateId) : undefined,
  }
}

async function surroundingsOf(
  repositories: Pick<Repositories, 'enrollmentProfiles' | 'deviceCertificateProfiles' | 'divisions' | 'deviceProfiles'>,
  accountId: string,
  enrollmentProfileId: string,
): Promise<Surroundings> {
  const profiles = await visibleProfiles(repositories, accountId, enrollmentProfileId)
  const { divisionId, deviceProfileId } = profiles.enrollment
  const division = await repositories.divisions.find(divisionId)
  if (!division) throw new Error(`the division of ${enrollmentProfileId} is missing`)
  const deviceProfile =
    deviceProfileId === undefined ? undefined : await repositories.deviceProfiles.find(deviceProfileId)
  return { profiles, division, deviceProfile }
}

/** What it is called in the audit log. */
function nounOf({ kind }: Pick<EnrollmentProof, 'kind'>): string {
  return kind === 'passcode' ? 'enrollment_passcode' : kind
}

async function record(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  { user, account }: Principal,
  verb: 'create' | 'update' | 'delete',
  right: EnrollmentRight,
): Promise<void> {
  const { proof, usageLimit, startsAt, endsAt } = right
  const noun = nounOf(proof)
  await auditEvents.append(
    auditEvent(
      at,
      { kind: 'user', id: user.id, accountId: account.id },
      {
        action: `${noun}.${verb}`,
        resourceType: noun,
        resourceId: right.id,
        details: {
          name: right.name,
          enrollmentProfileId: right.enrollmentProfileId,
          status: right.status,
          registeredValues: right.registeredValues,
          allowedNetworks: right.allowedNetworks,
          ...(proof.kind === 'authentication_certificate' && { certificateId: proof.certificateId }),
          ...(usageLimit !== undefined && { usageLimit }),
          ...(startsAt && { startsAt: startsAt.toISOString() }),
          ...(endsAt && { endsAt: endsAt.toISOString() }),
        },
      },
    ),
  )
}
