import type { FastifyRequest } from 'fastify'
import { type Applicant, userApplicant } from '../domain/applicant.ts'
import { rightApplicant } from '../domain/authenticate-right.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { principalOf, rightsOf } from './route.ts'

/** Who asks for a certificate by the API, and under which enrollment profile. */
export type ApiApplicant = { readonly applicant: Applicant; readonly enrollmentProfileId: string }

/**
 * The user, or who shows a passcode or an authentication certificate: they have one profile, or a few, and need not name it
 * where it is the only one.
 */
export function apiApplicant(
  world: Pick<World, 'now'>,
  request: FastifyRequest,
  named: string | undefined,
): ApiApplicant {
  const way = { method: 'API', address: request.ip } as const
  const rights = rightsOf(request)
  const enrollmentProfileId = named ?? (rights?.length === 1 ? rights[0]?.right.enrollmentProfileId : undefined)
  if (enrollmentProfileId === undefined)
    throw new Refusal('invalid', 'invalid_request', 'enrollment_profile_id: the profile to enroll under.')
  if (!rights) return { applicant: userApplicant(principalOf(request), way), enrollmentProfileId }
  const holder = rights.find(({ right }) => right.enrollmentProfileId === enrollmentProfileId)
  if (holder) return { applicant: rightApplicant(world, holder, way), enrollmentProfileId }
  throw new Refusal('not_found', 'enrollment_profile_not_found', 'There is no such enrollment profile.')
}
