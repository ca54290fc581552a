import type { Accounts } from './account.ts'
import type { ApiKeys } from './api-key.ts'
import type { AuditEvents } from './audit-event.ts'
import type { Authorities } from './authority.ts'
import type { Batches } from './batch.ts'
import type { Certificates, RevocationLists } from './certificate.ts'
import type { CertificateApprovals } from './certificate-approval.ts'
import type { CertificateEndings } from './certificate-ending.ts'
import type { CertificateRequests } from './certificate-request.ts'
import type { CertifiedKeys } from './certified-key.ts'
import type { ClientAuthCertificates } from './client-auth-certificate.ts'
import type { Credentials } from './credential.ts'
import type { CustomRoles } from './custom-role.ts'
import type { Devices } from './device.ts'
import type { DeviceCertificates } from './device-certificate.ts'
import type { DeviceCertificateProfiles } from './device-certificate-profile.ts'
import type { DeviceProfiles } from './device-profile.ts'
import type { Divisions } from './division.ts'
import type { Downloads } from './download.ts'
import type { Endings } from './ending.ts'
import type { EnrollmentProfiles } from './enrollment-profile.ts'
import type { EnrollmentRights } from './enrollment-right.ts'
import type { IdempotencyKeys } from './idempotency.ts'
import type { Mails } from './mail.ts'
import type { OutsideCertificates } from './outside-certificate.ts'
import type { PasswordTokens } from './password-token.ts'
import type { PooledKeys } from './pooled-key.ts'
import type { PrivateKeys } from './private-key.ts'
import type { RevocationChanges } from './revocation-change.ts'
import type { ServiceCertificates } from './service-certificate.ts'
import type { Sessions } from './session.ts'
import type { Settings } from './setting.ts'
import type { SignInAttemptsOfAll } from './sign-in-attempts.ts'
import type { Signatures } from './signature.ts'
import type { SignatureActivations } from './signature-activation.ts'
import type { Totps } from './totp.ts'
import type { TrustAnchors } from './trust-anchor.ts'
import type { Users } from './user.ts'
import type { WebhookDeliveries, Webhooks } from './webhook.ts'

/** What one process at a time may do, over all nodes of the platform. */
export type Locks = {
  /** Waits for a lock and has it until the transaction ends. Only inside a transaction. */
  take(name: string): Promise<void>
  /** Takes a lock until the transaction ends; false when another transaction has it. Only inside a transaction. */
  tryTake(name: string): Promise<boolean>
}

/**
 * All that the platform keeps. An `add` that meets a value that must be unique (a nickname, a serial number) throws a
 * `Refusal` with the reason `conflict`; an `update` of what is not there throws one with `not_found`.
 */
export type Repositories = {
  readonly accounts: Accounts
  readonly users: Users
  readonly roles: CustomRoles
  readonly apiKeys: ApiKeys
  readonly sessions: Sessions
  readonly signInAttempts: SignInAttemptsOfAll
  readonly totps: Totps
  readonly passwordTokens: PasswordTokens
  readonly clientAuthCertificates: ClientAuthCertificates
  readonly downloads: Downloads
  readonly privateKeys: PrivateKeys
  readonly pooledKeys: PooledKeys
  readonly authorities: Authorities
  readonly certificates: Certificates
  readonly certificateEndings: CertificateEndings
  readonly certifiedKeys: CertifiedKeys
  readonly revocationLists: RevocationLists
  readonly revocationChanges: RevocationChanges
  readonly outsideCertificates: OutsideCertificates
  readonly credentials: Credentials
  readonly divisions: Divisions
  readonly deviceProfiles: DeviceProfiles
  readonly devices: Devices
  readonly deviceCertificates: DeviceCertificates
  readonly deviceCertificateProfiles: DeviceCertificateProfiles
  readonly enrollmentProfiles: EnrollmentProfiles
  readonly enrollmentRights: EnrollmentRights
  readonly certificateRequests: CertificateRequests
  readonly certificateApprovals: CertificateApprovals
  readonly idempotencyKeys: IdempotencyKeys
  readonly serviceCertificates: ServiceCertificates
  readonly signatures: Signatures
  readonly signatureActivations: SignatureActivations
  readonly auditEvents: AuditEvents
  readonly settings: Settings
  readonly trustAnchors: TrustAnchors
  readonly mails: Mails
  readonly endings: Endings
  readonly webhooks: Webhooks
  readonly webhookDeliveries: WebhookDeliveries
  readonly batches: Batches
  readonly locks: Locks
}

/** The repositories, each call a transaction of its own, and transactions over several. */
export type Store = Repositories & {
  /**
   * Runs the work in one transaction: committed when it resolves, rolled back when it rejects. The work uses the
   * repositories it is given, waits for all that it starts, and does nothing slow: on SQLite others wait to write.
   */
  transaction<T>(work: (repositories: Repositories) => Promise<T>): Promise<T>
  /**
   * The same for work that comes often: it may share its transaction, and so its commit, with others that come at the same
   * time, all of them side by side. Fails one of them, each is run again in a transaction of its own. So the work does
   * nothing but write, may run twice, and counts in one statement, not by reading first and writing then.
   */
  sharedTransaction<T>(work: (repositories: Repositories) => Promise<T>): Promise<T>
  /** Overwrites what was deleted in SQLite's log too, as in its file; what PostgreSQL keeps of it is its own. */
  overwriteDeleted(): Promise<void>
  /** Resolves when the database answers. */
  ping(): Promise<void>
  close(): Promise<void>
}
