import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { AccountRow } from './account.ts'
import type { ApiKeyRow } from './api-key.ts'
import type { AuditEventRow, AuditHeadRow } from './audit-event.ts'
import type { AuthorityRow } from './authority.ts'
import type { BatchRow } from './batch.ts'
import type { BatchRequestRow } from './batch-request.ts'
import type { CertificateRow } from './certificate.ts'
import type { CertificateApprovalRow } from './certificate-approval.ts'
import type { ExpirySweepRow } from './certificate-ending.ts'
import type { CertificateRequestRow } from './certificate-request.ts'
import type { CertifiedKeyRow, KeyCertificateRow } from './certified-key.ts'
import type { ClientAuthCertificateRow } from './client-auth-certificate.ts'
import type { CredentialRow } from './credential.ts'
import type { DeviceRow } from './device.ts'
import type { CertificateNameRow, DeviceCertificateRow } from './device-certificate.ts'
import type { DeviceCertificateProfileRow } from './device-certificate-profile.ts'
import type { DeviceProfileRow } from './device-profile.ts'
import type { DivisionRow } from './division.ts'
import type { DownloadRow } from './download.ts'
import type { EndingWarningRow } from './ending.ts'
import type { EnrollmentProfileRow } from './enrollment-profile.ts'
import type { EnrollmentRightRow } from './enrollment-right.ts'
import type { Breath } from './gathered.ts'
import type { IdempotencyKeyRow } from './idempotency-key.ts'
import type { MailRow } from './mail.ts'
import type { Engine } from './migrate.ts'
import type { OutsideCertificateRow } from './outside-certificate.ts'
import type { PasswordTokenRow } from './password-token.ts'
import type { PooledKeyRow } from './pooled-key.ts'
import type { StatementTexts } from './prepared.ts'
import type { PrivateKeyRow } from './private-key.ts'
import type { ReservedCertificateRow } from './reserved-certificate.ts'
import type { RevocationChangeRow } from './revocation.ts'
import type { RevocationListRow } from './revocation-list.ts'
import type { RoleRow } from './role.ts'
import type { ServiceCertificateRow } from './service-certificate.ts'
import type { SessionRow } from './session.ts'
import type { SettingRow } from './setting.ts'
import type { SignInAttemptsRow } from './sign-in-attempts.ts'
import type { SignatureRow } from './signature.ts'
import type { SignatureActivationRow } from './signature-activation.ts'
import type { RecoveryCodeRow, TotpRow } from './totp.ts'
import type { TrustAnchorRow } from './trust-anchor.ts'
import type { UserRow } from './user.ts'
import type { WebhookDeliveryRow, WebhookRow } from './webhook.ts'

/** The tables. Times are milliseconds since 1970, truth is 1 or 0. */
export type Database = {
  readonly accounts: AccountRow
  readonly users: UserRow
  readonly roles: RoleRow
  readonly api_keys: ApiKeyRow
  readonly sessions: SessionRow
  readonly sign_in_attempts: SignInAttemptsRow
  readonly totps: TotpRow
  readonly recovery_codes: RecoveryCodeRow
  readonly password_tokens: PasswordTokenRow
  readonly downloads: DownloadRow
  readonly private_keys: PrivateKeyRow
  readonly pooled_keys: PooledKeyRow
  readonly authorities: AuthorityRow
  readonly certificates: CertificateRow
  readonly reserved_certificates: ReservedCertificateRow
  readonly certificate_names: CertificateNameRow
  readonly expiry_sweeps: ExpirySweepRow
  readonly device_certificates: DeviceCertificateRow
  readonly certified_keys: CertifiedKeyRow
  readonly key_certificates: KeyCertificateRow
  readonly revocation_lists: RevocationListRow
  readonly revocation_changes: RevocationChangeRow
  readonly client_auth_certificates: ClientAuthCertificateRow
  readonly outside_certificates: OutsideCertificateRow
  readonly credentials: CredentialRow
  readonly divisions: DivisionRow
  readonly device_profiles: DeviceProfileRow
  readonly devices: DeviceRow
  readonly device_certificate_profiles: DeviceCertificateProfileRow
  readonly enrollment_profiles: EnrollmentProfileRow
  readonly enrollment_rights: EnrollmentRightRow
  readonly certificate_requests: CertificateRequestRow
  readonly certificate_approvals: CertificateApprovalRow
  readonly idempotency_keys: IdempotencyKeyRow
  readonly service_certificates: ServiceCertificateRow
  readonly signatures: SignatureRow
  readonly signature_activations: SignatureActivationRow
  readonly audit_events: AuditEventRow
  readonly audit_head: AuditHeadRow
  readonly settings: SettingRow
  readonly trust_anchors: TrustAnchorRow
  readonly mails: MailRow
  readonly ending_warnings: EndingWarningRow
  readonly webhooks: WebhookRow
  readonly webhook_deliveries: WebhookDeliveryRow
  readonly batches: BatchRow
  readonly batch_requests: BatchRequestRow
  readonly migrations: { readonly name: string }
}

/** Where a repository reads and where it writes: the same inside a transaction, and on PostgreSQL. */
export type Connections = {
  readonly read: Kysely<Database>
  readonly write: Kysely<Database>
  /** For what may look at many rows; left out inside a transaction, which looks for itself. */
  readonly search?: Kysely<Database>
  readonly engine: Engine
  /** Of all connections to the database. */
  readonly texts: StatementTexts
  /** Of the transaction, or of the turn of the event loop where there is none. */
  readonly breath: Breath
  /** Reads, and what is sent at once: in a transaction on PostgreSQL it is on its way when the call returns. */
  readonly look: Ask
  /** Writes, in the same way. */
  readonly run: Ask
}

type Ask = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>
