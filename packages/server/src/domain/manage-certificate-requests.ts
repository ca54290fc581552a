/** Certificate requests: looked at, approved or rejected by somebody else than who asked, cancelled, picked up. */
import { nameText } from '@countersign/pki'
import type { Applicant } from './applicant.ts'
import { type Principal, requirePermission } from './authenticate.ts'
import {
  APPROVAL_DAYS,
  type CertificateApproval,
  type CertificateRequestPage,
  type CertificateRequestQuery,
  type ListedCertificateRequest,
} from './certificate-approval.ts'
import type { CertificateNames } from './certificate-names.ts'
import { currentPrincipal } from './current-principal.ts'
import {
  type EnrolledCertificate,
  type EnrollmentWish,
  issueJudged,
  type JudgedEnrollment,
  judgeEnrollment,
} from './enroll-certificate.ts'
import type { EnrollmentRightHolder } from './enrollment-right.ts'
import { type ChainedCertificate, chainedCertificate } from './manage-device-certificates.ts'
import { requireOtherHands } from './other-hands.ts'
import type { PrivateKeyWish } from './private-key-file.ts'
import { alternativeText } from './profile-field.ts'
import { type Actor, auditEvent, PLATFORM } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { lineText } from './text-field.ts'
import type { World } from './world.ts'

/** A request with its certificate, where there is one. */
export type FoundCertificateRequest = ListedCertificateRequest & {
  readonly certificate: ChainedCertificate | undefined
}

const LONGEST_REASON = 1_024
const DAY_MS = 86_400_000

/** Those of the principal's account that are so. */
export async function listCertificateRequests(
  { store }: Pick<World, 'store'>,
  { account }: Principal,
  query: Omit<CertificateRequestQuery, 'accountId'>,
): Promise<CertificateRequestPage> {
  return store.certificateApprovals.listRequests({ ...query, accountId: account.id })
}

/** One of the principal's account. */
export async function findCertificateRequest(
  world: World,
  { account }: Principal,
  id: string,
): Promise<FoundCertificateRequest> {
  const found = await world.store.certificateApprovals.findRequest(account.id, id)
  if (!found) throw notFound()
  return withCertificate(world, account.id, found)
}

/** One that was sent by one of these rights; any other is as one that is not there. */
export async function findRequestOfRights(
  world: World,
  rights: readonly EnrollmentRightHolder[],
  id: string,
): Promise<FoundCertificateRequest> {
  for (const { right, account } of rights) {
    const found = await world.store.certificateApprovals.findRequest(account.id, id)
    const { kind, id: actorId } = (found?.request ?? found?.approval)?.actor ?? {}
    if (found && kind === right.proof.kind && actorId === right.id) return withCertificate(world, account.id, found)
  }
  throw notFound()
}

async function withCertificate(
  world: World,
  accountId: string,
  found: ListedCertificateRequest,
): Promise<FoundCertificateRequest> {
  const { certificateId } = found.request ?? {}
  return {
    ...found,
    certificate: certificateId === undefined ? undefined : await chainedCertificate(world, accountId, certificateId),
  }
}

/**
 * Approves a request: with a CSR its certificate is issued now; a key that is made here waits for who asked to pick it up.
 * All of it is judged again by the profiles as they are now.
 */
export async function approveCertificateRequest(
  world: World,
  principal: Principal,
  id: string,
): Promise<FoundCertificateRequest> {
  const approval = await pendingApproval(world, principal, id)
  await requireOtherHands(world, world.store, principal, approval)
  const at = world.now()
  const isIssued = approval.keyGeneration === 'client'
  const confirm: Applicant['confirm'] = async (repositories, made) => {
    await requireOtherHands(world, repositories, principal, approval)
    const approved: CertificateApproval = {
      ...approval,
      status: 'APPROVED',
      certificateId: made?.certificateId,
      decision: { userId: principal.user.id, at, reason: undefined },
      endsAt: new Date(at.getTime() + APPROVAL_DAYS * DAY_MS),
    }
    if (!(await repositories.certificateApprovals.change(approved, 'PENDING_APPROVAL'))) throw notPending()
    await record(world, repositories, actorOf(principal), 'certificate_request.approve', approved)
  }
  const applicant = onBehalfOf(approval, confirm)
  const judged = await judgeAgain(world, applicant, approval)
  if (isIssued) await issueJudged(world, applicant, judged, 'APPROVED')
  else await world.store.transaction((repositories) => confirm(repositories))
  return findCertificateRequest(world, principal, id)
}

