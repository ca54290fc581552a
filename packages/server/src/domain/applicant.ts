/** Who asks for certificates of devices. */
import { type Principal, requirePermission } from './authenticate.ts'
import { currentPrincipal } from './current-principal.ts'
import type { EnrollmentMethod } from './enrollment-profile.ts'
import type { EnrollmentRight } from './enrollment-right.ts'
import type { Actor } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'

/** What is about to be recorded: the certificate, and the file of its key where that was made here. */
export type MadeCertificate = { readonly certificateId: string; readonly privateKey: Uint8Array | undefined }

/** Somebody who asks for certificates, as far as that has been proven, and the way on which it came. */
export type Applicant = {
  readonly accountId: string
  /** For the audit log, and the certificate request. */
  readonly actor: Actor & { readonly id: string }
  readonly method: EnrollmentMethod
  /** Of the client; undefined where the platform goes on with what was asked before. */
  readonly address: string | undefined
  /** Of what is made for it, where that had to be known before. */
  readonly resourceId?: string
  /**
   * Inside the transaction that records a certificate: throws a Refusal if the right to it has been taken meanwhile, and
   * uses up what is counted. Where somebody has to approve it first, nothing is made yet.
   */
  confirm(repositories: Repositories, made?: MadeCertificate): Promise<void>
  /** Throws a Refusal where nothing more may be made by its right: then it may hear what came of what it asked before. */
  requireUseLeft?(): void
  /** The one enrollment profile that it may enroll under, and what its certificates have to say; where it is no user. */
  readonly heldTo?: Pick<EnrollmentRight, 'enrollmentProfileId' | 'registeredValues'>
  /** It renews only what it asked for itself, and gets nothing for devices that have certificates of others. */
  readonly isHeldToOwn?: true
}

/** Whether the applicant is not held to another enrollment profile. */
export function mayEnrollUnder({ heldTo }: Applicant, enrollmentProfileId: string): boolean {
  return !heldTo || heldTo.enrollmentProfileId === enrollmentProfileId
}

/** Throws a Refusal, as of a profile that is not there, where the applicant is held to another. */
export function requireOwnProfile(applicant: Applicant, enrollmentProfileId: string): void {
  if (!mayEnrollUnder(applicant, enrollmentProfileId))
    throw new Refusal('not_found', 'enrollment_profile_not_found', 'There is no such enrollment profile.')
}

/** A user who may have certificates made, known by an API key, a certificate or a session. */
export function userApplicant(
  principal: Principal,
  { method, address }: Pick<Applicant, 'method' | 'address'>,
): Applicant {
  const { account, user } = principal
  return {
    accountId: account.id,
    actor: { kind: 'user', id: user.id, accountId: account.id },
    method,
    address,
    async confirm(repositories, made) {
      const current = await currentPrincipal(repositories, principal)
      // To make a key takes long enough for somebody to notice that it should not be.
      requirePermission(made?.privateKey ? await stillKnown(repositories, current) : current, 'MANAGE_IOT_CERTIFICATE')
    },
  }
}

/** The principal, by what it is known by as that is now. Throws a Refusal where that, or the account, counts no more. */
async function stillKnown(
  { accounts, apiKeys, clientAuthCertificates }: Repositories,
  principal: Principal,
): Promise<Principal> {
  const { account, apiKey: key, clientAuthCertificate: certificate } = principal
  const isServed = (await accounts.find(account.id))?.active
  const apiKey = key && (await apiKeys.find(key.id))
  const isCertificateEnabled = !certificate || (await clientAuthCertificates.find(certificate.id))?.enabled
  if (isServed && isCertificateEnabled && (!key || apiKey?.enabled)) return { ...principal, ...(apiKey && { apiKey }) }
  throw new Refusal('forbidden', 'access_denied', 'What you are known by, or your account, was disabled a moment ago.')
}
