/** Certificates that are asked for, perhaps more than once, and perhaps to be approved by somebody. */
import { oids } from '@countersign/pki'
import type { Applicant } from './applicant.ts'
import { APPROVAL_DAYS, type CertificateApproval } from './certificate-approval.ts'
import { decodeCertificationRequest, invalidRequest } from './certification-request.ts'
import {
  type EnrolledCertificate,
  type EnrollmentWish,
  issueJudged,
  type JudgedEnrollment,
  judgeEnrollment,
} from './enroll-certificate.ts'
import { type IdempotentRequest, once } from './idempotency.ts'
import { wishedNames } from './manage-certificate-requests.ts'
import { chainedCertificate } from './manage-device-certificates.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What comes of a request: a certificate, or that somebody has to approve it first, or had to. */
export type RequestOutcome = { readonly enrolled: EnrolledCertificate } | { readonly approval: CertificateApproval }

/** Issues a certificate, or has it wait for approval; for the same request that came before, says what came of that. */
export async function requestCertificate(
  world: World,
  applicant: Applicant,
  wish: EnrollmentWish,
  request: IdempotentRequest | undefined,
): Promise<RequestOutcome> {
  return once(world, applicant, request, {
    make: async (confirming) => {
      const judged = await judgeEnrollment(world, confirming, wish)
      if (judged.profiles.enrollment.approval === 'automatic')
        return { enrolled: await issueJudged(world, confirming, judged) }
      return { approval: await submit(world, confirming, wish, judged) }
    },
    again: (id) => outcomeOf(world, applicant.accountId, id),
  })
}

/** What came of a request. Throws a Refusal where a private key was answered: it is nowhere else. */
export async function outcomeOf(world: World, accountId: string, requestId: string): Promise<RequestOutcome> {
  const { certificateRequests, certificateApprovals } = world.store
  const request = await certificateRequests.find(requestId)
  if (request?.keyGeneration === 'server')
    throw new Refusal(
      'conflict',
      'private_key_given_before',
      `The certificate ${request.certificateId} was issued for this Idempotency-Key, and its private key was in that answer alone: if you don't have it, revoke the certificate and send a new request under a new Idempotency-Key.`,
    )
  if (request) {
    const { certificate, intermediates, root } = await chainedCertificate(world, accountId, request.certificateId)
    return { enrolled: { request, certificate, intermediates, root, privateKey: undefined } }
  }
  const approval = await certificateApprovals.find(requestId)
  if (!approval) throw new Error(`the certificate request ${requestId} is missing`)
  return { approval }
}

/** Records what is asked for, to be approved. No key is made for it, and nothing of how one would be handed out is kept. */
async function submit(
  world: World,
  applicant: Applicant,
  { attributes, deviceAttributes, key }: EnrollmentWish,
  judged: JudgedEnrollment,
): Promise<CertificateApproval> {
  const at = world.now()
  const { accountId, actor } = applicant
  if (judged.keyGeneration === 'server' && actor.kind !== 'user')
    throw new Refusal(
      'conflict',
      'approval_required',
      'server_side_key_gen: under this profile somebody approves each certificate, and a key that is made here is picked up by the user who asked: send a csr, or ask as a user.',
    )
  if (key.by === 'client') requireNoPassword(key.csr)
  const approval: CertificateApproval = {
    id: applicant.resourceId ?? uuidV7(at),
    accountId,
    enrollmentProfileId: judged.profiles.enrollment.id,
    deviceIdentifier: judged.identifier,
    certificateId: undefined,
    actor: { kind: actor.kind, id: actor.id },
    method: applicant.method,
    status: 'PENDING_APPROVAL',
    keyGeneration: judged.keyGeneration,
    keyType: judged.keyType,
    wish: {
      attributes,
      deviceAttributes,
      csr: key.by === 'client' ? key.csr : undefined,
      registeredValues: applicant.heldTo?.registeredValues,
      ...wishedNames(judged.names),
    },
    decision: undefined,
    createdAt: at,
    endsAt: new Date(at.getTime() + APPROVAL_DAYS * DAY_MS),
  }
  await world.store.transaction(async (repositories) => {
    await applicant.confirm(repositories)
    await repositories.certificateApprovals.add(approval)
    await repositories.auditEvents.append(
      auditEvent(at, actor, {
        action: 'certificate_request.submit',
        resourceType: 'certificate_request',
        resourceId: approval.id,
        details: {
          name: approval.wish.subject,
          userId: actor.kind === 'user' ? actor.id : null,
          enrollmentProfileId: approval.enrollmentProfileId,
          deviceIdentifier: approval.deviceIdentifier ?? null,
          keyGeneration: approval.keyGeneration,
          keyType: approval.keyType,
        },
      }),
    )
  })
  return approval
}

/** The request is kept as it is, since its signature is over all of it. RFC 2985 §5.4.1. */
function requireNoPassword(csr: string): void {
  if (decodeCertificationRequest(csr).attributes.some(({ type }) => type === oids.challengePassword))
    throw invalidRequest('it has a challengePassword, and would be kept and shown to who approves: leave that out.')
}

const DAY_MS = 86_400_000