/** Rejects a request, and says why. */
export async function rejectCertificateRequest(
  world: World,
  principal: Principal,
  id: string,
  reason: string,
): Promise<FoundCertificateRequest> {
  const said = lineText('reason', reason, 1, LONGEST_REASON)
  const approval = await pendingApproval(world, principal, id)
  await world.store.transaction(async (repositories) => {
    requirePermission(await currentPrincipal(repositories, principal), 'APPROVE_IOT_CERTIFICATE')
    const decision = { userId: principal.user.id, at: world.now(), reason: said }
    const rejected: CertificateApproval = { ...approval, status: 'REJECTED', decision }
    if (!(await repositories.certificateApprovals.change(rejected, 'PENDING_APPROVAL'))) throw notPending()
    await record(world, repositories, actorOf(principal), 'certificate_request.reject', rejected)
  })
  return findCertificateRequest(world, principal, id)
}

/** Takes back what was asked for, as long as there is no certificate; for who asked. */
export async function cancelCertificateRequest(
  world: World,
  principal: Principal,
  id: string,
): Promise<FoundCertificateRequest> {
  const approval = await ownApproval(world, principal, id)
  await world.store.transaction(async (repositories) => {
    await currentPrincipal(repositories, principal)
    const cancelled: CertificateApproval = { ...approval, status: 'CANCELLED' }
    if (!isOpen(approval, world.now()) || !(await repositories.certificateApprovals.change(cancelled, approval.status)))
      throw new Refusal(
        'conflict',
        'certificate_request_settled',
        'Something has come of the certificate request already: look at it.',
      )
    await record(world, repositories, actorOf(principal), 'certificate_request.cancel', cancelled)
  })
  return findCertificateRequest(world, principal, id)
}

/** Makes the key and the certificate of an approved request, and hands both out to who asked, this once. */
export async function pickUpCertificate(
  world: World,
  principal: Principal,
  id: string,
  { privateKey, includesChain }: { readonly privateKey: PrivateKeyWish; readonly includesChain: boolean },
): Promise<EnrolledCertificate> {
  const approval = await ownApproval(world, principal, id)
  requireReady(approval, world.now())
  const applicant = onBehalfOf(approval, async (repositories, made) => {
    requirePermission(await currentPrincipal(repositories, principal), 'MANAGE_IOT_CERTIFICATE')
    if (await repositories.certificateApprovals.change({ ...approval, certificateId: made?.certificateId }, 'APPROVED'))
      return
    throw new Refusal('conflict', 'certificate_request_settled', 'It was picked up, or cancelled, a moment ago.')
  })
  const judged = await judgeAgain(world, applicant, approval, { privateKey, includesChain })
  return issueJudged(world, applicant, judged, 'APPROVED')
}

function requireReady(approval: CertificateApproval, at: Date): void {
  const fault = (code: string, message: string): Refusal => new Refusal('conflict', code, message)
  if (approval.keyGeneration === 'client')
    throw fault(
      'nothing_to_pick_up',
      'The key is yours: the certificate is in the certificate request once it is approved.',
    )
  if (approval.certificateId !== undefined)
    throw fault(
      'private_key_given_before',
      `The certificate ${approval.certificateId} was picked up, and its private key was in that answer alone: if you don't have it, revoke the certificate and send a new request.`,
    )
  if (approval.status !== 'APPROVED' || !isOpen(approval, at))
    throw fault('certificate_request_not_approved', 'Only a certificate request that is APPROVED is picked up.')
}

const BATCH = 100

/** Ends requests that nobody decided, or picked up, in time. How many there were. */
export async function expireCertificateRequests(world: Pick<World, 'store' | 'now'>): Promise<number> {
  for (let expired = 0; ; ) {
    const ended = await world.store.certificateApprovals.listEnded(world.now(), BATCH)
    for (const approval of ended)
      await world.store.transaction(async (repositories) => {
        const over: CertificateApproval = { ...approval, status: 'EXPIRED' }
        if (!(await repositories.certificateApprovals.change(over, approval.status))) return
        expired++
        await record(world, repositories, PLATFORM, 'certificate_request.expire', over)
      })
    if (ended.length < BATCH) return expired
  }
}

