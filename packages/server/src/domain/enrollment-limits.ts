/** What an enrollment profile holds requests to, when they come and once more when their certificate is recorded. */
import { allDone } from './all-done.ts'
import { isInNetworks } from './allowed-network.ts'
import type { Applicant } from './applicant.ts'
import type { Division } from './division.ts'
import type { EnrollmentProfile } from './enrollment-profile.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'

type Asking = Pick<Applicant, 'method' | 'address'>

/** Throws a Refusal where a profile has no certificates now, or none for who asks in this way and from there. */
export function requireOpen(
  { status, enrollmentMethods, limits }: EnrollmentProfile,
  { method, address }: Asking,
  at: Date,
): void {
  if (!enrollmentMethods.includes(method))
    throw new Refusal(
      'invalid',
      'invalid_request',
      `enrollment_profile_id: ${method} is none of the enrollment methods of this profile.`,
    )
  // Where the platform goes on by itself, who asked was judged when it asked.
  if (address !== undefined && limits.networks.length > 0 && !isInNetworks(address, limits.networks))
    throw new Refusal('forbidden', 'access_denied', 'The enrollment profile has no certificates for your address.')
  if (status === 'disabled')
    throw new Refusal('conflict', 'enrollment_profile_disabled', 'The enrollment profile is disabled.')
  const { startsAt, endsAt } = limits
  if (startsAt && at < startsAt)
    throw new Refusal(
      'conflict',
      'enrollment_profile_not_open',
      `The enrollment profile has certificates from ${startsAt.toISOString()} on.`,
    )
  if (endsAt && at > endsAt)
    throw new Refusal(
      'conflict',
      'enrollment_profile_not_open',
      `The enrollment profile had certificates until ${endsAt.toISOString()}.`,
    )
}

/** Throws a Refusal where the division of a profile is disabled. */
export function requireActive(division: Pick<Division, 'status'> | undefined): void {
  if (division?.status === 'active') return
  throw new Refusal('conflict', 'division_disabled', 'The division of the enrollment profile is disabled.')
}

/** Throws a Refusal where a profile has had as many certificates as it may. */
export function requireUseLeft({ limits: { usageLimit }, numberOfUsage = 0 }: EnrollmentProfile): void {
  if (usageLimit !== undefined && numberOfUsage >= usageLimit) throw usedUp(usageLimit)
}

/**
 * Inside the transaction that records a certificate: judges the profile as it is now, which it then stays, and counts a
 * use of one that is limited unless the certificate renews another.
 */
export async function useProfile(
  repositories: Pick<Repositories, 'enrollmentProfiles' | 'divisions'>,
  judged: Pick<EnrollmentProfile, 'id' | 'divisionId' | 'approval'>,
  asking: Asking,
  { at, isRenewal }: { readonly at: Date; readonly isRenewal: boolean },
): Promise<void> {
  const { enrollmentProfiles, divisions } = repositories
  const { id } = judged
  const held = enrollmentProfiles.hold(id)
  const found = divisions.find(judged.divisionId)
  await allDone([held, found])
  requireActive(await found)
  const profile = await held
  if (!profile) throw new Refusal('not_found', 'enrollment_profile_not_found', 'There is no such enrollment profile.')
  requireOpen(profile, asking, at)
  if (profile.approval === 'manual' && judged.approval === 'automatic' && !isRenewal)
    throw new Refusal(
      'conflict',
      'approval_required',
      'enrollment_profile_id: since a moment ago somebody has to approve certificates under this profile: request it again.',
    )
  const { usageLimit } = profile.limits
  if (usageLimit === undefined || isRenewal) return
  if (!(await enrollmentProfiles.use(id))) throw usedUp(usageLimit)
}

function usedUp(usageLimit: number): Refusal {
  return new Refusal(
    'conflict',
    'enrollment_profile_used_up',
    `The enrollment profile is used up: it has ${usageLimit} certificate${usageLimit === 1 ? '' : 's'}.`,
  )
}
