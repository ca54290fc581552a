/** That nobody approves what they asked for, whatever they asked with. */
import { type Principal, requirePermission } from './authenticate.ts'
import { faultOfProof } from './authenticate-right.ts'
import type { CertificateApproval } from './certificate-approval.ts'
import type { CertificateRequest } from './certificate-request.ts'
import { currentPrincipal } from './current-principal.ts'
import type { EnrollmentProof } from './enrollment-right.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

type AskerRepositories = Pick<
  Repositories,
  'users' | 'enrollmentRights' | 'certificates' | 'certificateRequests' | 'clientAuthCertificates'
>

type Asker = CertificateRequest['actor']

/** Throws a Refusal unless the principal may approve, has not asked itself, and who asked still may. */
export async function requireOtherHands(
  { now }: Pick<World, 'now'>,
  repositories: AskerRepositories,
  principal: Principal,
  { actor }: CertificateApproval,
): Promise<void> {
  const approver = await currentPrincipal(repositories, principal)
  requirePermission(approver, 'APPROVE_IOT_CERTIFICATE')
  const users = await usersBehind(repositories, actor)
  const own = handsOf(approver.user)
  if (users.some((user) => user && handsOf(user).some((hand) => own.includes(hand))))
    throw new Refusal(
      'forbidden',
      'access_denied',
      'Somebody else has to approve it: you requested it, or who did has a manager in common with you. What comes by a passcode or a certificate counts as requested by whoever made or assigned that.',
    )
  if (!(await mayAsk(repositories, actor, now())))
    throw new Refusal(
      'conflict',
      'applicant_not_allowed',
      'Who requested it may request certificates no longer: reject it.',
    )
  // Of the user, whatever the key may that it comes with.
  if (users.includes(undefined) && approver.user.permissions.includes('MANAGE_IOT_ENROLLMENT_PROFILE'))
    throw new Refusal(
      'forbidden',
      'access_denied',
      'It is not known any more who made the passcode, or assigned the certificate, by which it was requested: somebody who could not have, without MANAGE_IOT_ENROLLMENT_PROFILE, has to approve it.',
    )
}

/** All users who could have asked as this one, but for their managers; undefined among them where one is not known any more. */
async function usersBehind(repositories: AskerRepositories, { kind, id }: Asker): Promise<(User | undefined)[]> {
  const { users, enrollmentRights } = repositories
  if (kind === 'user') return [await users.find(id)]
  const { proof, createdBy } = (await enrollmentRights.find(id)) ?? {}
  const maker = createdBy === undefined ? undefined : await users.find(createdBy)
  return [maker, ...(await holdersOf(repositories, proof))]
}

/** Who has the key of the certificate that proves a right: its user, or whoever asked for it for a device. */
async function holdersOf(
  repositories: AskerRepositories,
  proof: EnrollmentProof | undefined,
): Promise<(User | undefined)[]> {
  if (proof?.kind !== 'authentication_certificate') return []
  const { certificates, certificateRequests, clientAuthCertificates } = repositories
  const { fingerprint, profile } = (await certificates.find(proof.certificateId)) ?? {}
  if (profile !== 'device')
    return [fingerprint ? (await clientAuthCertificates.findByFingerprint(fingerprint))?.user : undefined]
  let asker: Asker | undefined = { kind: 'device_certificate', id: proof.certificateId }
  while (asker?.kind === 'device_certificate') asker = (await certificateRequests.findByCertificate(asker.id))?.actor
  return asker ? usersBehind(repositories, asker) : [undefined]
}

/** Whether who asked may still ask. */
async function mayAsk(repositories: AskerRepositories, { kind, id }: Asker, at: Date): Promise<boolean> {
  const { users, enrollmentRights } = repositories
  if (kind === 'user') {
    const user = await users.find(id)
    return user?.status === 'active' && user.permissions.includes('MANAGE_IOT_CERTIFICATE')
  }
  const { proof, status } = (await enrollmentRights.find(id)) ?? {}
  if (status !== 'active' || proof?.kind !== 'authentication_certificate') return status === 'active'
  return (await faultOfProof(repositories, proof.certificateId, at)) === undefined
}

/** Who may act as the user: itself, and who manages it and so has its keys. */
const handsOf = ({ id, managers }: User): readonly string[] => [id, ...managers]