/** What a certificate will say, for who approves it. */
export function wishedNames({ subject, subjectAlternativeNames }: CertificateNames): {
  readonly subject: string
  readonly alternativeNames: readonly string[]
} {
  return {
    subject: nameText(subject),
    alternativeNames: subjectAlternativeNames.map((name) => `${name.type}:${alternativeText(name) ?? ''}`),
  }
}

/** What was asked for, by the profiles as they are now. Throws a Refusal where it would be another certificate than who approves has seen. */
async function judgeAgain(
  world: World,
  applicant: Applicant,
  approval: CertificateApproval,
  key: { readonly privateKey: PrivateKeyWish; readonly includesChain: boolean } = {
    privateKey: ANY,
    includesChain: false,
  },
): Promise<JudgedEnrollment> {
  const { wish, enrollmentProfileId, keyType } = approval
  const again: EnrollmentWish = {
    enrollmentProfileId,
    attributes: wish.attributes,
    deviceAttributes: wish.deviceAttributes,
    key:
      wish.csr === undefined ? { by: 'server', keyType, privateKey: key.privateKey } : { by: 'client', csr: wish.csr },
    includesChain: key.includesChain,
  }
  const judged = await judgeEnrollment(world, applicant, again)
  const names = wishedNames(judged.names)
  const isSame =
    judged.keyType === keyType &&
    names.subject === wish.subject &&
    JSON.stringify(names.alternativeNames) === JSON.stringify(wish.alternativeNames)
  if (isSame) return judged
  throw new Refusal(
    'conflict',
    'certificate_request_outdated',
    'Under the profiles as they are now it would be another certificate: reject the request, and let it be sent anew.',
  )
}

/** How the key is handed out is said when it is picked up; this can be done with every key. */
const ANY: PrivateKeyWish = {
  format: 'pem',
  syntax: undefined,
  pkcs12Password: undefined,
  encryptionCertificate: undefined,
}

/** Who asked, as the platform goes on with it: its right was used up when it asked. */
function onBehalfOf(approval: CertificateApproval, confirm: Applicant['confirm']): Applicant {
  const { id, accountId, actor, method, enrollmentProfileId, wish } = approval
  return {
    accountId,
    actor: { ...actor, accountId },
    method,
    address: undefined,
    resourceId: id,
    ...(wish.registeredValues && { heldTo: { enrollmentProfileId, registeredValues: wish.registeredValues } }),
    confirm,
  }
}

async function pendingApproval(
  world: Pick<World, 'store' | 'now'>,
  { account }: Principal,
  id: string,
): Promise<CertificateApproval> {
  const { approval } = (await world.store.certificateApprovals.findRequest(account.id, id)) ?? missing()
  if (approval?.status !== 'PENDING_APPROVAL' || !isOpen(approval, world.now())) throw notPending()
  return approval
}

async function ownApproval(
  { store }: Pick<World, 'store'>,
  { account, user }: Principal,
  id: string,
): Promise<CertificateApproval> {
  const { approval } = (await store.certificateApprovals.findRequest(account.id, id)) ?? missing()
  if (approval?.actor.kind === 'user' && approval.actor.id === user.id) return approval
  if (!approval)
    throw new Refusal('conflict', 'certificate_request_settled', 'Its certificate was issued when it was requested.')
  throw new Refusal('forbidden', 'access_denied', 'Only who sent the certificate request may do this.')
}

const isOpen = ({ status, certificateId, endsAt }: CertificateApproval, at: Date): boolean =>
  (status === 'PENDING_APPROVAL' || status === 'APPROVED') && certificateId === undefined && at < endsAt

const actorOf = ({ user, account }: Principal): Actor => ({ kind: 'user', id: user.id, accountId: account.id })

async function record(
  { now }: Pick<World, 'now'>,
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  actor: Actor,
  action: string,
  { id, accountId, actor: asker, wish, decision }: CertificateApproval,
): Promise<void> {
  await auditEvents.append(
    auditEvent(now(), actor, {
      action,
      resourceType: 'certificate_request',
      resourceId: id,
      accountId,
      details: {
        name: wish.subject,
        userId: asker.kind === 'user' ? asker.id : null,
        ...(decision?.reason !== undefined && { reason: decision.reason }),
      },
    }),
  )
}

function missing(): never {
  throw notFound()
}

function notFound(): Refusal {
  return new Refusal('not_found', 'certificate_request_not_found', 'There is no such certificate request.')
}

function notPending(): Refusal {
  return new Refusal(
    'conflict',
    'certificate_request_not_pending',
    'The certificate request does not wait for approval, or no longer.',
  )
}
