/** Requests for certificates that somebody has to approve. */
import type { Applicant } from './applicant.ts'
import type { GivenAttribute } from './certificate-names.ts'
import type { CertificateRequest } from './certificate-request.ts'
import type { RegisteredValue } from './enrollment-right.ts'

/** As those that nobody has to approve are, for who asks for all of them. */
export const CERTIFICATE_REQUEST_STATUSES = [
  'AUTO_APPROVED',
  'PENDING_APPROVAL',
  'APPROVED',
  'REJECTED',
  'CANCELLED',
  'EXPIRED',
] as const

export type CertificateRequestStatus = (typeof CERTIFICATE_REQUEST_STATUSES)[number]

/** What was asked for, to be judged again: all but what a key that is made here is to be handed out as. */
export type ApprovalWish = {
  readonly attributes: readonly GivenAttribute[]
  readonly deviceAttributes: readonly GivenAttribute[]
  /** PKCS #10, PEM; undefined where the key is made here. */
  readonly csr: string | undefined
  /** Where who asked was held to values. */
  readonly registeredValues: readonly RegisteredValue[] | undefined
  /** What the certificate will say: who approves has seen that. */
  readonly subject: string
  readonly alternativeNames: readonly string[]
}

/** A request that somebody has to approve, or had to. Its certificate request, once there is a certificate, has the same id. */
export type CertificateApproval = Pick<
  CertificateRequest,
  'id' | 'accountId' | 'enrollmentProfileId' | 'actor' | 'keyGeneration' | 'keyType' | 'createdAt'
> & {
  readonly method: Applicant['method']
  /** Undefined where the request named none; it is made with the certificate, if it is not there. */
  readonly deviceIdentifier: string | undefined
  readonly status: Exclude<CertificateRequestStatus, 'AUTO_APPROVED'>
  /** Of one that was approved: a key that is made here is made when its certificate is picked up. */
  readonly certificateId: string | undefined
  readonly wish: ApprovalWish
  /** Id of the user who approved or rejected it, and why. */
  readonly decision: { readonly userId: string; readonly at: Date; readonly reason: string | undefined } | undefined
  /** When it comes to nothing unless it was decided by then, and picked up where that is needed. */
  readonly endsAt: Date
}

/** A request with what it names; of one that somebody had to approve there is the approval, and of one with a certificate the request. */
export type ListedCertificateRequest = {
  readonly request: CertificateRequest | undefined
  readonly approval: CertificateApproval | undefined
  readonly enrollmentProfileName: string
  readonly deviceIdentifier: string | undefined
}

/** Which requests of an account are wanted: those of which all that is given is so. */
export type CertificateRequestQuery = {
  readonly accountId: string
  readonly status?: CertificateRequestStatus
  readonly enrollmentProfileId?: string
  readonly deviceIdentifier?: string
  /** Who asked. */
  readonly actorId?: string
  /** At that moment or later. */
  readonly createdFrom?: Date
  /** Before that moment. */
  readonly createdUntil?: Date
  readonly offset: number
  readonly limit: number
}

/** Requests, and how many there are of their kind as far as they were counted. */
export type CertificateRequestPage = {
  readonly total: number
  /** False where there are as many, or more. */
  readonly isTotalExact: boolean
  readonly records: readonly ListedCertificateRequest[]
}

/** The requests in the store that somebody has to approve; with the others where all are asked for. */
export type CertificateApprovals = {
  find(id: string): Promise<CertificateApproval | undefined>
  add(approval: CertificateApproval): Promise<void>
  /** Changes status, decision, end and certificate of one that has that status and no certificate. False of any other. */
  change(approval: CertificateApproval, from: CertificateApproval['status']): Promise<boolean>
  /** Those that wait for a decision, or to be picked up, and ended before that moment. */
  listEnded(before: Date, limit: number): Promise<readonly CertificateApproval[]>
  /** One of all certificate requests of an account. */
  findRequest(accountId: string, id: string): Promise<ListedCertificateRequest | undefined>
  /** All certificate requests of an account, the newest first. */
  listRequests(query: CertificateRequestQuery): Promise<CertificateRequestPage>
}

/** How long a request waits for a decision, and an approved one to be picked up. */
export const APPROVAL_DAYS = 30
