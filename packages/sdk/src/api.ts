// Made by "npm run generate" from the platform's OpenAPI document: changes are made there.
import { type AnsweredFile, type Caller, type CallOptions, segment } from './call.ts'
import type { FormFile } from './form.ts'

/** What credentials.list is asked by. */
export type ListCredentialsQuery = {
  /** What the nickname contains, in whatever case. */
  readonly nickname?: string
  /** A user’s own; `none` for those of the account itself. */
  readonly user_id?: string
  readonly status?: 'requested' | 'enabled' | 'suspended' | 'revoked' | 'expired'
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** Part of what credentials.list answers. */
export type CredentialCertificate = {
  readonly id: string
  /** In upper-case hexadecimal. */
  readonly serial_number: string
  /** RFC 4514. */
  readonly subject: string
  /** RFC 4514. */
  readonly issuer: string
  /** CN of the subject. */
  readonly common_name: string | null
  /** O of the subject. */
  readonly organization: string | null
  readonly valid_from: string
  readonly valid_to: string
  /** SHA-256, hexadecimal. */
  readonly fingerprint: string
  /** false where an authority elsewhere issued it. */
  readonly issued_by_platform: boolean
}

/** What credentials.list answers. */
export type Credential = {
  readonly id: string
  readonly account_id: string
  /** Whose it is; null where it serves whoever of the account may sign. */
  readonly user_id: string | null
  /** The credential ID. */
  readonly nickname: string
  /** requested while it waits for a certificate of an authority elsewhere. */
  readonly status: 'requested' | 'enabled' | 'suspended' | 'revoked' | 'expired'
  /** none where it is the account’s own; locked after five wrong PINs in a row. */
  readonly pin_status: 'none' | 'set' | 'locked'
  readonly pin_attempts_left: number | null
  readonly key_type: 'p_256' | 'p_384' | 'p_521' | 'rsa_2048' | 'rsa_3072' | 'rsa_4096' | 'ed_25519'
  readonly certificate: CredentialCertificate | null
  readonly created_at: string
}

/** What credentials.issue is given. */
export type IssueCredential = {
  /** Whose it is to be, who gets the PIN by mail; without it, it is the account’s own. */
  readonly user_id?: string
  /** The credential ID: nobody else’s in the account. Letters, digits, spaces, - . _ and @. */
  readonly nickname: string
  /** One of p_256, p_384, p_521, rsa_2048, rsa_3072, rsa_4096, ed_25519. */
  readonly key_type: string
  /** Who signs, as readers see it. */
  readonly common_name: string
  /** The account’s name when left out. */
  readonly organization?: string
  /** Two letters, ISO 3166-1. */
  readonly country?: string
  /** How long the certificate lasts: 365 days unless said. */
  readonly validity_days?: number
}

/** What credentials.changePin is given. */
export type ChangePin = {
  /** The PIN as it is now. */
  readonly pin: string
  /** 8 to 64 characters that a keyboard has, without blanks, at least 5 different ones; of digits alone at least 12. */
  readonly new_pin: string
}

/** What credentials.revoke is given. */
export type RevokeCredential = {
  /** unspecified, key_compromise, affiliation_changed, superseded, cessation_of_operation, privilege_withdrawn; unspecified when left out. */
  readonly reason?: string
}

/** What credentials.renew is given. */
export type RenewCredential = {
  /** How long the certificate lasts: 365 days unless said. */
  readonly validity_days?: number
}

/** What credentials.request is given. */
export type RequestCredential = {
  /** Whose it is to be, who gets the PIN by mail; without it, it is the account’s own. */
  readonly user_id?: string
  /** The credential ID: nobody else’s in the account. Letters, digits, spaces, - . _ and @. */
  readonly nickname: string
  /** One of p_256, p_384, p_521, rsa_2048, rsa_3072, rsa_4096, ed_25519. */
  readonly key_type: string
  /** Who signs, as readers see it. */
  readonly common_name: string
  /** The account’s name when left out. */
  readonly organization?: string
  /** Two letters, ISO 3166-1. */
  readonly country?: string
}

/** What credentials.request answers. */
export type RequestedCredential = {
  readonly id: string
  readonly account_id: string
  /** Whose it is; null where it serves whoever of the account may sign. */
  readonly user_id: string | null
  /** The credential ID. */
  readonly nickname: string
  /** requested while it waits for a certificate of an authority elsewhere. */
  readonly status: 'requested' | 'enabled' | 'suspended' | 'revoked' | 'expired'
  /** none where it is the account’s own; locked after five wrong PINs in a row. */
  readonly pin_status: 'none' | 'set' | 'locked'
  readonly pin_attempts_left: number | null
  readonly key_type: 'p_256' | 'p_384' | 'p_521' | 'rsa_2048' | 'rsa_3072' | 'rsa_4096' | 'ed_25519'
  readonly certificate: CredentialCertificate | null
  readonly created_at: string
  /** PKCS #10, PEM. */
  readonly csr: string
}

/** What credentials.uploadCertificate is given. */
export type UploadCertificate = {
  /** The certificate and what stands above it, PEM, in any order; the root may be left out where the trust list has it. */
  readonly certificates: string
}

/** What credentials.import is given. */
export type ImportCredential = {
  /** Whose it is to be, who gets the PIN by mail; without it, it is the account’s own. */
  readonly user_id?: string
  /** The credential ID: nobody else’s in the account. Letters, digits, spaces, - . _ and @. */
  readonly nickname: string
  /** The file in base64: key, certificate and chain. */
  readonly pkcs12: string
  /** Of the file. */
  readonly password: string
}

/** What credentialSignatures.list is asked by. */
export type ListCredentialSignaturesQuery = {
  /** The first day, UTC, as 2026-11-01. */
  readonly from?: string
  /** The last day, UTC. */
  readonly to?: string
  readonly user_id?: string
  /** Any of the hashes, in hexadecimal. */
  readonly hash?: string
  readonly manifest_label?: string
  readonly offset?: number
  readonly limit?: number
}

/** What credentialSignatures.list answers. */
export type Signature = {
  readonly id: string
  readonly created_at: string
  /** Who had it made. */
  readonly user_id: string
  /** The name that this user has now. */
  readonly user_name: string | null
  /** The address that it was asked for from. */
  readonly address: string | null
  /** SHA-256 of the signed file, hexadecimal. */
  readonly output_hash: string | null
  /** SHA-256 of the file as it came. */
  readonly input_hash: string | null
  /** What was signed where only a hash came. */
  readonly signed_hash: string | null
  /** The label of the manifest in the file. */
  readonly manifest_label: string | null
  /** The media type of the file. */
  readonly format: string | null
  /** Bytes of the signed file. */
  readonly size: number | null
  readonly certificate_id: string
  readonly credential_id: string
}

/** What credentialSignatures.export is asked by. */
export type ExportCredentialSignaturesQuery = {
  /** The first day, UTC, as 2026-11-01. */
  readonly from?: string
  /** The last day, UTC. */
  readonly to?: string
  readonly user_id?: string
  /** Any of the hashes, in hexadecimal. */
  readonly hash?: string
  readonly manifest_label?: string
}

/** What trustAnchors.list answers. */
export type TrustAnchor = {
  readonly id: string
  /** Of the certificate, in hexadecimal. */
  readonly sha256: string
  readonly subject: string
  readonly not_before: string
  readonly not_after: string
  /** What the authority is believed about: who signed, or when. */
  readonly purpose: 'signers' | 'time-stamps'
  /** From the lists that C2PA publishes, or added by somebody. */
  readonly source: 'c2pa' | 'added'
  readonly created_at: string
}

/** What trustAnchors.add is given. */
export type AddTrustAnchors = {
  /** What the authority is believed about: who signed, or when. */
  readonly purpose: 'signers' | 'time-stamps'
  /** One or more certificates of authorities, PEM. */
  readonly certificates: string
}

/** What webhooks.list is asked by. */
export type ListWebhooksQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** Part of what webhooks.list answers. */
export type WebhookEvent =
  | 'account.ended'
  | 'account.ending'
  | 'api_key.changed'
  | 'api_key.created'
  | 'api_key.deleted'
  | 'api_key.disabled'
  | 'api_key.enabled'
  | 'api_key.ended'
  | 'api_key.ending'
  | 'api_key.rotated'
  | 'batch.failed'
  | 'batch.finished'
  | 'certificate.ended'
  | 'certificate.ending'
  | 'certificate_request.approved'
  | 'certificate_request.pending'
  | 'certificate_request.rejected'
  | 'client_auth_certificate.disabled'
  | 'client_auth_certificate.enabled'
  | 'client_auth_certificate.ended'
  | 'client_auth_certificate.ending'
  | 'client_auth_certificate.issued'
  | 'client_auth_certificate.renewed'
  | 'client_auth_certificate.revoked'
  | 'credential.created'
  | 'credential.ended'
  | 'credential.ending'
  | 'credential.locked'
  | 'credential.renewed'
  | 'credential.resumed'
  | 'credential.revoked'
  | 'credential.suspended'
  | 'credential.unlocked'
  | 'service_user.ended'
  | 'service_user.ending'
  | 'user.changed'
  | 'user.created'
  | 'user.deleted'
  | 'user.disabled'
  | 'user.enabled'
  | 'user.locked'

/** What webhooks.list answers. */
export type Webhook = {
  readonly id: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  /** While it is not, what happens waits for it, each event for five days. */
  readonly enabled: boolean
  /** Since when it takes nothing; after three days it is disabled. */
  readonly failing_since: string | null
  /** Until when the secret before the last rotation signs too. */
  readonly previous_secret_end_date: string | null
  readonly created_at: string
  /** The id of a user. */
  readonly created_by: string
}

/** What webhooks.create is given. */
export type CreateWebhook = {
  /** https, on port 443 of a public address. */
  readonly url: string
  /** account.ended, account.ending, api_key.changed, api_key.created, api_key.deleted, api_key.disabled, api_key.enabled, api_key.ended, api_key.ending, api_key.rotated, batch.failed, batch.finished, certificate.ended, certificate.ending, certificate_request.approved, certificate_request.pending, certificate_request.rejected, client_auth_certificate.disabled, client_auth_certificate.enabled, client_auth_certificate.ended, client_auth_certificate.ending, client_auth_certificate.issued, client_auth_certificate.renewed, client_auth_certificate.revoked, credential.created, credential.ended, credential.ending, credential.locked, credential.renewed, credential.resumed, credential.revoked, credential.suspended, credential.unlocked, service_user.ended, service_user.ending, user.changed, user.created, user.deleted, user.disabled, user.enabled, user.locked. */
  readonly events: readonly string[]
}

/** What webhooks.create answers. */
export type ToldWebhook = {
  readonly id: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  /** While it is not, what happens waits for it, each event for five days. */
  readonly enabled: boolean
  /** Since when it takes nothing; after three days it is disabled. */
  readonly failing_since: string | null
  /** Until when the secret before the last rotation signs too. */
  readonly previous_secret_end_date: string | null
  readonly created_at: string
  /** The id of a user. */
  readonly created_by: string
  /** What deliveries are signed with: it is told here and never again. */
  readonly secret: string
}

/** What webhooks.change is given. */
export type ChangeWebhook = {
  /** https, on port 443 of a public address. */
  readonly url?: string
  /** account.ended, account.ending, api_key.changed, api_key.created, api_key.deleted, api_key.disabled, api_key.enabled, api_key.ended, api_key.ending, api_key.rotated, batch.failed, batch.finished, certificate.ended, certificate.ending, certificate_request.approved, certificate_request.pending, certificate_request.rejected, client_auth_certificate.disabled, client_auth_certificate.enabled, client_auth_certificate.ended, client_auth_certificate.ending, client_auth_certificate.issued, client_auth_certificate.renewed, client_auth_certificate.revoked, credential.created, credential.ended, credential.ending, credential.locked, credential.renewed, credential.resumed, credential.revoked, credential.suspended, credential.unlocked, service_user.ended, service_user.ending, user.changed, user.created, user.deleted, user.disabled, user.enabled, user.locked. */
  readonly events?: readonly string[]
}

/** What webhooks.rotate is given. */
export type RotateWebhook = {
  /** For how long the old secret signs beside the new one, 24 unless said; 0 ends it at once. */
  readonly overlap_hours?: number | null
}

/** What webhooks.deliveries answers. */
export type WebhookDelivery = {
  /** What it is sent as webhook-id. */
  readonly id: string
  readonly event:
    | 'account.ended'
    | 'account.ending'
    | 'api_key.changed'
    | 'api_key.created'
    | 'api_key.deleted'
    | 'api_key.disabled'
    | 'api_key.enabled'
    | 'api_key.ended'
    | 'api_key.ending'
    | 'api_key.rotated'
    | 'batch.failed'
    | 'batch.finished'
    | 'certificate.ended'
    | 'certificate.ending'
    | 'certificate_request.approved'
    | 'certificate_request.pending'
    | 'certificate_request.rejected'
    | 'client_auth_certificate.disabled'
    | 'client_auth_certificate.enabled'
    | 'client_auth_certificate.ended'
    | 'client_auth_certificate.ending'
    | 'client_auth_certificate.issued'
    | 'client_auth_certificate.renewed'
    | 'client_auth_certificate.revoked'
    | 'credential.created'
    | 'credential.ended'
    | 'credential.ending'
    | 'credential.locked'
    | 'credential.renewed'
    | 'credential.resumed'
    | 'credential.revoked'
    | 'credential.suspended'
    | 'credential.unlocked'
    | 'service_user.ended'
    | 'service_user.ending'
    | 'user.changed'
    | 'user.created'
    | 'user.deleted'
    | 'user.disabled'
    | 'user.enabled'
    | 'user.locked'
    | 'webhook.test'
  readonly status: 'waiting' | 'delivered' | 'failed'
  readonly attempts: number
  readonly created_at: string
  readonly attempted_at: string | null
  readonly next_attempt_at: string | null
  readonly settled_at: string | null
  /** Of the last answer; null: there was none. */
  readonly answer_status: number | null
  /** Why the last attempt failed. */
  readonly fault: string | null
  /** The body that is sent. */
  readonly payload: {
    readonly [name: string]: unknown
  }
}

/** What apiKeys.list is asked by. */
export type ListApiKeysQuery = {
  readonly user_id?: string
  readonly enabled?: boolean
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** Part of what apiKeys.list answers. */
export type Permission =
  | 'SIGN_CTM_CONTENT'
  | 'VIEW_CTM_CREDENTIAL'
  | 'MANAGE_CTM_CREDENTIAL'
  | 'VIEW_CTM_TRUST_LIST'
  | 'MANAGE_CTM_TRUST_LIST'
  | 'MANAGE_AM_PLATFORM'
  | 'MANAGE_AM_ACCOUNT'
  | 'VIEW_AM_ACCOUNT'
  | 'VIEW_AM_USER'
  | 'MANAGE_AM_USER'
  | 'VIEW_AM_ROLE'
  | 'MANAGE_AM_ROLE'
  | 'VIEW_AM_API_KEY'
  | 'MANAGE_AM_API_KEY'
  | 'VIEW_AM_AUDIT_LOG'
  | 'MANAGE_AM_CLIENT_AUTH_CERTIFICATE'
  | 'MANAGE_IOT_CERTIFICATE'
  | 'VIEW_IOT_CERTIFICATE'
  | 'APPROVE_IOT_CERTIFICATE'
  | 'VIEW_IOT_ENROLLMENT_PROFILE'
  | 'MANAGE_IOT_ENROLLMENT_PROFILE'
  | 'VIEW_IOT_DIVISION'
  | 'MANAGE_IOT_DIVISION'
  | 'VIEW_IOT_DEVICE'
  | 'MANAGE_IOT_DEVICE'
  | 'VIEW_IOT_DEVICE_PROFILE'
  | 'MANAGE_IOT_DEVICE_PROFILE'
  | 'VIEW_IOT_CERTIFICATE_PROFILE'
  | 'MANAGE_IOT_CERTIFICATE_PROFILE'

/** What apiKeys.list answers. */
export type ApiKey = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  /** How the key begins. */
  readonly prefix: string
  readonly enabled: boolean
  readonly end_date: null | string
  readonly scopes: null | readonly Permission[]
  readonly allowed_networks: readonly string[]
  /** Until when the key before the last rotation counts. */
  readonly previous_key_end_date: null | string
  readonly created_at: string
}

/** What apiKeys.create is given. */
export type CreateApiKey = {
  /** What people know it by: 1 to 100 characters. */
  readonly name: string
  /** Whose key it is; yours unless it says another. */
  readonly user_id?: string
  /** ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end. */
  readonly end_date?: string | null
  /** What the key may of all that its user may. null: everything. */
  readonly scopes?: readonly Permission[] | null
  /** From where the key counts, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** What apiKeys.create answers. */
export type ToldApiKey = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  /** How the key begins. */
  readonly prefix: string
  readonly enabled: boolean
  readonly end_date: null | string
  readonly scopes: null | readonly Permission[]
  readonly allowed_networks: readonly string[]
  /** Until when the key before the last rotation counts. */
  readonly previous_key_end_date: null | string
  readonly created_at: string
  /** The key itself: it is told here and never again. */
  readonly api_key: string
}

/** What apiKeys.change is given. */
export type ChangeApiKey = {
  /** What people know it by: 1 to 100 characters. */
  readonly name?: string
  /** ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end. */
  readonly end_date?: string | null
  /** What the key may of all that its user may. null: everything. */
  readonly scopes?: readonly Permission[] | null
  /** From where the key counts, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** What apiKeys.rotate is given. */
export type RotateApiKey = {
  /** For how long the old key counts beside the new one, 24 unless said; 0 ends it at once. */
  readonly overlap_hours?: number | null
}

/** What roles.list is asked by. */
export type ListRolesQuery = {
  readonly application_code?: 'content_trust_manager' | 'iot_trust_manager' | 'account_manager'
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** What roles.list answers. */
export type Role = {
  /** What users are given; of built-in roles the name. */
  readonly id: string
  readonly name: string
  readonly description: string
  readonly application_code: 'content_trust_manager' | 'iot_trust_manager' | 'account_manager'
  readonly application_id: string
  readonly permissions: readonly string[]
  /** Whether every account has it; then it never changes. */
  readonly built_in: boolean
}

/** What roles.create is given. */
export type CreateRole = {
  /** No other role’s in the account: 1 to 100 characters. */
  readonly name: string
  readonly description?: string
  /** Of one application, and none that you don’t have. */
  readonly permissions: readonly Permission[]
  readonly application_code: 'content_trust_manager' | 'iot_trust_manager' | 'account_manager'
}

/** What roles.change is given. */
export type ChangeRole = {
  /** No other role’s in the account: 1 to 100 characters. */
  readonly name?: string
  readonly description?: string
  /** Of one application, and none that you don’t have. */
  readonly permissions?: readonly Permission[]
}

/** What users.list is asked by. */
export type ListUsersQuery = {
  readonly user_type?: 'service' | 'standard' | 'SERVICE' | 'STANDARD'
  readonly status?: 'ACTIVE' | 'DISABLED' | 'active' | 'disabled'
  readonly email?: string
  /** A part of it. */
  readonly friendly_name?: string
  readonly role?: string
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** Part of what users.list answers. */
export type Account = {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly service_period: {
    readonly from: string
    /** 9999-12-31 when there is no end. */
    readonly to: string
  }
  readonly friendly_identifier: string
  readonly locale: string
}

/** What users.list answers. */
export type AccountUser = {
  readonly id: string
  readonly email: string
  readonly status: 'ACTIVE' | 'DISABLED'
  readonly access_scope: 'account'
  readonly primary_account_id: string
  readonly created_at: string
  /** null for whom the platform itself made. */
  readonly created_by: string | null
  readonly user_type: 'service' | 'standard'
  readonly friendly_name: string
  readonly description: string
  readonly locale: string
  readonly applications: readonly {
    readonly id: string
    readonly name: string
    readonly permissions: readonly string[]
  }[]
  readonly accounts: readonly Account[]
  readonly roles: readonly string[]
  /** Ids of the people who manage a service user. */
  readonly managers: readonly string[]
  /** After it the user is known no longer. */
  readonly end_date: null | string
}

/** What users.create is given. */
export type CreateUser = {
  readonly friendly_name: string
  readonly description?: string
  readonly email?: string
  /** As en_US. */
  readonly locale?: string
  /** ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end. */
  readonly end_date?: string | null
  /** Ids of people who may see this service user, make and end its API keys, end its certificates and disable it, whatever else they may. They get its warnings. */
  readonly managers?: readonly string[]
  /** Ids of roles, as the list of roles has them. */
  readonly roles: readonly string[]
  /** Your account, as yet. */
  readonly accounts?: readonly string[]
  /** standard: a person, who is invited by mail. */
  readonly user_type?: 'service' | 'standard'
}

/** What users.create answers. */
export type CreatedUser = {
  readonly id: string
  readonly email: string
  readonly status: 'ACTIVE' | 'DISABLED'
  readonly access_scope: 'account'
  readonly primary_account_id: string
  readonly created_at: string
  /** null for whom the platform itself made. */
  readonly created_by: string | null
  readonly user_type: 'service' | 'standard'
  readonly friendly_name: string
  readonly description: string
  readonly locale: string
  readonly applications: readonly {
    readonly id: string
    readonly name: string
    readonly permissions: readonly string[]
  }[]
  readonly accounts: readonly Account[]
  readonly roles: readonly string[]
  /** Ids of the people who manage a service user. */
  readonly managers: readonly string[]
  /** After it the user is known no longer. */
  readonly end_date: null | string
  /** The API key of a service user: it is told here and never again. */
  readonly api_key?: string
  readonly api_key_id?: string
}

/** What users.change is given. */
export type ChangeUser = {
  readonly friendly_name?: string
  readonly description?: string
  readonly email?: string
  /** As en_US. */
  readonly locale?: string
  /** ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end. */
  readonly end_date?: string | null
  /** Ids of people who may see this service user, make and end its API keys, end its certificates and disable it, whatever else they may. They get its warnings. */
  readonly managers?: readonly string[]
  /** Ids of roles, as the list of roles has them. */
  readonly roles?: readonly string[]
}

/** What sessions.signIn is given. */
export type SignIn = {
  readonly email: string
  readonly password: string
  /** The code of the authenticator app: six digits. */
  readonly totp?: string
  /** In place of a code; each serves once. */
  readonly recovery_code?: string
}

/** Part of what sessions.signIn answers. */
export type User = {
  readonly id: string
  readonly email: string
  readonly status: 'ACTIVE' | 'DISABLED'
  readonly access_scope: 'account'
  readonly primary_account_id: string
  readonly created_at: string
  /** null for whom the platform itself made. */
  readonly created_by: string | null
  readonly user_type: 'service' | 'standard'
  readonly friendly_name: string
  readonly description: string
  readonly locale: string
  readonly applications: readonly {
    readonly id: string
    readonly name: string
    readonly permissions: readonly string[]
  }[]
  readonly accounts: readonly Account[]
}

/** What sessions.signIn answers. */
export type CurrentSession = {
  readonly id: string
  /** Whether it is the one that asks. */
  readonly current: boolean
  readonly created_at: string
  /** To the minute. */
  readonly last_used_at: string
  /** When it ends unless it is used. */
  readonly idle_end_date: string
  /** When it ends however much it is used. */
  readonly end_date: string
  /** From where the person signed in. */
  readonly address: string
  readonly user_agent: string
  readonly user: User
  /** To be sent as x-csrf-token with all that changes something. */
  readonly csrf_token: string
  /** The platform made the password, and it stands in a file. */
  readonly password_change_advised: boolean
  readonly totp_enabled: boolean
  readonly recovery_codes_left: number
}

/** What sessions.list is asked by. */
export type ListSessionsQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** What sessions.list answers. */
export type Session = {
  readonly id: string
  /** Whether it is the one that asks. */
  readonly current: boolean
  readonly created_at: string
  /** To the minute. */
  readonly last_used_at: string
  /** When it ends unless it is used. */
  readonly idle_end_date: string
  /** When it ends however much it is used. */
  readonly end_date: string
  /** From where the person signed in. */
  readonly address: string
  readonly user_agent: string
}

/** What passwords.change is given. */
export type ChangePassword = {
  readonly current_password: string
  /** 12 to 256 characters, any. */
  readonly new_password: string
}

/** What passwords.set is given. */
export type SetPassword = {
  /** From the mail. */
  readonly token: string
  /** 12 to 256 characters, any. */
  readonly password: string
}

/** What passwords.reset is given. */
export type ResetPassword = {
  readonly email: string
}

/** What totp.enroll is given. */
export type EnrollTotp = {
  readonly password: string
}

/** What totp.enroll answers. */
export type EnrolledTotp = {
  /** Base32: it is told here and never again. */
  readonly secret: string
  /** What authenticator apps read as a QR code. */
  readonly uri: string
}

/** What totp.confirm is given. */
export type ConfirmTotp = {
  readonly totp: string
}

/** What totp.confirm answers. */
export type RecoveryCodes = {
  /** Each serves once; they are told here and never again. */
  readonly recovery_codes: readonly string[]
}

/** What totp.disable is given. */
export type DisableTotp = {
  readonly password: string
  /** The code of the authenticator app: six digits. */
  readonly totp?: string
  /** In place of a code; each serves once. */
  readonly recovery_code?: string
}

/** What accounts.list is asked by. */
export type ListAccountsQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** What accounts.list answers. */
export type ManagedAccount = {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly service_period: {
    readonly from: string
    /** 9999-12-31 when there is no end. */
    readonly to: string
  }
  readonly friendly_identifier: string
  readonly locale: string
  readonly admins: readonly {
    readonly id: string
    readonly name: string
    readonly email: string
  }[]
  readonly sign_in_methods: readonly {
    readonly signInMethod: 'standard'
    readonly status: 'enabled' | 'disabled'
    readonly mfaStatus: 'enabled' | 'disabled'
    readonly clientAuthCertLoginEnabled: boolean
  }[]
}

/** What accounts.create is given. */
export type CreateAccount = {
  /** Stands in certificates: 1 to 64 characters. */
  readonly name: string
  /** The number that people know it by; letters and dashes too. The next one if left out. */
  readonly friendly_identifier?: string
  /** Outside it nothing of the account authenticates. */
  readonly service_period?: {
    /** A day, as 2027-01-01; it begins with it (UTC). */
    readonly from?: string
    /** ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end. */
    readonly to?: string | null
  }
  /** As en_US. */
  readonly locale?: string
  /** The service user that begins in it. */
  readonly admin?: {
    readonly friendly_name?: string
    readonly email?: string
  }
}

/** What accounts.create answers. */
export type CreatedAccount = {
  readonly id: string
  readonly name: string
  readonly active: boolean
  readonly service_period: {
    readonly from: string
    /** 9999-12-31 when there is no end. */
    readonly to: string
  }
  readonly friendly_identifier: string
  readonly locale: string
  readonly admins: readonly {
    readonly id: string
    readonly name: string
    readonly email: string
  }[]
  readonly sign_in_methods: readonly {
    readonly signInMethod: 'standard'
    readonly status: 'enabled' | 'disabled'
    readonly mfaStatus: 'enabled' | 'disabled'
    readonly clientAuthCertLoginEnabled: boolean
  }[]
  /** A service user that administers the account. */
  readonly admin_user_id: string
  readonly admin_api_key_id: string
  /** Its API key: it is told here and never again. */
  readonly admin_api_key: string
}

/** What accounts.change is given. */
export type ChangeAccount = {
  /** Stands in certificates: 1 to 64 characters. */
  readonly name?: string
  /** The number that people know it by; letters and dashes too. The next one if left out. */
  readonly friendly_identifier?: string
  /** Outside it nothing of the account authenticates. */
  readonly service_period?: {
    /** A day, as 2027-01-01; it begins with it (UTC). */
    readonly from?: string
    /** ISO 8601: a day, which ends with its last second (UTC), or a moment. null: no end. */
    readonly to?: string | null
  }
  /** As en_US. */
  readonly locale?: string
  readonly active?: boolean
}

/** What auditLog.list is asked by. */
export type ListAuditLogQuery = {
  /** Part of the user's name or e-mail address, in any case. */
  readonly user_name?: string
  /** As certificate.issue. */
  readonly action?: string
  /** One or several, with commas between them. */
  readonly resource_types?: string
  readonly resource_id?: string
  readonly status?: 'success' | 'failed'
  /** Nobody sees another account's events. */
  readonly account_id?: string
  /** The first day, UTC. */
  readonly from?: string
  /** The last day, UTC. */
  readonly to?: string
  readonly sort?: '-created_at' | 'created_at'
  readonly offset?: number
  readonly limit?: number
}

/** What auditLog.list answers. */
export type AuditEvent = {
  readonly id: string
  /** The account whose event it is. */
  readonly account_id: string | null
  readonly created_at: string
  /** Who did it: the id of the user, or of the passcode or certificate where it was none. */
  readonly user_id: string | null
  /** The name that this user has now. */
  readonly user_name: string | null
  /** A user, the platform by itself, who has a passcode or a certificate by which others enroll, a device by its own certificate, or somebody unknown. */
  readonly actor_type:
    | 'user'
    | 'platform'
    | 'passcode'
    | 'authentication_certificate'
    | 'device_certificate'
    | 'anonymous'
  /** Noun and verb, as certificate.issue. */
  readonly action: string
  readonly resource_type: string
  /** What it was done to. */
  readonly resource_id: string | null
  readonly status: 'success' | 'failed'
  readonly details: {
    readonly [name: string]: unknown
  }
}

/** What auditLog.export is asked by. */
export type ExportAuditLogQuery = {
  /** Part of the user's name or e-mail address, in any case. */
  readonly user_name?: string
  /** As certificate.issue. */
  readonly action?: string
  /** One or several, with commas between them. */
  readonly resource_types?: string
  readonly resource_id?: string
  readonly status?: 'success' | 'failed'
  /** Nobody sees another account's events. */
  readonly account_id?: string
  /** The first day, UTC. */
  readonly from?: string
  /** The last day, UTC. */
  readonly to?: string
  readonly sort?: '-created_at' | 'created_at'
}

/** What clientAuthCertificates.create is given. */
export type CreateClientAuthCertificate = {
  /** PKCS #10 request, PEM. Its key and its subject are taken, nothing else. */
  readonly csr: string
  /** Letters, digits, spaces, dashes and underscores; nobody else’s in the account. */
  readonly name: string
  /** When it ends, as 2027-12-31T23:59:59Z: at most 397 days ahead, and not after the API key, the user or the account. 365 days, or as long as that allows, when left out. */
  readonly exp?: string | null
}

/** What clientAuthCertificates.create answers. */
export type WholeClientAuthCertificate = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly common_name: string
  readonly end_date: string
  readonly start_date: string
  readonly enabled: boolean
  /** In upper-case hexadecimal. */
  readonly serial_number: string
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly public_key: string
  /** PEM. */
  readonly x509_cert: string
  /** Its authority's, PEM. */
  readonly ca_cert: string
}

/** What clientAuthCertificates.list is asked by. */
export type ListClientAuthCertificatesQuery = {
  /** What the name contains, in whatever case. */
  readonly name?: string
  readonly enabled?: boolean
  /** Another user’s: takes MANAGE_AM_USER. */
  readonly user_id?: string
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** What clientAuthCertificates.list answers. */
export type ClientAuthCertificate = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly common_name: string
  readonly end_date: string
  readonly start_date: string
  readonly enabled: boolean
  /** In upper-case hexadecimal. */
  readonly serial_number: string
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly public_key: string
}

/** What clientAuthCertificates.renew is given. */
export type RenewClientAuthCertificate = {
  /** PKCS #10 request, PEM. Its key and its subject are taken, nothing else. */
  readonly csr: string
  /** The name of the one before with the next number when left out. */
  readonly name?: string | null
  /** When it ends, as 2027-12-31T23:59:59Z: at most 397 days ahead, and not after the API key, the user or the account. 365 days, or as long as that allows, when left out. */
  readonly exp?: string | null
}

/** What clientAuthCertificates.generate is given. */
export type GenerateClientAuthCertificate = {
  /** Letters, digits, spaces, dashes and underscores; nobody else’s in the account. */
  readonly name: string
  /** When it ends, as 2027-12-31T23:59:59Z: at most 397 days ahead, and not after the API key, the user or the account. 365 days, or as long as that allows, when left out. */
  readonly exp?: string | null
  /** Of the file: AES-256 (when left out), AES-128, or 3DES for Windows before 10 1709 and Server 2019, Java before 8u301 and the keychain of macOS, which read nothing else. */
  readonly encryption?: string
  /** SHA-256 (when left out), SHA-384 or SHA-512. */
  readonly signature_hash_algorithm?: string
}

/** What clientAuthCertificates.generate answers. */
export type GeneratedClientAuthCertificate = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly common_name: string
  readonly end_date: string
  readonly start_date: string
  readonly enabled: boolean
  /** In upper-case hexadecimal. */
  readonly serial_number: string
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly public_key: string
  /** PEM. */
  readonly x509_cert: string
  /** Its authority's, PEM. */
  readonly ca_cert: string
  /** Of the PKCS#12 file; never told again. */
  readonly password: string
  /** Gives the file one time, to the same user. */
  readonly download_url: string
  /** The file is gone after it. */
  readonly download_end_date: string
}

/** What divisions.list is asked by. */
export type ListDivisionsQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** The whole of it, letter by letter. */
  readonly name?: string
  /** active, disabled; in any case. */
  readonly status?: string
}

/** Part of what divisions.list answers. */
export type Division = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly status: 'ACTIVE' | 'DISABLED'
  readonly created_at: string
  readonly updated_at: string
}

/** What divisions.list answers. */
export type Divisions = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly Division[]
}

/** What divisions.create is given. */
export type CreateDivision = {
  /** No other division’s in the account: 1 to 100 characters. */
  readonly name: string
  /** Up to 500 characters. */
  readonly description?: string
  /** In a disabled one nothing new is made, no certificates either: active, disabled; in any case. */
  readonly status?: string
}

/** What divisions.change is given. */
export type ChangeDivision = {
  /** No other division’s in the account: 1 to 100 characters. */
  readonly name?: string
  /** Up to 500 characters. */
  readonly description?: string
  /** In a disabled one nothing new is made, no certificates either: active, disabled; in any case. */
  readonly status?: string
}

/** What deviceProfiles.list is asked by. */
export type ListDeviceProfilesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** The whole of it, letter by letter. */
  readonly name?: string
  /** A UUID. */
  readonly division_id?: string
}

/** Part of what deviceProfiles.list answers. */
export type NamedObject = {
  readonly id: string
  readonly name: string
}

/** Part of what deviceProfiles.list answers. */
export type DeviceField = {
  readonly id: string
  readonly name: string
  readonly type: 'text' | 'number' | 'boolean' | 'enum' | 'ip_address' | 'mac_address'
  readonly mandatory: boolean
  readonly options: readonly string[]
  readonly default_value: null | string
  readonly pattern: null | string
}

/** Part of what deviceProfiles.list answers. */
export type DeviceProfile = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly division: NamedObject
  readonly device_identifier_mandatory: boolean
  readonly device_identifier_pattern: null | string
  readonly fields: readonly DeviceField[]
  /** Whether a device may see itself by its own certificate. */
  readonly device_api_allow_read: boolean
  /** Whether a device may change what is known of it by its own certificate. */
  readonly device_api_allow_write: boolean
  /** Whether a device may renew its certificate by its own certificate. */
  readonly device_api_allow_renew_certificate: boolean
  readonly created_at: string
  readonly updated_at: string
}

/** What deviceProfiles.list answers. */
export type DeviceProfiles = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly DeviceProfile[]
}

/** Part of what deviceProfiles.create is given. */
export type ChangeDeviceField = {
  /** A word of yours, by which devices are given a value; else a UUID. */
  readonly id?: string
  /** No other field’s in the profile: 1 to 100 characters. */
  readonly name: string
  /** text, number, boolean, enum, ip_address, mac_address; in any case. */
  readonly type: string
  /** Whether devices have to have it; not when left out. */
  readonly mandatory?: boolean
  /** Of an enum: its values. */
  readonly options?: readonly string[]
  /** The value where none is given. */
  readonly default_value?: string | null
  /** What a text has to look like: * stands for any characters, ? for one. */
  readonly pattern?: string | null
}

/** What deviceProfiles.create is given. */
export type CreateDeviceProfile = {
  /** No other profile’s in the account: 1 to 100 characters. */
  readonly name: string
  /** Up to 500 characters. */
  readonly description?: string
  /** Whether requests for certificates have to say which device it is; they do when left out. */
  readonly device_identifier_mandatory?: boolean
  /** What the identifiers of devices have to look like: * stands for any characters, ? for one. */
  readonly device_identifier_pattern?: string | null
  /** All of them. What a field of the same id has stays the devices’. */
  readonly fields?: readonly ChangeDeviceField[]
  /** Whether a device may see itself by its own certificate. */
  readonly device_api_allow_read?: boolean
  /** Whether a device may change what is known of it by its own certificate. */
  readonly device_api_allow_write?: boolean
  /** Whether a device may renew its certificate by its own certificate. */
  readonly device_api_allow_renew_certificate?: boolean
  /** Where its devices are; for good. */
  readonly division_id: string
}

/** What deviceProfiles.change is given. */
export type ChangeDeviceProfile = {
  /** No other profile’s in the account: 1 to 100 characters. */
  readonly name?: string
  /** Up to 500 characters. */
  readonly description?: string
  /** Whether requests for certificates have to say which device it is; they do when left out. */
  readonly device_identifier_mandatory?: boolean
  /** What the identifiers of devices have to look like: * stands for any characters, ? for one. */
  readonly device_identifier_pattern?: string | null
  /** All of them. What a field of the same id has stays the devices’. */
  readonly fields?: readonly ChangeDeviceField[]
  /** Whether a device may see itself by its own certificate. */
  readonly device_api_allow_read?: boolean
  /** Whether a device may change what is known of it by its own certificate. */
  readonly device_api_allow_write?: boolean
  /** Whether a device may renew its certificate by its own certificate. */
  readonly device_api_allow_renew_certificate?: boolean
}

/** What devices.list is asked by. */
export type ListDevicesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** The whole of it, letter by letter. */
  readonly device_identifier?: string
  /** A UUID. */
  readonly division_id?: string
  /** A UUID. */
  readonly device_profile_id?: string
  /** Deleted ones are listed only where they are asked for: active, disabled, deleted; in any case. */
  readonly status?: string
  /** Made on that day or later, as 2026-11-23. */
  readonly created_from?: string
  /** Made on that day or earlier. */
  readonly created_to?: string
  /** Changed on that day or later. */
  readonly updated_from?: string
  /** Changed on that day or earlier. */
  readonly updated_to?: string
}

/** Part of what devices.list answers. */
export type DeviceValue = {
  readonly id: string
  readonly name: string
  /** null: it has none. */
  readonly value: string | null
  readonly mandatory: boolean
}

/** Part of what devices.list answers. */
export type Device = {
  readonly id: string
  readonly account_id: string
  readonly division: NamedObject
  readonly device_identifier: string
  /** null: no more than its identifier is known. */
  readonly device_profile: NamedObject | null
  readonly created: string
  readonly updated: string
  /** Only an active one gets certificates. */
  readonly status: 'ACTIVE' | 'DISABLED' | 'DELETED'
  readonly fields: readonly DeviceValue[]
  /** Whether a device may see itself by its own certificate. */
  readonly device_api_allow_read: boolean
  /** Whether a device may change what is known of it by its own certificate. */
  readonly device_api_allow_write: boolean
  /** Whether a device may renew its certificate by its own certificate. */
  readonly device_api_allow_renew_certificate: boolean
}

/** What devices.list answers. */
export type Devices = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all, counted up to 10000, and beyond to the record after this page. */
  readonly total: number
  /** false where there are as many, or more. */
  readonly total_is_exact: boolean
  readonly records: readonly Device[]
}

/** Part of what devices.create is given. */
export type ChangeDeviceValue = {
  readonly id: string
  /** Empty where there is none. */
  readonly value: string
}

/** What devices.create is given. */
export type CreateDevice = {
  /** No other device’s in the account: 1 to 255 characters. */
  readonly device_identifier: string
  /** One of its division. */
  readonly device_profile_id?: string
  /** Values of the fields of its profile, all of them: what is left out of these is known no longer. */
  readonly fields?: readonly ChangeDeviceValue[]
  /** Whether a device may see itself by its own certificate. */
  readonly device_api_allow_read?: boolean
  /** Whether a device may change what is known of it by its own certificate. */
  readonly device_api_allow_write?: boolean
  /** Whether a device may renew its certificate by its own certificate. */
  readonly device_api_allow_renew_certificate?: boolean
  /** For good. */
  readonly division_id: string
}

/** What devices.change is given. */
export type ChangeDevice = {
  /** No other device’s in the account: 1 to 255 characters. */
  readonly device_identifier?: string
  /** One of its division. */
  readonly device_profile_id?: string
  /** Values of the fields of its profile, all of them: what is left out of these is known no longer. */
  readonly fields?: readonly ChangeDeviceValue[]
  /** Whether a device may see itself by its own certificate. */
  readonly device_api_allow_read?: boolean
  /** Whether a device may change what is known of it by its own certificate. */
  readonly device_api_allow_write?: boolean
  /** Whether a device may renew its certificate by its own certificate. */
  readonly device_api_allow_renew_certificate?: boolean
}

/** What certificateProfiles.list is asked by. */
export type ListCertificateProfilesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** The whole of it, letter by letter. */
  readonly name?: string
}

/** Part of what certificateProfiles.list answers. */
export type CertificateProfileField = {
  readonly id:
    | 'subject.country'
    | 'subject.state'
    | 'subject.locality'
    | 'subject.street_address'
    | 'subject.organization_name'
    | 'subject.organization_unit'
    | 'subject.serial_number'
    | 'subject.common_name'
    | 'san.dns_name'
    | 'san.ip_address'
    | 'san.email'
    | 'san.uri'
  readonly rule: 'required' | 'optional' | 'fixed'
  readonly values: readonly string[]
  readonly pattern: null | string
  readonly max_values: number
  readonly update_from_csr: boolean
}

/** Part of what certificateProfiles.list answers. */
export type CertificateProfile = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly fields: readonly CertificateProfileField[]
  readonly key_types: readonly (
    | 'rsa_2048'
    | 'rsa_3072'
    | 'rsa_4096'
    | 'p_256'
    | 'p_384'
    | 'p_521'
    | 'ed_25519'
    | 'ml_dsa_44'
    | 'ml_dsa_65'
    | 'ml_dsa_87'
  )[]
  readonly validity_days: number
  readonly key_usages: readonly (
    | 'digital_signature'
    | 'non_repudiation'
    | 'key_encipherment'
    | 'data_encipherment'
    | 'key_agreement'
  )[]
  readonly extended_key_usages: readonly string[]
  readonly signature_hash: 'SHA-256' | 'SHA-384' | 'SHA-512'
  readonly created_at: string
  readonly updated_at: string
}

/** What certificateProfiles.list answers. */
export type CertificateProfiles = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly CertificateProfile[]
}

/** Part of what certificateProfiles.create is given. */
export type ChangeCertificateProfileField = {
  /** subject.country, subject.state, subject.locality, subject.street_address, subject.organization_name, subject.organization_unit, subject.serial_number, subject.common_name, san.dns_name, san.ip_address, san.email, san.uri; in any case. */
  readonly id: string
  /** A fixed one has the values that stand here, whatever a request says: required, optional, fixed; in any case. */
  readonly rule: string
  /** Of a fixed one. */
  readonly values?: readonly string[]
  /** What each value has to look like: * stands for any characters, ? for one. */
  readonly pattern?: string | null
  /** How many values it may have; one when left out. */
  readonly max_values?: number
  /** Whether a CSR may give it where the attributes of the request do not. */
  readonly update_from_csr?: boolean
}

/** What certificateProfiles.create is given. */
export type CreateCertificateProfile = {
  /** No other profile’s in the account: 1 to 100 characters. */
  readonly name: string
  /** What of subject and alternative names there is; nothing else gets in. */
  readonly fields: readonly ChangeCertificateProfileField[]
  /** For which keys there are certificates: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87. */
  readonly key_types: readonly string[]
  /** How many days a certificate is good for. */
  readonly validity_days: number
  /** digital_signature, non_repudiation, key_encipherment, data_encipherment, key_agreement: of these each key has those that its type can be used for. digital_signature, key_encipherment and key_agreement when left out. */
  readonly key_usages?: readonly string[]
  /** client_auth, server_auth, or object identifiers; without any, certificates don’t say what for. */
  readonly extended_key_usages?: readonly string[]
  /** Of the authority’s signature: SHA-256, SHA-384, SHA-512. */
  readonly signature_hash?: string
}

/** What certificateProfiles.change is given. */
export type ChangeCertificateProfile = {
  /** No other profile’s in the account: 1 to 100 characters. */
  readonly name?: string
  /** What of subject and alternative names there is; nothing else gets in. */
  readonly fields?: readonly ChangeCertificateProfileField[]
  /** For which keys there are certificates: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87. */
  readonly key_types?: readonly string[]
  /** How many days a certificate is good for. */
  readonly validity_days?: number
  /** digital_signature, non_repudiation, key_encipherment, data_encipherment, key_agreement: of these each key has those that its type can be used for. digital_signature, key_encipherment and key_agreement when left out. */
  readonly key_usages?: readonly string[]
  /** client_auth, server_auth, or object identifiers; without any, certificates don’t say what for. */
  readonly extended_key_usages?: readonly string[]
  /** Of the authority’s signature: SHA-256, SHA-384, SHA-512. */
  readonly signature_hash?: string
}

/** What batches.list is asked by. */
export type ListBatchesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** Part of what batches.list answers. */
export type Batch = {
  readonly id: string
  /** What people know it by. */
  readonly name: string | null
  readonly enrollment_profile_id: string
  /** Who asked for it. */
  readonly user_id: string
  /** APPROVED until it is begun, IN_PROGRESS until it is COMPLETE; CANCELLED by somebody; FAILED where who asked may have no certificates any more. */
  readonly status: 'APPROVED' | 'IN_PROGRESS' | 'COMPLETE' | 'CANCELLED' | 'FAILED'
  /** Why it failed. */
  readonly reason: string | null
  /** How many requests there are. */
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly created_at: string
  /** When it was begun. */
  readonly started_at: string | null
  /** When it was done, or ended before. */
  readonly finished_at: string | null
  /** When it is deleted, its keys with it. */
  readonly kept_until: string | null
}

/** What batches.list answers. */
export type BatchList = {
  readonly limit: number
  readonly offset: number
  readonly total: number
  readonly records: readonly Batch[]
}

/** What batches.create is given. */
export type BatchForm = {
  /** IOT_ and a UUID; of a profile with the method BATCH. */
  readonly enrollment_profile_id: string
  /** What people know it by: up to 100 characters. */
  readonly name?: string
  /** Of the files in the result: pem (when left out) or der. */
  readonly certificate_format?: string
  /** Whether each of these files has the authorities, too; false when left out. The result has them once in any case. */
  readonly include_full_chain_with_each_certificate?: string
  /** true where the keys are to be made here; then no request has a csr. */
  readonly server_side_key_gen?: string
  /** Of keys that are made here; the default of the profile when left out. */
  readonly key_type?: string
  /** Of keys that are made here: cert_encrypted_key_only (when left out) or cert_encrypted, the file of certificate and key. */
  readonly private_key_format?: string
  /** pkcs8 (when left out) or pkcs1, within what is encrypted. */
  readonly private_key_syntax?: string
  /** PEM: for whom keys that are made here are encrypted; required unless each request has one. */
  readonly encryption_certificate?: string
  /** A table (CSV, RFC 4180) whose first line says what stands in each column: csr, key_type, encryption_certificate, DEVICE_IDENTIFIER, device. and a field of the device profile, or a field of the certificate, as subject.common_name or san.dns_name; several columns of one name give several values. Or a JSON array of objects as in requests. */
  readonly file: FormFile
}

/** Part of what certificates.enroll is given. */
export type EnrollmentAttribute = {
  readonly id: string
  readonly value: string | readonly string[]
}

/** What certificates.enroll is given. */
export type EnrollCertificate = {
  /** IOT_ and a UUID. Who has a passcode or an authentication certificate of one profile alone may leave it out. */
  readonly enrollment_profile_id?: string | null
  /** Fields of the certificate that the profile has, as subject.common_name and san.dns_name: each once, several values as an array. */
  readonly certificate_profile_attributes?: readonly EnrollmentAttribute[] | null
  /** DEVICE_IDENTIFIER: which device it is; one that is not known is made. */
  readonly device_attributes?: readonly EnrollmentAttribute[] | null
  /** PKCS #10, PEM, where the device made its key. */
  readonly csr?: string | null
  /** true where the key is to be made here; then there is no csr. */
  readonly server_side_key_gen?: boolean | null
  /** Of a key that is made here: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87, as far as the profile has them. Its default when left out; ignored where the profile fixes it. */
  readonly key_type?: string | null
  /** Of a key that is made here, and then required: pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only. */
  readonly private_key_format?: string | null
  /** pkcs8 (when left out), or pkcs1: PKCS #1 for RSA keys, SEC 1 for those on curves. Not for pkcs_12. */
  readonly private_key_syntax?: string | null
  /** For pkcs_12: 6 to 20 characters of A-Z, a-z and 0-9. */
  readonly pkcs12_password?: string | null
  /** For cert_encrypted and cert_encrypted_key_only: the certificate, PEM, of who decrypts; of an RSA key or one on P-256, P-384 or P-521. */
  readonly encryption_certificate?: string | null
  /** Whether pem has the intermediates behind the certificate, and files the root, too; true when left out. */
  readonly include_certificate_chain?: boolean | null
  /** true for a file in place of JSON. */
  readonly response_with_certificate_file?: boolean | null
}

/** What certificates.enroll answers. */
export type EnrolledCertificate = {
  readonly certificate_request_id: string
  readonly status: 'AUTO_APPROVED' | 'APPROVED'
  readonly result: 'SUCCESS'
  readonly certificate_id: string
  /** The certificate and, unless they are not wanted, its intermediates. */
  readonly pem: string
  /** Of a key that was made here, this once: text for pem, otherwise the bytes of the file in base64. */
  readonly private_key?: string
}

/** What certificates.enroll answers. */
export type PendingCertificateRequest = {
  readonly certificate_request_id: string
  /** Another than PENDING_APPROVAL where the request was sent before, under the same Idempotency-Key. */
  readonly status: 'PENDING_APPROVAL' | 'APPROVED' | 'REJECTED' | 'CANCELLED' | 'EXPIRED'
  readonly result: 'PENDING' | 'FAILURE'
}

/** What certificates.list is asked by. */
export type ListCertificatesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** ISSUED, REVOKED, EXPIRED, in any case. */
  readonly status?: string
  /** The whole of it, letter by letter. */
  readonly common_name?: string
  /** What it begins with, letter by letter. */
  readonly common_name_prefix?: string
  /** One of its DNS names, addresses, e-mail addresses or URIs, whole, in any case. */
  readonly subject_alternative_name?: string
  /** In hexadecimal; colons, spaces and zeros at its beginning do not count. */
  readonly serial_number?: string
  /** IOT_ and a UUID. */
  readonly enrollment_profile_id?: string
  /** A UUID. */
  readonly certificate_profile_id?: string
  /** A UUID: that of the enrollment profile. */
  readonly division_id?: string
  /** The whole of it, letter by letter. */
  readonly device_identifier?: string
  /** API, EST, BATCH, in any case. */
  readonly enrollment_method?: string
  /** x509. */
  readonly certificate_type?: string
  /** Ends on that day or later, as 2026-11-23. */
  readonly valid_to_from?: string
  /** Ends on that day or earlier, as 2026-11-30. */
  readonly valid_to_to?: string
}

/** Part of what certificates.list answers. */
export type DeviceCertificateRevocation = {
  readonly reason:
    | 'unspecified'
    | 'key_compromise'
    | 'affiliation_changed'
    | 'superseded'
    | 'cessation_of_operation'
    | 'certificate_hold'
    | 'privilege_withdrawn'
    | 'aa_compromise'
  readonly date: string
}

/** Part of what certificates.list answers. */
export type ChainCertificate = {
  /** PEM. */
  readonly blob: string
}

/** Part of what certificates.list answers. */
export type DeviceCertificate = {
  readonly id: string
  readonly account_id: string
  readonly certificate_request_id: string
  readonly common_name: string
  /** RFC 4514. */
  readonly subject: string
  /** In upper-case hexadecimal. */
  readonly serial_number: string
  /** One on hold is REVOKED, with the reason certificate_hold. */
  readonly status: 'ISSUED' | 'REVOKED' | 'EXPIRED'
  readonly valid_from: string
  readonly valid_to: string
  readonly revocation: null | DeviceCertificateRevocation
  readonly certificate_type: 'x509'
  readonly enrollment_method: 'API' | 'EST' | 'BATCH'
  readonly enrollment_profile: NamedObject
  /** Its name is its identifier. */
  readonly device: NamedObject | null
  readonly key_type:
    | 'rsa_2048'
    | 'rsa_3072'
    | 'rsa_4096'
    | 'p_256'
    | 'p_384'
    | 'p_521'
    | 'ed_25519'
    | 'ml_dsa_44'
    | 'ml_dsa_65'
    | 'ml_dsa_87'
  readonly key_generation: 'client_side' | 'server_side'
  readonly created_at: string
  /** PEM. */
  readonly body: string
  /** Its authorities, the root last. */
  readonly chain: readonly ChainCertificate[]
}

/** What certificates.list answers. */
export type DeviceCertificates = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all, counted up to 10000, and beyond to the record after this page: who goes on until offset is total sees all. */
  readonly total: number
  /** false where there are as many, or more. */
  readonly total_is_exact: boolean
  readonly records: readonly DeviceCertificate[]
}

/** What certificates.download is asked by. */
export type DownloadCertificateQuery = {
  /** pem (when left out), der, pkcs7 (with its authorities, DER), or chain (with its authorities, PEM). */
  readonly format?: string
}

/** What certificates.revoke is given. */
export type RevokeDeviceCertificate = {
  /** unspecified, key_compromise, affiliation_changed, superseded, cessation_of_operation, certificate_hold, privilege_withdrawn, aa_compromise; certificate_hold can be released. */
  readonly reason: string
  /** From when on it does not count: ISO 8601, not before it began and not to come. Now when left out. */
  readonly revocation_date?: string | null
  /** For the audit log. */
  readonly comments?: string | null
}

/** What certificates.renew is given. */
export type RenewCertificate = {
  /** Fields of the certificate that the profile has, as subject.common_name and san.dns_name: each once, several values as an array. */
  readonly certificate_profile_attributes?: readonly EnrollmentAttribute[] | null
  /** DEVICE_IDENTIFIER: which device it is; one that is not known is made. */
  readonly device_attributes?: readonly EnrollmentAttribute[] | null
  /** PKCS #10, PEM, where the device made its key. */
  readonly csr?: string | null
  /** true where the key is to be made here; then there is no csr. */
  readonly server_side_key_gen?: boolean | null
  /** Of a key that is made here: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87, as far as the profile has them. Its default when left out; ignored where the profile fixes it. */
  readonly key_type?: string | null
  /** Of a key that is made here, and then required: pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only. */
  readonly private_key_format?: string | null
  /** pkcs8 (when left out), or pkcs1: PKCS #1 for RSA keys, SEC 1 for those on curves. Not for pkcs_12. */
  readonly private_key_syntax?: string | null
  /** For pkcs_12: 6 to 20 characters of A-Z, a-z and 0-9. */
  readonly pkcs12_password?: string | null
  /** For cert_encrypted and cert_encrypted_key_only: the certificate, PEM, of who decrypts; of an RSA key or one on P-256, P-384 or P-521. */
  readonly encryption_certificate?: string | null
  /** Whether pem has the intermediates behind the certificate, and files the root, too; true when left out. */
  readonly include_certificate_chain?: boolean | null
  /** true for a file in place of JSON. */
  readonly response_with_certificate_file?: boolean | null
  /** Left out, or that of the certificate: under another a certificate is requested, not renewed. */
  readonly enrollment_profile_id?: string | null | null
}

/** What certificateRequests.list is asked by. */
export type ListCertificateRequestsQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** AUTO_APPROVED, PENDING_APPROVAL, APPROVED, REJECTED, CANCELLED, EXPIRED; in any case. */
  readonly status?: string
  /** IOT_ and a UUID. */
  readonly enrollment_profile_id?: string
  /** The whole of it, letter by letter. */
  readonly device_identifier?: string
  /** Id of who sent it. */
  readonly requested_by?: string
  /** On that day or later, as 2026-11-23. */
  readonly created_from?: string
  /** On that day or earlier, as 2026-11-30. */
  readonly created_to?: string
}

/** Part of what certificateRequests.list answers. */
export type CertificateApplicant = {
  /** user, or what it was known by. */
  readonly kind: string
  readonly id: string
}

/** Part of what certificateRequests.list answers. */
export type CertificateApproval = {
  /** Of the certificate, RFC 4514. */
  readonly subject: string
  /** Of the certificate, each behind its kind. */
  readonly subject_alternative_names: readonly string[]
  /** As they were sent. */
  readonly certificate_profile_attributes: readonly {
    readonly id: string
    readonly value: string | readonly string[]
  }[]
  /** As they were sent; the device is made, or changed, with the certificate. */
  readonly device_attributes: readonly {
    readonly id: string
    readonly value: string | readonly string[]
  }[]
  readonly csr: null | string
  readonly decided_by: null | string
  readonly decided_at: null | string
  readonly reason: null | string
  readonly expires_at: null | string
}

/** Part of what certificateRequests.list answers. */
export type ListedCertificateRequest = {
  readonly id: string
  readonly account_id: string
  /** APPROVED without a certificate: the key is made here, and waits to be picked up. */
  readonly status: 'AUTO_APPROVED' | 'PENDING_APPROVAL' | 'APPROVED' | 'REJECTED' | 'CANCELLED' | 'EXPIRED'
  readonly enrollment_profile: NamedObject
  readonly enrollment_method: 'API' | 'EST' | 'BATCH'
  readonly device_identifier: null | string
  readonly key_generation: 'client_side' | 'server_side'
  readonly key_type:
    | 'rsa_2048'
    | 'rsa_3072'
    | 'rsa_4096'
    | 'p_256'
    | 'p_384'
    | 'p_521'
    | 'ed_25519'
    | 'ml_dsa_44'
    | 'ml_dsa_65'
    | 'ml_dsa_87'
  readonly requested_by: CertificateApplicant
  readonly created_at: string
  readonly certificate_id: null | string
  readonly renewed_certificate_id: null | string
  /** null where nobody had to approve it. */
  readonly approval: null | CertificateApproval
}

/** What certificateRequests.list answers. */
export type CertificateRequests = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly ListedCertificateRequest[]
  /** false where there are as many, or more. */
  readonly total_is_exact: boolean
}

/** What certificateRequests.get answers. */
export type CertificateRequest = {
  readonly id: string
  readonly account_id: string
  /** APPROVED without a certificate: the key is made here, and waits to be picked up. */
  readonly status: 'AUTO_APPROVED' | 'PENDING_APPROVAL' | 'APPROVED' | 'REJECTED' | 'CANCELLED' | 'EXPIRED'
  readonly enrollment_profile: NamedObject
  readonly enrollment_method: 'API' | 'EST' | 'BATCH'
  readonly device_identifier: null | string
  readonly key_generation: 'client_side' | 'server_side'
  readonly key_type:
    | 'rsa_2048'
    | 'rsa_3072'
    | 'rsa_4096'
    | 'p_256'
    | 'p_384'
    | 'p_521'
    | 'ed_25519'
    | 'ml_dsa_44'
    | 'ml_dsa_65'
    | 'ml_dsa_87'
  readonly requested_by: CertificateApplicant
  readonly created_at: string
  readonly certificate_id: null | string
  readonly renewed_certificate_id: null | string
  /** null where nobody had to approve it. */
  readonly approval: null | CertificateApproval
  readonly certificate: null | DeviceCertificate
  readonly pem: null | string
}

/** What certificateRequests.reject is given. */
export type RejectCertificateRequest = {
  /** Up to 1024 characters on one line. */
  readonly reason: string
}

/** What certificateRequests.pickUp is given. */
export type PickUpCertificate = {
  /** Of a key that is made here, and then required: pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only. */
  readonly private_key_format?: string | null
  /** pkcs8 (when left out), or pkcs1: PKCS #1 for RSA keys, SEC 1 for those on curves. Not for pkcs_12. */
  readonly private_key_syntax?: string | null
  /** For pkcs_12: 6 to 20 characters of A-Z, a-z and 0-9. */
  readonly pkcs12_password?: string | null
  /** For cert_encrypted and cert_encrypted_key_only: the certificate, PEM, of who decrypts; of an RSA key or one on P-256, P-384 or P-521. */
  readonly encryption_certificate?: string | null
  /** Whether pem has the intermediates behind the certificate, and files the root, too; true when left out. */
  readonly include_certificate_chain?: boolean | null
  /** true for a file in place of JSON. */
  readonly response_with_certificate_file?: boolean | null
}

/** Part of what enrollmentProfiles.create is given. */
export type ChangeEnrollmentPeriod = {
  /** A day, which begins with its first second (UTC), or a moment; ISO 8601. */
  readonly from?: string | null
  /** A day, which ends with its last second (UTC), or a moment; it lies ahead. */
  readonly to?: string | null
}

/** What enrollmentProfiles.create is given. */
export type CreateEnrollmentProfile = {
  /** What people know it by: 1 to 100 characters. */
  readonly name: string
  /** Where its devices are; for good. */
  readonly division_id: string
  /** What the certificates say. */
  readonly certificate_profile_id: string
  /** active, disabled; under a disabled one there are no certificates. */
  readonly status?: string
  /** What is known of the devices. null: their identifiers alone. */
  readonly device_profile_id?: string | null
  /** The authority that issues to devices; the platform has one. */
  readonly issuing_authority_id?: string
  /** Where certificates may be requested: API, EST, BATCH. */
  readonly enrollment_methods?: readonly string[]
  /** Who makes the key: client_side, server_side, client_or_server_side. */
  readonly key_generation_option?: string
  /** Of keys that are made here, unless the request may say another: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87, as far as the certificate profile has them. */
  readonly key_type?: string
  /** fixed: always key_type. selectable: what the request says, or key_type. */
  readonly key_type_option?: string
  /** automatic, manual: whether somebody has to approve what is requested. */
  readonly approval?: string
  /** How many days before its end a certificate may be renewed. null: none. */
  readonly renewal_window_days?: number | null
  /** Whether a renewal may be for the same key. */
  readonly allow_key_reuse?: boolean
  /** Whether a renewal may have other names than the certificate; not where requests are approved. */
  readonly allow_name_change?: boolean
  /** When there are certificates under the profile. null: always. */
  readonly validity_period?: null | ChangeEnrollmentPeriod
  /** How many certificates there may be, beside those that renew others; what was issued before counts. null: none. */
  readonly usage_limit?: number | null
  /** From where requests may come, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** Part of what enrollmentProfiles.create answers. */
export type EnrollmentPeriod = {
  /** null: from the beginning. */
  readonly from: null | string
  /** null: for good. */
  readonly to: null | string
}

/** What enrollmentProfiles.create answers. */
export type EnrollmentProfile = {
  /** IOT_ and a UUID. */
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly status: 'active' | 'disabled'
  readonly division: NamedObject
  readonly certificate_profile: NamedObject
  readonly device_profile: NamedObject | null
  readonly issuing_authority: NamedObject
  readonly enrollment_methods: readonly ('API' | 'EST' | 'BATCH')[]
  readonly key_generation_option: 'client_side' | 'server_side' | 'client_or_server_side'
  readonly key_type:
    | 'rsa_2048'
    | 'rsa_3072'
    | 'rsa_4096'
    | 'p_256'
    | 'p_384'
    | 'p_521'
    | 'ed_25519'
    | 'ml_dsa_44'
    | 'ml_dsa_65'
    | 'ml_dsa_87'
  readonly key_type_option: 'fixed' | 'selectable'
  readonly approval: 'automatic' | 'manual'
  /** null: at any time before its end. */
  readonly renewal_window_days: null | number
  readonly allow_key_reuse: boolean
  readonly allow_name_change: boolean
  readonly validity_period: EnrollmentPeriod
  /** null: none. */
  readonly usage_limit: null | number
  /** Counted where there is a limit. */
  readonly number_of_usage: null | number
  readonly allowed_networks: readonly string[]
  readonly created_at: string
  readonly updated_at: string
}

/** What enrollmentProfiles.list is asked by. */
export type ListEnrollmentProfilesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
  /** The whole of it, letter by letter. */
  readonly name?: string
  /** active, disabled, in any case. */
  readonly status?: string
  /** Of its division. */
  readonly division_id?: string
  /** Of its certificate profile. */
  readonly certificate_profile_id?: string
  /** Of its device profile. */
  readonly device_profile_id?: string
}

/** What enrollmentProfiles.list answers. */
export type EnrollmentProfiles = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly EnrollmentProfile[]
}

/** What enrollmentProfiles.change is given. */
export type ChangeEnrollmentProfile = {
  /** What people know it by: 1 to 100 characters. */
  readonly name?: string
  /** What the certificates say. */
  readonly certificate_profile_id?: string
  /** active, disabled; under a disabled one there are no certificates. */
  readonly status?: string
  /** What is known of the devices. null: their identifiers alone. */
  readonly device_profile_id?: string | null
  /** The authority that issues to devices; the platform has one. */
  readonly issuing_authority_id?: string
  /** Where certificates may be requested: API, EST, BATCH. */
  readonly enrollment_methods?: readonly string[]
  /** Who makes the key: client_side, server_side, client_or_server_side. */
  readonly key_generation_option?: string
  /** Of keys that are made here, unless the request may say another: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87, as far as the certificate profile has them. */
  readonly key_type?: string
  /** fixed: always key_type. selectable: what the request says, or key_type. */
  readonly key_type_option?: string
  /** automatic, manual: whether somebody has to approve what is requested. */
  readonly approval?: string
  /** How many days before its end a certificate may be renewed. null: none. */
  readonly renewal_window_days?: number | null
  /** Whether a renewal may be for the same key. */
  readonly allow_key_reuse?: boolean
  /** Whether a renewal may have other names than the certificate; not where requests are approved. */
  readonly allow_name_change?: boolean
  /** When there are certificates under the profile. null: always. */
  readonly validity_period?: null | ChangeEnrollmentPeriod
  /** How many certificates there may be, beside those that renew others; what was issued before counts. null: none. */
  readonly usage_limit?: number | null
  /** From where requests may come, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** Part of what enrollmentPasscodes.create is given. */
export type ChangePasscodePeriod = {
  /** A day, which begins with its first second (UTC), or a moment; ISO 8601. null: from now on. */
  readonly from?: string | null
  /** A day, which ends with its last second (UTC), or a moment; it lies ahead. null: no end. */
  readonly to?: string | null
}

/** Part of what enrollmentPasscodes.create is given. */
export type RegisteredValue = {
  /** As subject.common_name. */
  readonly certificate_field: string
  /** equals. */
  readonly matcher?: string
  readonly value: string | readonly string[]
  /** In answers: whether the field takes several. */
  readonly multiple?: boolean
}

/** What enrollmentPasscodes.create is given. */
export type CreateEnrollmentPasscode = {
  /** What people know it by: 1 to 100 characters. */
  readonly name: string
  /** 16 to 128 characters; 32 when left out. */
  readonly passcode_length?: number
  /** When it counts. null: always. */
  readonly validity_period?: null | ChangePasscodePeriod
  /** Up to 500 characters on one line. */
  readonly description?: string
  /** How many certificates may be made by it; what was made before counts. null: any number. */
  readonly usage_limit?: number | null
  /** What its certificates say in these fields; a request that says something else is refused. */
  readonly registered_values?: readonly RegisteredValue[]
  /** From where it counts, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** Part of what enrollmentPasscodes.create answers. */
export type PasscodePeriod = {
  readonly from: null | string
  readonly to: null | string
}

/** What enrollmentPasscodes.create answers. */
export type ToldEnrollmentPasscode = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly status: 'ACTIVE' | 'DISABLED' | 'DELETED'
  readonly enrollment_profile: NamedObject
  readonly division: NamedObject
  readonly device_profile: NamedObject | null
  readonly usage_limit: null | number
  /** How many certificates were made by it. */
  readonly number_of_usage: number
  readonly registered_values: readonly RegisteredValue[]
  readonly allowed_networks: readonly string[]
  readonly created_at: string
  readonly validity_period: PasscodePeriod
  /** The passcode itself: it is told here and never again. */
  readonly passcode: string
}

/** What enrollmentPasscodes.list is asked by. */
export type ListEnrollmentPasscodesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** Part of what enrollmentPasscodes.list answers. */
export type EnrollmentPasscode = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly status: 'ACTIVE' | 'DISABLED' | 'DELETED'
  readonly enrollment_profile: NamedObject
  readonly division: NamedObject
  readonly device_profile: NamedObject | null
  readonly usage_limit: null | number
  /** How many certificates were made by it. */
  readonly number_of_usage: number
  readonly registered_values: readonly RegisteredValue[]
  readonly allowed_networks: readonly string[]
  readonly created_at: string
  readonly validity_period: PasscodePeriod
  /** Its first 5 characters, and asterisks. */
  readonly passcode: string
}

/** What enrollmentPasscodes.list answers. */
export type EnrollmentPasscodes = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly EnrollmentPasscode[]
}

/** What enrollmentPasscodes.change is given. */
export type ChangeEnrollmentPasscode = {
  /** What people know it by: 1 to 100 characters. */
  readonly name?: string
  /** ACTIVE or DISABLED, in any case. */
  readonly status?: string
  /** When it counts. null: always. */
  readonly validity_period?: null | ChangePasscodePeriod
  /** Up to 500 characters on one line. */
  readonly description?: string
  /** How many certificates may be made by it; what was made before counts. null: any number. */
  readonly usage_limit?: number | null
  /** What its certificates say in these fields; a request that says something else is refused. */
  readonly registered_values?: readonly RegisteredValue[]
  /** From where it counts, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** What authenticationCertificates.assign is given. */
export type AssignAuthenticationCertificate = {
  /** The certificate: one that was issued here, to a client or a device of the account. What follows it is passed over. */
  readonly pem: string
  /** What people know it by: 1 to 100 characters. */
  readonly name?: string
  /** A day, which begins with its first second (UTC), or a moment; ISO 8601. null: from now on. */
  readonly start_date?: string | null
  /** A day, which ends with its last second (UTC), or a moment; it lies ahead. null: no end. */
  readonly end_date?: string | null
  /** Up to 500 characters on one line. */
  readonly description?: string
  /** How many certificates may be made by it; what was made before counts. null: any number. */
  readonly usage_limit?: number | null
  /** What its certificates say in these fields; a request that says something else is refused. */
  readonly registered_values?: readonly RegisteredValue[]
  /** From where it counts, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** What authenticationCertificates.assign answers. */
export type AuthenticationCertificate = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly description: string
  readonly status: 'ACTIVE' | 'DISABLED' | 'DELETED'
  readonly enrollment_profile: NamedObject
  readonly division: NamedObject
  readonly device_profile: NamedObject | null
  readonly usage_limit: null | number
  /** How many certificates were made by it. */
  readonly number_of_usage: number
  readonly registered_values: readonly RegisteredValue[]
  readonly allowed_networks: readonly string[]
  readonly created_at: string
  readonly certificate: NamedObject
  readonly start_date: null | string
  readonly end_date: null | string
  readonly pem: string
  readonly certificate_expires_on: string
  readonly certificate_serial_number: string
  readonly certificate_issuer_common_name: string
  /** SHA-256 of the certificate, hexadecimal. */
  readonly certificate_thumbprint: string
  readonly certificate_organization: null | string
  readonly certificate_organization_units: readonly string[]
}

/** What authenticationCertificates.list is asked by. */
export type ListAuthenticationCertificatesQuery = {
  /** How many to leave out. */
  readonly offset?: number
  /** How many at most. */
  readonly limit?: number
}

/** What authenticationCertificates.list answers. */
export type AuthenticationCertificates = {
  readonly limit: number
  readonly offset: number
  /** How many there are in all. */
  readonly total: number
  readonly records: readonly AuthenticationCertificate[]
}

/** What authenticationCertificates.change is given. */
export type ChangeAuthenticationCertificate = {
  /** What people know it by: 1 to 100 characters. */
  readonly name?: string
  /** ACTIVE or DISABLED, in any case. */
  readonly status?: string
  /** A day, which begins with its first second (UTC), or a moment; ISO 8601. null: from now on. */
  readonly start_date?: string | null
  /** A day, which ends with its last second (UTC), or a moment; it lies ahead. null: no end. */
  readonly end_date?: string | null
  /** Up to 500 characters on one line. */
  readonly description?: string
  /** How many certificates may be made by it; what was made before counts. null: any number. */
  readonly usage_limit?: number | null
  /** What its certificates say in these fields; a request that says something else is refused. */
  readonly registered_values?: readonly RegisteredValue[]
  /** From where it counts, in CIDR notation. Empty: from anywhere. */
  readonly allowed_networks?: readonly string[]
}

/** Part of what enrollmentProfiles.specification answers. */
export type EnrollmentValueType = {
  readonly type: string
  readonly multiple: boolean
  readonly options: readonly string[]
}

/** Part of what enrollmentProfiles.specification answers. */
export type EnrollmentField = {
  readonly id: string
  readonly name: string
  /** One of certificate_profile_attributes, of device_attributes, or of the body itself. */
  readonly type: 'CERTIFICATE' | 'DEVICE' | 'REQUEST'
  /** Of csr: unless the key is made here. */
  readonly mandatory: boolean
  /** false where the profile fixes it. */
  readonly editable: boolean
  /** Whether a CSR may give it. */
  readonly update_from_csr: boolean
  readonly value_type: EnrollmentValueType
  readonly default_value: string | readonly string[] | null
  /** As in value_type: clients look in either. */
  readonly options: readonly string[]
}

/** What enrollmentProfiles.specification answers. */
export type EnrollmentSpecification = {
  readonly fields: readonly EnrollmentField[]
}

/** What enrollmentProfiles.sample is asked by. */
export type GetEnrollmentSampleQuery = {
  /** enroll (when left out) or renew. */
  readonly operation?: string
  /** client or server (client_side and server_side, too), as far as the profile lets them; when left out, server where private_key_format is given, else client if it may. */
  readonly key_generation?: string
  /** pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only; pem when left out. */
  readonly private_key_format?: string
}

/** What enrollmentProfiles.sample answers. */
export type EnrollmentSample = {
  /** IOT_ and a UUID. Who has a passcode or an authentication certificate of one profile alone may leave it out. */
  readonly enrollment_profile_id?: string | null
  /** Fields of the certificate that the profile has, as subject.common_name and san.dns_name: each once, several values as an array. */
  readonly certificate_profile_attributes?: readonly EnrollmentAttribute[] | null
  /** DEVICE_IDENTIFIER: which device it is; one that is not known is made. */
  readonly device_attributes?: readonly EnrollmentAttribute[] | null
  /** PKCS #10, PEM, where the device made its key. */
  readonly csr?: string | null
  /** true where the key is to be made here; then there is no csr. */
  readonly server_side_key_gen?: boolean | null
  /** Of a key that is made here: rsa_2048, rsa_3072, rsa_4096, p_256, p_384, p_521, ed_25519, ml_dsa_44, ml_dsa_65, ml_dsa_87, as far as the profile has them. Its default when left out; ignored where the profile fixes it. */
  readonly key_type?: string | null
  /** Of a key that is made here, and then required: pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only. */
  readonly private_key_format?: string | null
  /** pkcs8 (when left out), or pkcs1: PKCS #1 for RSA keys, SEC 1 for those on curves. Not for pkcs_12. */
  readonly private_key_syntax?: string | null
  /** For pkcs_12: 6 to 20 characters of A-Z, a-z and 0-9. */
  readonly pkcs12_password?: string | null
  /** For cert_encrypted and cert_encrypted_key_only: the certificate, PEM, of who decrypts; of an RSA key or one on P-256, P-384 or P-521. */
  readonly encryption_certificate?: string | null
  /** Whether pem has the intermediates behind the certificate, and files the root, too; true when left out. */
  readonly include_certificate_chain?: boolean | null
  /** true for a file in place of JSON. */
  readonly response_with_certificate_file?: boolean | null
}

/** What content.sign is given. */
export type SignForm = {
  /** SHA256, SHA384 or SHA512, with or without the dash: the hash of assertions, binding and RSASSA-PSS. */
  readonly hashAlgo: string
  /** Object identifier of RSASSA-PSS, of ECDSA with SHA-256, SHA-384 or SHA-512 (the same hash as hashAlgo), or of Ed25519. */
  readonly signAlgo: string
  /** MTIzNDQ=, or the parameters of signAlgo in DER, base64. */
  readonly signAlgoParams: string
  /** The id of your account. */
  readonly accountId: string
  /** An image, video or sound: JPEG, PNG, WebP, GIF, TIFF, SVG, JPEG XL, HEIC, HEIF, AVIF, MP4, MOV, M4A, AVI, WAV, FLAC and MP3; its content decides, not its name. */
  readonly image: FormFile
  /** One or more of author, creator, publisher, separated by commas. */
  readonly schemaField: string
  /** Which credential signs, by id or nickname; else one of the account that suits signAlgo. */
  readonly credentialID?: string
  /** Of a user's own credential; the account's have none. */
  readonly PIN?: string
  /** What made the image: a term of the IPTC vocabulary that C2PA allows, or its URL. */
  readonly digitalSourceType?: string
  /** The title in the manifest; the name of the signed file without it. */
  readonly title?: string
  /** false leaves the thumbnail out. */
  readonly thumbnail?: string
  /** false leaves the time stamp out. */
  readonly timestamp?: string
}

/** What content.sign answers. */
export type SignedImage = {
  readonly file_name: string
  readonly mime_type: string
  readonly hash_algo: string
  readonly sign_algo: string
  /** The signed image in base64. */
  readonly encoded_signed_content: string
  /** The reader report of the signed image, as JSON in a string. */
  readonly signed_manifest: string
}

/** What content.verify is asked by. */
export type VerifyFileQuery = {
  /** The reader report, as c2pa-rs gives it, or the conformance program's crJSON. */
  readonly format?: 'reader' | 'crjson'
}

/** What content.verify is given. */
export type VerifyForm = {
  /** The file, of any format that is known here; the field may be called file or asset too. */
  readonly image: FormFile
}

/** What content.verify answers. */
export type ReaderReport = {
  readonly active_manifest?: string
  readonly manifests: {
    readonly [name: string]: unknown
  }
  readonly validation_status?: readonly {
    readonly code: string
    readonly url: string
    readonly explanation: string
  }[]
  readonly validation_results: {
    readonly [name: string]: unknown
  }
  readonly validation_state: 'Trusted' | 'Valid' | 'Invalid'
  readonly [name: string]: unknown
}

/** What content.verify answers. */
export type CrJson = {
  readonly '@context': {
    readonly [name: string]: unknown
  }
  readonly manifests: readonly {
    readonly [name: string]: unknown
  }[]
  readonly jsonGenerator: {
    readonly name: string
    readonly version: string
  }
  readonly [name: string]: unknown
}

/** What csc.info is given. */
export type CscInfoRequest = {
  /** Passed over: answers are in English. */
  readonly lang?: string
}

/** What csc.info answers. */
export type CscInfo = {
  readonly specs: string
  readonly name: string
  readonly logo: string
  /** The country of the account; ZZ where its locale names none. */
  readonly region: string
  readonly lang: string
  readonly description: string
  readonly authType: readonly string[]
  readonly methods: readonly string[]
}

/** What csc.listCredentials is given. */
export type CscListRequest = {
  /** Your own id, if any: the certificate says who you are. */
  readonly userID?: string
  readonly maxResults?: number
  /** nextPageToken of the answer before. */
  readonly pageToken?: string
  /** Whether their details are wanted. */
  readonly credentialInfo?: boolean
  /** Which certificates are wanted; single unless said. */
  readonly certificates?: 'none' | 'single' | 'chain'
  /** Whether names, number and validity are wanted. */
  readonly certInfo?: boolean
  /** Whether it is wanted what takes an authorisation. */
  readonly authInfo?: boolean
  /** Whether only those are wanted that may sign now. */
  readonly onlyValid?: boolean
  /** Passed over: answers are in English. */
  readonly lang?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc.listCredentials answers. */
export type CscCredentials = {
  readonly credentialIDs: readonly string[]
  readonly credentialInfos?: readonly {
    readonly credentialID: string
    readonly description: string
    readonly key: {
      readonly status: 'enabled' | 'disabled'
      /** Object identifiers, the one to prefer first. */
      readonly algo: readonly string[]
      readonly len: number
      readonly curve?: string
    }
    readonly cert: {
      readonly status: 'valid' | 'expired' | 'revoked' | 'suspended'
      /** DER, base64: the credential’s own first, the root last. */
      readonly certificates?: readonly string[]
      readonly issuerDN?: string
      readonly serialNumber?: string
      readonly subjectDN?: string
      readonly validFrom?: string
      readonly validTo?: string
    }
    readonly authMode: string
    readonly PIN?: {
      readonly presence: string
      readonly format?: string
      readonly label?: string
      readonly description?: string
    }
    readonly OTP?: {
      readonly presence: string
    }
    /** 2: an authorisation is for the hashes that it names. */
    readonly SCAL: string
    /** How many signatures are authorised at once, at most. */
    readonly multisign: number
    readonly lang: string
  }[]
  readonly onlyValid?: boolean
  /** There where more are. */
  readonly nextPageToken?: string
}

/** What csc.getCredential is given. */
export type CscCredentialRequest = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  /** Which certificates are wanted; single unless said. */
  readonly certificates?: 'none' | 'single' | 'chain'
  /** Whether names, number and validity are wanted. */
  readonly certInfo?: boolean
  /** Whether it is wanted what takes an authorisation. */
  readonly authInfo?: boolean
  /** Passed over: answers are in English. */
  readonly lang?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc.getCredential answers. */
export type CscCredential = {
  readonly description: string
  readonly key: {
    readonly status: 'enabled' | 'disabled'
    /** Object identifiers, the one to prefer first. */
    readonly algo: readonly string[]
    readonly len: number
    readonly curve?: string
  }
  readonly cert: {
    readonly status: 'valid' | 'expired' | 'revoked' | 'suspended'
    /** DER, base64: the credential’s own first, the root last. */
    readonly certificates?: readonly string[]
    readonly issuerDN?: string
    readonly serialNumber?: string
    readonly subjectDN?: string
    readonly validFrom?: string
    readonly validTo?: string
  }
  readonly authMode: string
  readonly PIN?: {
    readonly presence: string
    readonly format?: string
    readonly label?: string
    readonly description?: string
  }
  readonly OTP?: {
    readonly presence: string
  }
  /** 2: an authorisation is for the hashes that it names. */
  readonly SCAL: string
  /** How many signatures are authorised at once, at most. */
  readonly multisign: number
  readonly lang: string
}

/** What csc.authorize is given. */
export type CscAuthorizeRequest = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  readonly numSignatures: number
  /** Base64. With a key for Ed25519, what is to be signed, and not its hash. At most numSignatures. */
  readonly hash: readonly string[]
  /** Object identifier of SHA-256, SHA-384 or SHA-512. What they were made by; else their length says it. */
  readonly hashAlgo?: string
  /** Of a user’s own credential; the account’s have none. */
  readonly PIN?: string
  /** Passed over. */
  readonly description?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc.authorize answers. */
export type CscActivation = {
  readonly SAD: string
  /** Seconds. */
  readonly expiresIn: number
}

/** What csc.extendTransaction is given. */
export type CscExtendRequest = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  /** What stands for the authorisation. */
  readonly SAD: string
  /** Base64. With a key for Ed25519, what is to be signed, and not its hash. As many as are left at most. */
  readonly hash: readonly string[]
  /** Object identifier of SHA-256, SHA-384 or SHA-512. What they were made by; else their length says it. */
  readonly hashAlgo?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc.signHash is given. */
export type CscSignHashRequest = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  /** What stands for the authorisation. */
  readonly SAD: string
  /** Base64. With a key for Ed25519, what is to be signed, and not its hash. Some of those that were authorised. */
  readonly hash: readonly string[]
  /** Object identifier of SHA-256, SHA-384 or SHA-512. Needed where signAlgo names no hash. */
  readonly hashAlgo?: string
  /** Object identifier: one of the credential’s. */
  readonly signAlgo: string
  /** Of RSASSA-PSS: RSASSA-PSS-params, DER, base64; the salt as long as the hash, or longer. */
  readonly signAlgoParams?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc.signHash answers. */
export type CscSignatures = {
  /** Base64, in the order of the hashes; ECDSA as DER. */
  readonly signatures: readonly string[]
}

/** What csc.timestamp is given. */
export type CscTimestampRequest = {
  /** Base64. */
  readonly hash: string
  /** Object identifier of SHA-256, SHA-384 or SHA-512. Of the hash. */
  readonly hashAlgo: string
  /** A random number: decimal in version 1, hexadecimal in version 2. */
  readonly nonce?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc.timestamp answers. */
export type CscTimeStamp = {
  /** A TimeStampToken, RFC 3161, DER, base64. */
  readonly timestamp: string
}

/** What csc2.info answers. */
export type CscInfo2 = {
  readonly specs: string
  readonly name: string
  readonly logo: string
  /** The country of the account; ZZ where its locale names none. */
  readonly region: string
  readonly lang: string
  readonly description: string
  readonly authType: readonly string[]
  readonly methods: readonly string[]
  readonly asynchronousOperationMode: boolean
  readonly signAlgorithms: {
    readonly algos: readonly string[]
  }
  readonly signature_formats: {
    readonly formats: readonly string[]
    readonly envelope_properties: readonly (readonly string[])[]
  }
  readonly conformance_levels: readonly string[]
}

/** What csc2.listCredentials answers. */
export type CscCredentials2 = {
  readonly credentialIDs: readonly string[]
  readonly credentialInfos?: readonly {
    readonly credentialID: string
    readonly description: string
    readonly key: {
      readonly status: 'enabled' | 'disabled'
      /** Object identifiers, the one to prefer first. */
      readonly algo: readonly string[]
      readonly len: number
      readonly curve?: string
    }
    readonly cert: {
      readonly status: 'valid' | 'expired' | 'revoked' | 'suspended'
      /** DER, base64: the credential’s own first, the root last. */
      readonly certificates?: readonly string[]
      readonly issuerDN?: string
      readonly serialNumber?: string
      readonly subjectDN?: string
      readonly validFrom?: string
      readonly validTo?: string
    }
    readonly auth: {
      readonly mode: string
      readonly expression?: string
      readonly objects?: readonly {
        readonly type: string
        readonly id: string
        readonly format: string
        readonly label: string
        readonly description: string
      }[]
    }
    /** 2: an authorisation is for the hashes that it names. */
    readonly SCAL: string
    /** How many signatures are authorised at once, at most. */
    readonly multisign: number
    readonly lang: string
  }[]
  readonly onlyValid?: boolean
  /** There where more are. */
  readonly nextPageToken?: string
}

/** What csc2.getCredential answers. */
export type CscCredential2 = {
  readonly description: string
  readonly key: {
    readonly status: 'enabled' | 'disabled'
    /** Object identifiers, the one to prefer first. */
    readonly algo: readonly string[]
    readonly len: number
    readonly curve?: string
  }
  readonly cert: {
    readonly status: 'valid' | 'expired' | 'revoked' | 'suspended'
    /** DER, base64: the credential’s own first, the root last. */
    readonly certificates?: readonly string[]
    readonly issuerDN?: string
    readonly serialNumber?: string
    readonly subjectDN?: string
    readonly validFrom?: string
    readonly validTo?: string
  }
  readonly auth: {
    readonly mode: string
    readonly expression?: string
    readonly objects?: readonly {
      readonly type: string
      readonly id: string
      readonly format: string
      readonly label: string
      readonly description: string
    }[]
  }
  /** 2: an authorisation is for the hashes that it names. */
  readonly SCAL: string
  /** How many signatures are authorised at once, at most. */
  readonly multisign: number
  readonly lang: string
}

/** What csc2.authorize is given. */
export type CscAuthorizeRequest2 = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  readonly numSignatures: number
  /** Base64. With a key for Ed25519, what is to be signed, and not its hash. At most numSignatures. */
  readonly hashes: readonly string[]
  /** Object identifier of SHA-256, SHA-384 or SHA-512. What they were made by; else their length says it. */
  readonly hashAlgorithmOID?: string
  /** The PIN, of a user’s own credential; the account’s have none. */
  readonly authData?: readonly {
    readonly id: string
    readonly value: string
  }[]
  /** Of a user’s own credential; the account’s have none. */
  readonly PIN?: string
  /** Passed over. */
  readonly description?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc2.extendTransaction is given. */
export type CscExtendRequest2 = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  /** What stands for the authorisation. */
  readonly SAD: string
  /** Base64. With a key for Ed25519, what is to be signed, and not its hash. As many as are left at most. */
  readonly hashes: readonly string[]
  /** Object identifier of SHA-256, SHA-384 or SHA-512. What they were made by; else their length says it. */
  readonly hashAlgorithmOID?: string
  /** Passed over. */
  readonly clientData?: string
}

/** What csc2.signHash is given. */
export type CscSignHashRequest2 = {
  /** The nickname of a credential, or its id. */
  readonly credentialID: string
  /** What stands for the authorisation. */
  readonly SAD: string
  /** Base64. With a key for Ed25519, what is to be signed, and not its hash. Some of those that were authorised. */
  readonly hashes: readonly string[]
  /** Object identifier of SHA-256, SHA-384 or SHA-512. Needed where signAlgo names no hash. */
  readonly hashAlgorithmOID?: string
  /** Object identifier: one of the credential’s. */
  readonly signAlgo: string
  /** Of RSASSA-PSS: RSASSA-PSS-params, DER, base64; the salt as long as the hash, or longer. */
  readonly signAlgoParams?: string
  /** S, and no other. */
  readonly operationMode?: string
  /** Passed over. */
  readonly clientData?: string
}

/** Every operation of the platform's API. */
export type Api = {
  readonly platform: {
    /** Whether the process is alive. */
    health(options?: CallOptions): Promise<{
      readonly status: string
    }>

    /** Whether the database and the keys answer. */
    readiness(options?: CallOptions): Promise<{
      readonly status: string
    }>

    /** Which version this is. */
    version(options?: CallOptions): Promise<{
      readonly name: string
      readonly version: string
    }>

    /** Measures for Prometheus. */
    metrics(options?: CallOptions): Promise<string>

    /** The logo of the platform. */
    logo(options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>
  }
  readonly credentials: {
    /** List credentials. Your own and the account’s, with MANAGE_CTM_CREDENTIAL everybody’s. A bare array, oldest first; x-total-count has how many there are, link where the next are. */
    list(query?: ListCredentialsQuery, options?: CallOptions): Promise<readonly Credential[]>

    /** As list, one after the other, page after page. */
    each(query?: ListCredentialsQuery, options?: CallOptions): AsyncGenerator<Credential, void, undefined>

    /** Issue a credential. A certificate for signing content, with a key that never leaves the platform. A user’s own opens by a PIN alone, which the user gets by mail and nobody else ever sees. */
    issue(body: IssueCredential, options?: CallOptions): Promise<Credential>

    /** Get a credential. By its id or its nickname, as all that follows. */
    get(id: string, options?: CallOptions): Promise<Credential>

    /** Download the certificate chain of a credential. The certificate, what stands between, and the root. */
    chain(id: string, options?: CallOptions): Promise<string>

    /** Change the PIN of your own credential. */
    changePin(id: string, body: ChangePin, options?: CallOptions): Promise<void>

    /** Unlock a credential that wrong PINs locked. There are five attempts again. The PIN stays what it is. */
    unlock(id: string, options?: CallOptions): Promise<Credential>

    /** Suspend a credential. It signs no more until it is resumed. Its certificate stays valid, and so does what it signed. */
    suspend(id: string, options?: CallOptions): Promise<Credential>

    /** Resume a suspended credential. */
    resume(id: string, options?: CallOptions): Promise<Credential>

    /** Issue a new PIN. The user gets it by mail. Nobody can open the old key without the old PIN: there is a new key and a new certificate, and the old certificate is revoked. Where another authority issues it, there is a new request to take there. */
    reissuePin(id: string, options?: CallOptions): Promise<Credential>

    /** Revoke a credential. For good. Its certificate is on the revocation list; one of an authority elsewhere is its own to revoke. */
    revoke(id: string, body?: RevokeCredential, options?: CallOptions): Promise<Credential>

    /** Renew the certificate of a credential. The same key and subject; both certificates are valid until the one before ends. The platform does so by itself after two thirds of a certificate’s life. PUT does the same. */
    renew(id: string, body?: RenewCredential, options?: CallOptions): Promise<Credential>

    /** Request a credential of an authority elsewhere. The key is made here and stays here. Take the request to any authority, and upload what it gives; until then the credential does not sign. A user’s PIN goes out by mail at once. */
    request(body: RequestCredential, options?: CallOptions): Promise<RequestedCredential>

    /** Download the certification request of a credential. */
    certificationRequest(id: string, options?: CallOptions): Promise<string>

    /** Upload the certificate of an authority elsewhere. It has to be for the key of the credential and of C2PA’s profile, its chain whole. Later ones follow the first. */
    uploadCertificate(id: string, body: UploadCertificate, options?: CallOptions): Promise<Credential>

    /** Import a credential from a PKCS#12 file. The key comes to lie where those that are made here do: under the master key, and a user’s under the PIN. */
    import(body: ImportCredential, options?: CallOptions): Promise<Credential>
  }
  readonly credentialSignatures: {
    /** List what a credential signed. Newest first. All to whose it is and to who manages credentials; of the account’s own credentials everybody sees what is theirs. While more follow, the header Link names the address of what is next; the last page has X-Total-Count. With `Accept: text/csv` it is the export. */
    list(id: string, query?: ListCredentialSignaturesQuery, options?: CallOptions): Promise<readonly Signature[]>

    /** As list, one after the other, page after page. */
    each(
      id: string,
      query?: ListCredentialSignaturesQuery,
      options?: CallOptions,
    ): AsyncGenerator<Signature, void, undefined>

    /** Export what a credential signed as CSV. All that pass the filters, by RFC 4180. */
    export(id: string, query?: ExportCredentialSignaturesQuery, options?: CallOptions): Promise<string>
  }
  readonly trustAnchors: {
    /** List the trust anchors. Whom the verifier believes beside the platform's own roots, which it always believes. */
    list(options?: CallOptions): Promise<{
      readonly items: readonly TrustAnchor[]
    }>

    /** Add trust anchors. All of the certificates or, when one is at fault, none. Every process goes by them within seconds. */
    add(
      body: AddTrustAnchors,
      options?: CallOptions,
    ): Promise<{
      readonly added: readonly TrustAnchor[]
      readonly known: readonly TrustAnchor[]
    }>

    /** Remove a trust anchor. */
    remove(id: string, options?: CallOptions): Promise<void>
  }
  readonly webhooks: {
    /** List the webhooks of the account. */
    list(query?: ListWebhooksQuery, options?: CallOptions): Promise<readonly Webhook[]>

    /** As list, one after the other, page after page. */
    each(query?: ListWebhooksQuery, options?: CallOptions): AsyncGenerator<Webhook, void, undefined>

    /** Have a URL told what happens in the account. Each delivery is a POST of JSON, signed as Standard Webhooks has it: webhook-signature holds "v1," and HMAC-SHA-256 over "{webhook-id}.{webhook-timestamp}.{body}" in base64, keyed with the bytes that the secret has after whsec_. webhook-id is the same however often a delivery comes. */
    create(body: CreateWebhook, options?: CallOptions): Promise<ToldWebhook>

    /** Look at a webhook. */
    get(id: string, options?: CallOptions): Promise<Webhook>

    /** Change where a webhook is, and what it is told of. What is left out stays as it is. What waits goes to the new URL. */
    change(id: string, body: ChangeWebhook, options?: CallOptions): Promise<Webhook>

    /** Remove a webhook, with its deliveries. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Disable a webhook, or enable it again. What happens while it is disabled waits for it, each event for five days, and is sent once it is enabled. */
    enable(id: string, options?: CallOptions): Promise<Webhook>

    /** The other way round. */
    disable(id: string, options?: CallOptions): Promise<Webhook>

    /** Rotate the secret of a webhook. Gives it a new secret, in this answer only. Until the overlap ends, webhook-signature holds two signatures, one by each secret, with a space between them. */
    rotate(id: string, body?: RotateWebhook, options?: CallOptions): Promise<ToldWebhook>

    /** List what a webhook was told, or is to be told. */
    deliveries(id: string, options?: CallOptions): Promise<readonly WebhookDelivery[]>

    /** Send a webhook the event webhook.test. */
    test(id: string, options?: CallOptions): Promise<WebhookDelivery>
  }
  readonly webhookDeliveries: {
    /** Send a delivery again. At once, whatever came of it before, and with the same webhook-id: a receiver that has it may pass it over. */
    resend(id: string, delivery_id: string, options?: CallOptions): Promise<WebhookDelivery>
  }
  readonly apiKeys: {
    /** List API keys. Your own, and with VIEW_AM_USER those of the account. x-total-count says how many there are. */
    list(query?: ListApiKeysQuery, options?: CallOptions): Promise<readonly ApiKey[]>

    /** As list, one after the other, page after page. */
    each(query?: ListApiKeysQuery, options?: CallOptions): AsyncGenerator<ApiKey, void, undefined>

    /** Create an API key. It may at most what you may. The key is in this answer only. */
    create(body: CreateApiKey, options?: CallOptions): Promise<ToldApiKey>

    /** Get an API key. */
    get(id: string, options?: CallOptions): Promise<ApiKey>

    /** Change an API key. Name, end date, scopes and networks. What is left out stays as it is. */
    change(id: string, body: ChangeApiKey, options?: CallOptions): Promise<ApiKey>

    /** Delete an API key. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Enable or disable an API key. It acts on the next request. */
    enable(id: string, options?: CallOptions): Promise<ApiKey>

    /** The other way round. */
    disable(id: string, options?: CallOptions): Promise<ApiKey>

    /** Rotate an API key. Gives it a new text, in this answer only. The old one counts until the overlap ends. */
    rotate(id: string, body?: RotateApiKey, options?: CallOptions): Promise<ToldApiKey>
  }
  readonly roles: {
    /** List the roles. Those that every account has, then the account’s own. x-total-count says how many there are. */
    list(query?: ListRolesQuery, options?: CallOptions): Promise<readonly Role[]>

    /** As list, one after the other, page after page. */
    each(query?: ListRolesQuery, options?: CallOptions): AsyncGenerator<Role, void, undefined>

    /** Create a role. Some permissions of one application, under a name. Nobody puts in what they don’t have. */
    create(body: CreateRole, options?: CallOptions): Promise<Role>

    /** Get a role. */
    get(id: string, options?: CallOptions): Promise<Role>

    /** Change a role. What is left out stays as it is. It acts on the next request of all who have it. */
    change(id: string, body: ChangeRole, options?: CallOptions): Promise<Role>

    /** Delete a role. One that nobody has. */
    delete(id: string, options?: CallOptions): Promise<void>
  }
  readonly users: {
    /** List the users of the account. People and service users. x-total-count says how many there are. */
    list(query?: ListUsersQuery, options?: CallOptions): Promise<readonly AccountUser[]>

    /** As list, one after the other, page after page. */
    each(query?: ListUsersQuery, options?: CallOptions): AsyncGenerator<AccountUser, void, undefined>

    /** Create a user. A program with roles of its own, whose API key is in this answer only; or, with user_type standard, a person, who is invited by mail to set a password. Nobody gives roles that may do more than they do. */
    create(body: CreateUser, options?: CallOptions): Promise<CreatedUser>

    /** Get a user. */
    get(id: string, options?: CallOptions): Promise<AccountUser>

    /** Change a user. What is left out stays as it is. Who may do more than you is for others to change. */
    change(id: string, body: ChangeUser, options?: CallOptions): Promise<AccountUser>

    /** Delete a user. Its API keys are gone, its client authentication certificates revoked. What it signed stays. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Enable or disable a user. It acts on the next request, by API key and by certificate. */
    enable(id: string, options?: CallOptions): Promise<AccountUser>

    /** The other way round. */
    disable(id: string, options?: CallOptions): Promise<AccountUser>

    /** Send the invitation of a person again. With another token, which serves for seven days; the one before serves no more. */
    invite(id: string, options?: CallOptions): Promise<unknown>

    /** End all sessions of a user. */
    endSessions(id: string, options?: CallOptions): Promise<void>

    /** Take away the second factor of a user. Of somebody who has lost the app and the recovery codes. All sessions of the user end. */
    resetTotp(id: string, options?: CallOptions): Promise<void>

    /** Who asks. The user behind the API key or the client certificate, with what it may do. */
    me(options?: CallOptions): Promise<User>
  }
  readonly sessions: {
    /** Sign in. For people. The cookie __Host-countersign is set. A session ends after 12 hours, or an hour without use. Five wrong attempts in a row lock the user for a minute, each further one for twice as long, a quarter of an hour at most. */
    signIn(body: SignIn, options?: CallOptions): Promise<CurrentSession>

    /** Who is signed in. With the CSRF token again, for a page that was loaded anew. */
    get(options?: CallOptions): Promise<CurrentSession>

    /** Sign out. */
    signOut(options?: CallOptions): Promise<void>

    /** List your sessions. */
    list(query?: ListSessionsQuery, options?: CallOptions): Promise<readonly Session[]>

    /** As list, one after the other, page after page. */
    each(query?: ListSessionsQuery, options?: CallOptions): AsyncGenerator<Session, void, undefined>

    /** End all of your sessions but this one. */
    endOthers(options?: CallOptions): Promise<void>

    /** End one of your sessions. */
    end(id: string, options?: CallOptions): Promise<void>
  }
  readonly passwords: {
    /** Change your password. All of your sessions end with it; a new one takes the place of this one, with another cookie. */
    change(body: ChangePassword, options?: CallOptions): Promise<CurrentSession>

    /** Set a password by the token of a mail. The token serves once. All sessions of the person end; a second factor stays. */
    set(body: SetPassword, options?: CallOptions): Promise<void>

    /** Ask for a mail by which to set another password. The answer is the same whether there is such a person or not. The token in the mail serves for an hour; within five minutes no second mail goes out. */
    reset(body: ResetPassword, options?: CallOptions): Promise<object>
  }
  readonly totp: {
    /** Begin with a second factor. For authenticator apps (RFC 6238). It counts once a code of it was confirmed. */
    enroll(body: EnrollTotp, options?: CallOptions): Promise<EnrolledTotp>

    /** Confirm the second factor. By a code of the app. From now on signing in takes one. */
    confirm(body: ConfirmTotp, options?: CallOptions): Promise<RecoveryCodes>

    /** Do without the second factor. It takes the password, and a code or a recovery code. */
    disable(body: DisableTotp, options?: CallOptions): Promise<void>
  }
  readonly accounts: {
    /** List your accounts. Your own; with MANAGE_AM_PLATFORM all of the platform, oldest first. */
    list(query?: ListAccountsQuery, options?: CallOptions): Promise<readonly ManagedAccount[]>

    /** As list, one after the other, page after page. */
    each(query?: ListAccountsQuery, options?: CallOptions): AsyncGenerator<ManagedAccount, void, undefined>

    /** Create an account. With two content credentials (EC P-256 and RSA) and a service user that administers it, whose API key is in this answer only. Administrators of the platform alone may. */
    create(body: CreateAccount, options?: CallOptions): Promise<CreatedAccount>

    /** Get an account. */
    get(id: string, options?: CallOptions): Promise<ManagedAccount>

    /** Change an account. What is left out stays as it is. Its own administrators change the locale; all else takes MANAGE_AM_PLATFORM. Certificates have a new name from their renewal on. */
    change(id: string, body: ChangeAccount, options?: CallOptions): Promise<ManagedAccount>

    /** Enable or disable an account. Nothing of a disabled account authenticates, from the next request on. */
    enable(id: string, options?: CallOptions): Promise<ManagedAccount>

    /** The other way round. */
    disable(id: string, options?: CallOptions): Promise<ManagedAccount>
  }
  readonly auditLog: {
    /** List the audit log. The events of one's own account, newest first. While more follow, the header Link names the address of what is next; the last page has X-Total-Count. With `Accept: text/csv` it is the export. */
    list(query?: ListAuditLogQuery, options?: CallOptions): Promise<readonly AuditEvent[]>

    /** As list, one after the other, page after page. */
    each(query?: ListAuditLogQuery, options?: CallOptions): AsyncGenerator<AuditEvent, void, undefined>

    /** Export the audit log as CSV. All events that pass the filters, by RFC 4180. A cell that begins with =, +, - or @ has an apostrophe before it, so that no spreadsheet runs it. */
    export(query?: ExportAuditLogQuery, options?: CallOptions): Promise<string>
  }
  readonly clientAuthCertificates: {
    /** Request a client authentication certificate. For the user who asks, by a certification request whose private key stays where it is. */
    create(body: CreateClientAuthCertificate, options?: CallOptions): Promise<WholeClientAuthCertificate>

    /** List client authentication certificates. A bare array, oldest first; x-total-count has how many there are, link where the next are. */
    list(query?: ListClientAuthCertificatesQuery, options?: CallOptions): Promise<readonly ClientAuthCertificate[]>

    /** As list, one after the other, page after page. */
    each(
      query?: ListClientAuthCertificatesQuery,
      options?: CallOptions,
    ): AsyncGenerator<ClientAuthCertificate, void, undefined>

    /** Get a client authentication certificate. */
    get(id: string, options?: CallOptions): Promise<WholeClientAuthCertificate>

    /** Delete a client authentication certificate. It is revoked, and its name is free again. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Enable or disable a client authentication certificate. Counts from the very next request on, also on connections that are open. */
    enable(id: string, options?: CallOptions): Promise<ClientAuthCertificate>

    /** The other way round. */
    disable(id: string, options?: CallOptions): Promise<ClientAuthCertificate>

    /** Request a certificate that follows another. Both count until the one before ends or is disabled. PUT does the same. */
    renew(id: string, body: RenewClientAuthCertificate, options?: CallOptions): Promise<WholeClientAuthCertificate>

    /** Generate a client authentication certificate with its key. For the user who asks. Key, certificate and chain are in a PKCS#12 file, which can be fetched once within 15 minutes. */
    generate(body: GenerateClientAuthCertificate, options?: CallOptions): Promise<GeneratedClientAuthCertificate>

    /** Fetch the PKCS#12 file of a generated certificate, once. */
    download(id: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>
  }
  readonly divisions: {
    /** List divisions. The newest first. */
    list(query?: ListDivisionsQuery, options?: CallOptions): Promise<Divisions>

    /** As list, one after the other, page after page. */
    each(query?: ListDivisionsQuery, options?: CallOptions): AsyncGenerator<Division, void, undefined>

    /** Create a division. */
    create(body: CreateDivision, options?: CallOptions): Promise<Division>

    /** Get a division. */
    get(id: string, options?: CallOptions): Promise<Division>

    /** Change a division. What is left out stays as it is. */
    change(id: string, body: ChangeDivision, options?: CallOptions): Promise<Division>

    /** Delete a division. One to which nothing belongs; any other can be disabled. */
    delete(id: string, options?: CallOptions): Promise<void>
  }
  readonly deviceProfiles: {
    /** List device profiles. The newest first. */
    list(query?: ListDeviceProfilesQuery, options?: CallOptions): Promise<DeviceProfiles>

    /** As list, one after the other, page after page. */
    each(query?: ListDeviceProfilesQuery, options?: CallOptions): AsyncGenerator<DeviceProfile, void, undefined>

    /** Create a device profile. What is known of devices beside their identifiers, and what they may do by their own certificates. Its field ids are those of device_attributes in requests for certificates. */
    create(body: CreateDeviceProfile, options?: CallOptions): Promise<DeviceProfile>

    /** Get a device profile. */
    get(id: string, options?: CallOptions): Promise<DeviceProfile>

    /** Change a device profile. What is left out stays as it is. It holds for devices and certificates from now on; what is known of devices stays until they are changed, and what no field has any more is not told. */
    change(id: string, body: ChangeDeviceProfile, options?: CallOptions): Promise<DeviceProfile>

    /** Delete a device profile. One that neither devices nor enrollment profiles have. */
    delete(id: string, options?: CallOptions): Promise<void>
  }
  readonly devices: {
    /** List and search devices. The newest first, or the last changed where that is asked for; what is given as a filter has to be so, all of it. */
    list(query?: ListDevicesQuery, options?: CallOptions): Promise<Devices>

    /** As list, one after the other, page after page. */
    each(query?: ListDevicesQuery, options?: CallOptions): AsyncGenerator<Device, void, undefined>

    /** Create a device. Requests for certificates make those that are not there, too. */
    create(body: CreateDevice, options?: CallOptions): Promise<Device>

    /** Get a device. Its certificates: GET /iot/api/v1/certificate?device_identifier=… A device gets itself by its own certificate on the mutual-TLS host, where device_api_allow_read is true. */
    get(id: string, options?: CallOptions): Promise<Device>

    /** Change a device. What is left out stays as it is; where there are fields, they are all that is known of it from then on. The division stays. A device changes its own fields by its own certificate on the mutual-TLS host, where device_api_allow_write is true. */
    change(id: string, body: ChangeDevice, options?: CallOptions): Promise<Device>

    /** Delete a device. Where certificates were requested for it, it stays as DELETED, and can be enabled again. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Disable a device. It gets no certificates until it is enabled again. Those that it has stay as they are. */
    disable(id: string, options?: CallOptions): Promise<Device>

    /** Enable a device. One that was disabled or deleted. */
    enable(id: string, options?: CallOptions): Promise<Device>

    /** Renew the certificate of a device. A device renews the certificate by which it is known, on the mutual-TLS host, where device_api_allow_renew_certificate is true; for a user it is the newest that counts. Otherwise as renewing that certificate. */
    renew(id: string, body: RenewCertificate, options?: CallOptions): Promise<EnrolledCertificate>

    /** As renew, and gives the bytes itself. */
    renewAsBytes(id: string, body: RenewCertificate, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>
  }
  readonly certificateProfiles: {
    /** List certificate profiles. The newest first. */
    list(query?: ListCertificateProfilesQuery, options?: CallOptions): Promise<CertificateProfiles>

    /** As list, one after the other, page after page. */
    each(
      query?: ListCertificateProfilesQuery,
      options?: CallOptions,
    ): AsyncGenerator<CertificateProfile, void, undefined>

    /** Create a certificate profile. What certificates of devices say, whoever asks for them. One under which no conforming certificate could be issued is refused, with the reason. */
    create(body: CreateCertificateProfile, options?: CallOptions): Promise<CertificateProfile>

    /** Get a certificate profile. */
    get(id: string, options?: CallOptions): Promise<CertificateProfile>

    /** Change a certificate profile. What is left out stays as it is. It holds for certificates that are issued from then on. */
    change(id: string, body: ChangeCertificateProfile, options?: CallOptions): Promise<CertificateProfile>

    /** Delete a certificate profile. One that no enrollment profile has. */
    delete(id: string, options?: CallOptions): Promise<void>
  }
  readonly batches: {
    /** List batches. */
    list(query?: ListBatchesQuery, options?: CallOptions): Promise<BatchList>

    /** As list, one after the other, page after page. */
    each(query?: ListBatchesQuery, options?: CallOptions): AsyncGenerator<Batch, void, undefined>

    /** Request many certificates as a job. Up to 100000 requests under one enrollment profile with the method BATCH and automatic approval, as a form with a file or as JSON of at most 200 MB. What is wrong in the file is named by its line, and then nothing is kept; what a certificate is declined for later stands in the result. */
    create(form: BatchForm, options?: CallOptions): Promise<Batch>

    /** Get a batch and how far it is. */
    get(id: string, options?: CallOptions): Promise<Batch>

    /** Delete a batch and its keys. Its certificates stay. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Download the result of a batch. A ZIP file: certificates/{line}.pem or .cer, private-keys/{line}.p7m of keys that were made here (CMS, for the encryption certificate alone), chain.pem with the authorities, and results.csv with the status of each line, why there is no certificate, its serial number and its id. */
    downloadCertificates(id: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>

    /** Cancel a batch. Certificates that were made stay, and are in its result. */
    cancel(id: string, options?: CallOptions): Promise<void>
  }
  readonly certificates: {
    /** Request a certificate for a device. By a certification request (csr), or with a key pair that is made here (server_side_key_gen) and is in the answer and nowhere else. Names and extensions are those that the profile allows. */
    enroll(body: EnrollCertificate, options?: CallOptions): Promise<EnrolledCertificate | PendingCertificateRequest>

    /** As enroll, and gives the bytes itself. */
    enrollAsBytes(body: EnrollCertificate, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>

    /** List and search certificates of devices. What is given as a filter has to be so, all of it. The newest first; by the common name where its beginning is given; those that end first where valid_to_from, valid_to_to or EXPIRED is. The order stays the same from page to page. */
    list(query?: ListCertificatesQuery, options?: CallOptions): Promise<DeviceCertificates>

    /** As list, one after the other, page after page. */
    each(query?: ListCertificatesQuery, options?: CallOptions): AsyncGenerator<DeviceCertificate, void, undefined>

    /** Get a certificate of a device. */
    get(id: string, options?: CallOptions): Promise<DeviceCertificate>

    /** Download a certificate of a device. */
    download(id: string, query?: DownloadCertificateQuery, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>

    /** Revoke a certificate of a device, or put it on hold. OCSP tells of it from the next question on, the revocation list within moments. With the reason key_compromise all other certificates of the key are revoked, too, and nobody gets one for it any more. */
    revoke(id: string, body: RevokeDeviceCertificate, options?: CallOptions): Promise<void>

    /** Release a certificate of a device that is on hold. It counts again. What was revoked for another reason stays so. */
    release(id: string, options?: CallOptions): Promise<void>

    /** Renew a certificate of a device. The new one is under the same enrollment profile, for the same device and, unless the profile lets the request say others, of the same names; for another key, unless the profile takes the same. The old one stays as it is until it ends or is revoked. */
    renew(id: string, body: RenewCertificate, options?: CallOptions): Promise<EnrolledCertificate>

    /** As renew, and gives the bytes itself. */
    renewAsBytes(id: string, body: RenewCertificate, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>
  }
  readonly certificateRequests: {
    /** List and search certificate requests. The newest first; what is given as a filter has to be so, all of it. */
    list(query?: ListCertificateRequestsQuery, options?: CallOptions): Promise<CertificateRequests>

    /** As list, one after the other, page after page. */
    each(
      query?: ListCertificateRequestsQuery,
      options?: CallOptions,
    ): AsyncGenerator<ListedCertificateRequest, void, undefined>

    /** Get a certificate request, with its certificate. Also by the passcode, or the authentication certificate, by which it was sent, used up or not. */
    get(id: string, options?: CallOptions): Promise<CertificateRequest>

    /** Approve a certificate request. By somebody else than who sent it, or who made the passcode or assigned the certificate by which it came. With a CSR its certificate is issued now; a key that is made here is made when it is picked up. */
    approve(id: string, options?: CallOptions): Promise<CertificateRequest>

    /** Reject a certificate request. */
    reject(id: string, body: RejectCertificateRequest, options?: CallOptions): Promise<CertificateRequest>

    /** Take a certificate request back. By who sent it, as long as there is no certificate. */
    cancel(id: string, options?: CallOptions): Promise<CertificateRequest>

    /** Pick up the key and the certificate of an approved request. By who sent it, once: the key is made now, and is in the answer and nowhere else. What came of a CSR is in the request. */
    pickUp(id: string, body: PickUpCertificate, options?: CallOptions): Promise<EnrolledCertificate>

    /** As pickUp, and gives the bytes itself. */
    pickUpAsBytes(id: string, body: PickUpCertificate, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>
  }
  readonly enrollmentProfiles: {
    /** Create an enrollment profile. Under it devices of the division get certificates: as the certificate profile says, in the ways and within the limits that stand here. */
    create(body: CreateEnrollmentProfile, options?: CallOptions): Promise<EnrollmentProfile>

    /** List enrollment profiles. The newest first; what is given as a filter has to be so, all of it. */
    list(query?: ListEnrollmentProfilesQuery, options?: CallOptions): Promise<EnrollmentProfiles>

    /** As list, one after the other, page after page. */
    each(query?: ListEnrollmentProfilesQuery, options?: CallOptions): AsyncGenerator<EnrollmentProfile, void, undefined>

    /** Get an enrollment profile. */
    get(id: string, options?: CallOptions): Promise<EnrollmentProfile>

    /** Change an enrollment profile. All but its division. What is left out stays as it is. It acts on the next certificate. */
    change(id: string, body: ChangeEnrollmentProfile, options?: CallOptions): Promise<EnrollmentProfile>

    /** Delete an enrollment profile. One under which something was made stays: disable it. */
    delete(id: string, options?: CallOptions): Promise<void>

    /** Get what an enrollment profile takes, field by field. */
    specification(id: string, options?: CallOptions): Promise<EnrollmentSpecification>

    /** Get a body for requests under an enrollment profile, to be filled in. */
    sample(id: string, query?: GetEnrollmentSampleQuery, options?: CallOptions): Promise<EnrollmentSample>
  }
  readonly enrollmentPasscodes: {
    /** Create a passcode, by which devices enroll under this profile. Whoever has it may request certificates under this profile, and renew them, with the header x-passcode in place of an API key. It takes the permission MANAGE_IOT_CERTIFICATE, too: nobody gives more than their own. */
    create(id: string, body: CreateEnrollmentPasscode, options?: CallOptions): Promise<ToldEnrollmentPasscode>

    /** List the passcodes of an enrollment profile. Oldest first, without those that were deleted. */
    list(id: string, query?: ListEnrollmentPasscodesQuery, options?: CallOptions): Promise<EnrollmentPasscodes>

    /** As list, one after the other, page after page. */
    each(
      id: string,
      query?: ListEnrollmentPasscodesQuery,
      options?: CallOptions,
    ): AsyncGenerator<EnrollmentPasscode, void, undefined>

    /** Get a passcode, without its text. */
    get(id: string, passcode_id: string, options?: CallOptions): Promise<EnrollmentPasscode>

    /** Change, enable or disable a passcode. What is left out stays as it is. It acts on the next request, and on those that are being worked on. */
    change(
      id: string,
      passcode_id: string,
      body: ChangeEnrollmentPasscode,
      options?: CallOptions,
    ): Promise<EnrollmentPasscode>

    /** Delete a passcode. It is still told what it was used for. */
    delete(id: string, passcode_id: string, options?: CallOptions): Promise<void>
  }
  readonly authenticationCertificates: {
    /** Assign a certificate, by which others than users enroll under this profile. Whoever has its key may request certificates under this profile on the mutual-TLS host. It is one that this platform issued to a client or a device of the account, for client authentication, and it is looked at each time whether it still counts. It takes the permission MANAGE_IOT_CERTIFICATE, too. */
    assign(id: string, body: AssignAuthenticationCertificate, options?: CallOptions): Promise<AuthenticationCertificate>

    /** List the authentication certificates of an enrollment profile. Oldest first, without those that were taken away. */
    list(
      id: string,
      query?: ListAuthenticationCertificatesQuery,
      options?: CallOptions,
    ): Promise<AuthenticationCertificates>

    /** As list, one after the other, page after page. */
    each(
      id: string,
      query?: ListAuthenticationCertificatesQuery,
      options?: CallOptions,
    ): AsyncGenerator<AuthenticationCertificate, void, undefined>

    /** Get an authentication certificate. */
    get(id: string, authentication_certificate_id: string, options?: CallOptions): Promise<AuthenticationCertificate>

    /** Change, enable or disable an authentication certificate. What is left out stays as it is. It acts on the next request, and on those that are being worked on. */
    change(
      id: string,
      authentication_certificate_id: string,
      body: ChangeAuthenticationCertificate,
      options?: CallOptions,
    ): Promise<AuthenticationCertificate>

    /** Take an authentication certificate away from an enrollment profile. The certificate itself stays as it is. */
    delete(id: string, authentication_certificate_id: string, options?: CallOptions): Promise<void>
  }
  readonly content: {
    /** Sign a file. Adds a C2PA manifest to a file and answers with the signed one: in JSON, or as it is where Accept prefers its type to JSON, image/jpeg for one. A file that has a manifest keeps it as an ingredient. What is signed: JPEG, PNG, WebP, GIF, TIFF, SVG, JPEG XL, HEIC, HEIF, AVIF, MP4, MOV, M4A, AVI, WAV, FLAC and MP3. */
    sign(form: SignForm, options?: CallOptions): Promise<SignedImage>

    /** As sign, and gives the file itself. */
    signAsFile(form: SignForm, options?: CallOptions): Promise<AnsweredFile>

    /** Verify a file. Says who signed a file, when, from what, and what is wrong with it, by the trust settings of the platform. Needs no account; on the mutual-TLS host the certificate is asked for as on every address there. A file without Content Credentials, or of an unknown format, has a report that says so. Nothing of the file is kept. */
    verify(form: VerifyForm, query?: VerifyFileQuery, options?: CallOptions): Promise<ReaderReport | CrJson>
  }
  readonly csc: {
    /** What the service can (CSC v1). The service, as version 1.0.4.0 of the API describes it. */
    info(body: CscInfoRequest, options?: CallOptions): Promise<CscInfo>

    /** List credentials (CSC v1). Your own, and those of the account. */
    listCredentials(body: CscListRequest, options?: CallOptions): Promise<CscCredentials>

    /** Get a credential (CSC v1). Its key, its certificates, and what takes an authorisation. */
    getCredential(body: CscCredentialRequest, options?: CallOptions): Promise<CscCredential>

    /** Authorise signatures (CSC v1). Gives signature activation data (SAD) that is good for five minutes, for one signHash over these hashes, by you. Where more signatures are authorised than there are hashes, extendTransaction gives the next. */
    authorize(body: CscAuthorizeRequest, options?: CallOptions): Promise<CscActivation>

    /** Go on signing (CSC v1). Gives the next signature activation data for who has the one before, used or not, in exchange for it: for other hashes, without the PIN, within an hour of it. */
    extendTransaction(body: CscExtendRequest, options?: CallOptions): Promise<CscActivation>

    /** Sign hashes (CSC v1). Signs hashes that were authorised, once. ECDSA signatures are DER. Ed25519 hashes by itself: there, what is to be signed is sent in place of its hash. */
    signHash(body: CscSignHashRequest, options?: CallOptions): Promise<CscSignatures>

    /** Get a time stamp (CSC v1). A time stamp over a hash, of the authority that signed files have theirs of. */
    timestamp(body: CscTimestampRequest, options?: CallOptions): Promise<CscTimeStamp>
  }
  readonly csc2: {
    /** What the service can (CSC v2). The service, as version 2.0.0.0 of the API describes it. */
    info(body: CscInfoRequest, options?: CallOptions): Promise<CscInfo2>

    /** List credentials (CSC v2). Your own, and those of the account. */
    listCredentials(body: CscListRequest, options?: CallOptions): Promise<CscCredentials2>

    /** Get a credential (CSC v2). Its key, its certificates, and what takes an authorisation. */
    getCredential(body: CscCredentialRequest, options?: CallOptions): Promise<CscCredential2>

    /** Authorise signatures (CSC v2). Gives signature activation data (SAD) that is good for five minutes, for one signHash over these hashes, by you. Where more signatures are authorised than there are hashes, extendTransaction gives the next. */
    authorize(body: CscAuthorizeRequest2, options?: CallOptions): Promise<CscActivation>

    /** Go on signing (CSC v2). Gives the next signature activation data for who has the one before, used or not, in exchange for it: for other hashes, without the PIN, within an hour of it. */
    extendTransaction(body: CscExtendRequest2, options?: CallOptions): Promise<CscActivation>

    /** Sign hashes (CSC v2). Signs hashes that were authorised, once. ECDSA signatures are DER. Ed25519 hashes by itself: there, what is to be signed is sent in place of its hash. */
    signHash(body: CscSignHashRequest2, options?: CallOptions): Promise<CscSignatures>

    /** Get a time stamp (CSC v2). A time stamp over a hash, of the authority that signed files have theirs of. */
    timestamp(body: CscTimestampRequest, options?: CallOptions): Promise<CscTimeStamp>
  }
}

/** The operations, as calls. */
export function api({ call, each }: Caller): Api {
  return {
    platform: {
      health: async (options) => call({ method: 'GET', path: `/health` }, options),
      readiness: async (options) => call({ method: 'GET', path: `/ready` }, options),
      version: async (options) => call({ method: 'GET', path: `/version` }, options),
      metrics: async (options) => call({ method: 'GET', path: `/metrics`, answer: 'text' }, options),
      logo: async (options) => call({ method: 'GET', path: `/logo.png`, answer: 'bytes' }, options),
    },
    credentials: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/documentmanager/api/v2/credential`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/documentmanager/api/v2/credential`, query: query ?? {} }, options),
      issue: async (body, options) =>
        call({ method: 'POST', path: `/documentmanager/api/v2/credential`, body }, options),
      get: async (id, options) =>
        call({ method: 'GET', path: `/documentmanager/api/v2/credential/${segment(id)}` }, options),
      chain: async (id, options) =>
        call(
          { method: 'GET', path: `/documentmanager/api/v2/credential/${segment(id)}/chain.pem`, answer: 'text' },
          options,
        ),
      changePin: async (id, body, options) =>
        call(
          { method: 'PUT', path: `/documentmanager/api/v2/credential/${segment(id)}/pin`, body, answer: 'nothing' },
          options,
        ),
      unlock: async (id, options) =>
        call({ method: 'PUT', path: `/documentmanager/api/v2/credential/${segment(id)}/unlock` }, options),
      suspend: async (id, options) =>
        call({ method: 'PUT', path: `/documentmanager/api/v2/credential/${segment(id)}/suspend` }, options),
      resume: async (id, options) =>
        call({ method: 'PUT', path: `/documentmanager/api/v2/credential/${segment(id)}/resume` }, options),
      reissuePin: async (id, options) =>
        call({ method: 'POST', path: `/documentmanager/api/v2/credential/${segment(id)}/reissue-pin` }, options),
      revoke: async (id, body, options) =>
        call({ method: 'PUT', path: `/documentmanager/api/v2/credential/${segment(id)}/revoke`, body }, options),
      renew: async (id, body, options) =>
        call({ method: 'POST', path: `/documentmanager/api/v2/credential/${segment(id)}/renew`, body }, options),
      request: async (body, options) =>
        call({ method: 'POST', path: `/documentmanager/api/v2/credential/request`, body }, options),
      certificationRequest: async (id, options) =>
        call({ method: 'GET', path: `/documentmanager/api/v2/credential/${segment(id)}/csr`, answer: 'text' }, options),
      uploadCertificate: async (id, body, options) =>
        call({ method: 'PUT', path: `/documentmanager/api/v2/credential/${segment(id)}/certificate`, body }, options),
      import: async (body, options) =>
        call({ method: 'POST', path: `/documentmanager/api/v2/credential/import`, body }, options),
    },
    credentialSignatures: {
      list: async (id, query, options) =>
        call(
          { method: 'GET', path: `/documentmanager/api/v2/credential/${segment(id)}/signature`, query: query ?? {} },
          options,
        ),
      each: (id, query, options) =>
        each(
          { method: 'GET', path: `/documentmanager/api/v2/credential/${segment(id)}/signature`, query: query ?? {} },
          options,
        ),
      export: async (id, query, options) =>
        call(
          {
            method: 'GET',
            path: `/documentmanager/api/v2/credential/${segment(id)}/signature/export`,
            query: query ?? {},
            answer: 'text',
          },
          options,
        ),
    },
    trustAnchors: {
      list: async (options) => call({ method: 'GET', path: `/documentmanager/api/c2pa/v1/trust-anchors` }, options),
      add: async (body, options) =>
        call({ method: 'POST', path: `/documentmanager/api/c2pa/v1/trust-anchors`, body }, options),
      remove: async (id, options) =>
        call(
          { method: 'DELETE', path: `/documentmanager/api/c2pa/v1/trust-anchors/${segment(id)}`, answer: 'nothing' },
          options,
        ),
    },
    webhooks: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/webhook`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/account/api/v1/webhook`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/account/api/v1/webhook`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/account/api/v1/webhook/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/account/api/v1/webhook/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/webhook/${segment(id)}`, answer: 'nothing' }, options),
      enable: async (id, options) =>
        call(
          { method: 'PUT', path: `/account/api/v1/webhook/${segment(id)}/enable`, body: { enabled: true } },
          options,
        ),
      disable: async (id, options) =>
        call(
          { method: 'PUT', path: `/account/api/v1/webhook/${segment(id)}/enable`, body: { enabled: false } },
          options,
        ),
      rotate: async (id, body, options) =>
        call({ method: 'POST', path: `/account/api/v1/webhook/${segment(id)}/rotate`, body }, options),
      deliveries: async (id, options) =>
        call({ method: 'GET', path: `/account/api/v1/webhook/${segment(id)}/delivery` }, options),
      test: async (id, options) =>
        call({ method: 'POST', path: `/account/api/v1/webhook/${segment(id)}/test` }, options),
    },
    webhookDeliveries: {
      resend: async (id, delivery_id, options) =>
        call(
          { method: 'POST', path: `/account/api/v1/webhook/${segment(id)}/delivery/${segment(delivery_id)}/resend` },
          options,
        ),
    },
    apiKeys: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/api-key`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/account/api/v1/api-key`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/account/api/v1/api-key`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/account/api/v1/api-key/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/account/api/v1/api-key/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/api-key/${segment(id)}`, answer: 'nothing' }, options),
      enable: async (id, options) =>
        call(
          { method: 'PUT', path: `/account/api/v1/api-key/${segment(id)}/enable`, body: { enabled: true } },
          options,
        ),
      disable: async (id, options) =>
        call(
          { method: 'PUT', path: `/account/api/v1/api-key/${segment(id)}/enable`, body: { enabled: false } },
          options,
        ),
      rotate: async (id, body, options) =>
        call({ method: 'POST', path: `/account/api/v1/api-key/${segment(id)}/rotate`, body }, options),
    },
    roles: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/role`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/account/api/v1/role`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/account/api/v1/role`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/account/api/v1/role/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/account/api/v1/role/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/role/${segment(id)}`, answer: 'nothing' }, options),
    },
    users: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/user`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/account/api/v1/user`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/account/api/v1/user`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/account/api/v1/user/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/account/api/v1/user/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/user/${segment(id)}`, answer: 'nothing' }, options),
      enable: async (id, options) =>
        call({ method: 'PUT', path: `/account/api/v1/user/${segment(id)}/enable`, body: { enabled: true } }, options),
      disable: async (id, options) =>
        call({ method: 'PUT', path: `/account/api/v1/user/${segment(id)}/enable`, body: { enabled: false } }, options),
      invite: async (id, options) =>
        call({ method: 'POST', path: `/account/api/v1/user/${segment(id)}/invitation` }, options),
      endSessions: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/user/${segment(id)}/session`, answer: 'nothing' }, options),
      resetTotp: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/user/${segment(id)}/totp`, answer: 'nothing' }, options),
      me: async (options) => call({ method: 'GET', path: `/account/api/v1/user/me` }, options),
    },
    sessions: {
      signIn: async (body, options) => call({ method: 'POST', path: `/account/api/v1/session`, body }, options),
      get: async (options) => call({ method: 'GET', path: `/account/api/v1/session` }, options),
      signOut: async (options) =>
        call({ method: 'DELETE', path: `/account/api/v1/session`, answer: 'nothing' }, options),
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/user/me/session`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/account/api/v1/user/me/session`, query: query ?? {} }, options),
      endOthers: async (options) =>
        call({ method: 'DELETE', path: `/account/api/v1/user/me/session`, answer: 'nothing' }, options),
      end: async (id, options) =>
        call({ method: 'DELETE', path: `/account/api/v1/user/me/session/${segment(id)}`, answer: 'nothing' }, options),
    },
    passwords: {
      change: async (body, options) => call({ method: 'PUT', path: `/account/api/v1/user/me/password`, body }, options),
      set: async (body, options) =>
        call({ method: 'POST', path: `/account/api/v1/password`, body, answer: 'nothing' }, options),
      reset: async (body, options) => call({ method: 'POST', path: `/account/api/v1/password/reset`, body }, options),
    },
    totp: {
      enroll: async (body, options) => call({ method: 'POST', path: `/account/api/v1/user/me/totp`, body }, options),
      confirm: async (body, options) =>
        call({ method: 'POST', path: `/account/api/v1/user/me/totp/confirm`, body }, options),
      disable: async (body, options) =>
        call({ method: 'POST', path: `/account/api/v1/user/me/totp/disable`, body, answer: 'nothing' }, options),
    },
    accounts: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/account`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/account/api/v1/account`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/account/api/v1/account`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/account/api/v1/account/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/account/api/v1/account/${segment(id)}`, body }, options),
      enable: async (id, options) =>
        call(
          { method: 'PUT', path: `/account/api/v1/account/${segment(id)}/enable`, body: { enabled: true } },
          options,
        ),
      disable: async (id, options) =>
        call(
          { method: 'PUT', path: `/account/api/v1/account/${segment(id)}/enable`, body: { enabled: false } },
          options,
        ),
    },
    auditLog: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/audit-log`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/account/api/v1/audit-log`, query: query ?? {} }, options),
      export: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/audit-log/export`, query: query ?? {}, answer: 'text' }, options),
    },
    clientAuthCertificates: {
      create: async (body, options) =>
        call({ method: 'POST', path: `/account/api/v1/client-auth-certificate`, body }, options),
      list: async (query, options) =>
        call({ method: 'GET', path: `/account/api/v1/client-auth-certificate`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/account/api/v1/client-auth-certificate`, query: query ?? {} }, options),
      get: async (id, options) =>
        call({ method: 'GET', path: `/account/api/v1/client-auth-certificate/${segment(id)}` }, options),
      delete: async (id, options) =>
        call(
          { method: 'DELETE', path: `/account/api/v1/client-auth-certificate/${segment(id)}`, answer: 'nothing' },
          options,
        ),
      enable: async (id, options) =>
        call(
          {
            method: 'PUT',
            path: `/account/api/v1/client-auth-certificate/${segment(id)}/enable`,
            body: { enabled: true },
          },
          options,
        ),
      disable: async (id, options) =>
        call(
          {
            method: 'PUT',
            path: `/account/api/v1/client-auth-certificate/${segment(id)}/enable`,
            body: { enabled: false },
          },
          options,
        ),
      renew: async (id, body, options) =>
        call({ method: 'POST', path: `/account/api/v1/client-auth-certificate/${segment(id)}/renew`, body }, options),
      generate: async (body, options) =>
        call({ method: 'POST', path: `/account/api/v1/client-auth-certificate/generate`, body }, options),
      download: async (id, options) =>
        call(
          { method: 'GET', path: `/account/api/v1/client-auth-certificate/${segment(id)}/pkcs12`, answer: 'bytes' },
          options,
        ),
    },
    divisions: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/iot/api/v1/division`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/iot/api/v1/division`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/iot/api/v1/division`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/iot/api/v1/division/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/division/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/iot/api/v1/division/${segment(id)}`, answer: 'nothing' }, options),
    },
    deviceProfiles: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/iot/api/v1/device-profile`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/iot/api/v1/device-profile`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/iot/api/v1/device-profile`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/iot/api/v1/device-profile/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/device-profile/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/iot/api/v1/device-profile/${segment(id)}`, answer: 'nothing' }, options),
    },
    devices: {
      list: async (query, options) => call({ method: 'GET', path: `/iot/api/v2/device`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/iot/api/v2/device`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/iot/api/v2/device`, body }, options),
      get: async (id, options) => call({ method: 'GET', path: `/iot/api/v2/device/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/iot/api/v2/device/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/iot/api/v2/device/${segment(id)}`, answer: 'nothing' }, options),
      disable: async (id, options) =>
        call({ method: 'PUT', path: `/iot/api/v2/device/${segment(id)}/disable` }, options),
      enable: async (id, options) => call({ method: 'PUT', path: `/iot/api/v2/device/${segment(id)}/enable` }, options),
      renew: async (id, body, options) =>
        call({ method: 'POST', path: `/iot/api/v2/device/${segment(id)}/renew`, isKeyed: true, body }, options),
      renewAsBytes: async (id, body, options) =>
        call(
          { method: 'POST', path: `/iot/api/v2/device/${segment(id)}/renew`, isKeyed: true, body, answer: 'bytes' },
          options,
        ),
    },
    certificateProfiles: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/iot/api/v1/certificate-profile`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/iot/api/v1/certificate-profile`, query: query ?? {} }, options),
      create: async (body, options) => call({ method: 'POST', path: `/iot/api/v1/certificate-profile`, body }, options),
      get: async (id, options) =>
        call({ method: 'GET', path: `/iot/api/v1/certificate-profile/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/certificate-profile/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/iot/api/v1/certificate-profile/${segment(id)}`, answer: 'nothing' }, options),
    },
    batches: {
      list: async (query, options) => call({ method: 'GET', path: `/iot/api/v1/batch`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/iot/api/v1/batch`, query: query ?? {} }, options),
      create: async (form, options) => call({ method: 'POST', path: `/iot/api/v1/batch`, form: { ...form } }, options),
      get: async (id, options) => call({ method: 'GET', path: `/iot/api/v1/batch/${segment(id)}` }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/iot/api/v1/batch/${segment(id)}`, answer: 'nothing' }, options),
      downloadCertificates: async (id, options) =>
        call(
          { method: 'GET', path: `/iot/api/v1/batch/${segment(id)}/download-certificates`, answer: 'bytes' },
          options,
        ),
      cancel: async (id, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/batch/${segment(id)}/cancel`, answer: 'nothing' }, options),
    },
    certificates: {
      enroll: async (body, options) =>
        call({ method: 'POST', path: `/iot/api/v1/certificate`, isKeyed: true, body }, options),
      enrollAsBytes: async (body, options) =>
        call({ method: 'POST', path: `/iot/api/v1/certificate`, isKeyed: true, body, answer: 'bytes' }, options),
      list: async (query, options) =>
        call({ method: 'GET', path: `/iot/api/v1/certificate`, query: query ?? {} }, options),
      each: (query, options) => each({ method: 'GET', path: `/iot/api/v1/certificate`, query: query ?? {} }, options),
      get: async (id, options) => call({ method: 'GET', path: `/iot/api/v1/certificate/${segment(id)}` }, options),
      download: async (id, query, options) =>
        call(
          {
            method: 'GET',
            path: `/iot/api/v1/certificate/${segment(id)}/download`,
            query: query ?? {},
            answer: 'bytes',
          },
          options,
        ),
      revoke: async (id, body, options) =>
        call(
          { method: 'PUT', path: `/iot/api/v1/certificate/${segment(id)}/revoke`, body, answer: 'nothing' },
          options,
        ),
      release: async (id, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/certificate/${segment(id)}/release`, answer: 'nothing' }, options),
      renew: async (id, body, options) =>
        call({ method: 'POST', path: `/iot/api/v1/certificate/${segment(id)}/renew`, isKeyed: true, body }, options),
      renewAsBytes: async (id, body, options) =>
        call(
          {
            method: 'POST',
            path: `/iot/api/v1/certificate/${segment(id)}/renew`,
            isKeyed: true,
            body,
            answer: 'bytes',
          },
          options,
        ),
    },
    certificateRequests: {
      list: async (query, options) =>
        call({ method: 'GET', path: `/iot/api/v1/certificate-request`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/iot/api/v1/certificate-request`, query: query ?? {} }, options),
      get: async (id, options) =>
        call({ method: 'GET', path: `/iot/api/v1/certificate-request/${segment(id)}` }, options),
      approve: async (id, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/certificate-request/${segment(id)}/approve` }, options),
      reject: async (id, body, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/certificate-request/${segment(id)}/reject`, body }, options),
      cancel: async (id, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/certificate-request/${segment(id)}/cancel` }, options),
      pickUp: async (id, body, options) =>
        call({ method: 'POST', path: `/iot/api/v1/certificate-request/${segment(id)}/pickup`, body }, options),
      pickUpAsBytes: async (id, body, options) =>
        call(
          { method: 'POST', path: `/iot/api/v1/certificate-request/${segment(id)}/pickup`, body, answer: 'bytes' },
          options,
        ),
    },
    enrollmentProfiles: {
      create: async (body, options) => call({ method: 'POST', path: `/iot/api/v1/enrollment-profile`, body }, options),
      list: async (query, options) =>
        call({ method: 'GET', path: `/iot/api/v1/enrollment-profile`, query: query ?? {} }, options),
      each: (query, options) =>
        each({ method: 'GET', path: `/iot/api/v1/enrollment-profile`, query: query ?? {} }, options),
      get: async (id, options) =>
        call({ method: 'GET', path: `/iot/api/v1/enrollment-profile/${segment(id)}` }, options),
      change: async (id, body, options) =>
        call({ method: 'PUT', path: `/iot/api/v1/enrollment-profile/${segment(id)}`, body }, options),
      delete: async (id, options) =>
        call({ method: 'DELETE', path: `/iot/api/v1/enrollment-profile/${segment(id)}`, answer: 'nothing' }, options),
      specification: async (id, options) =>
        call(
          { method: 'GET', path: `/iot/api/v1/enrollment-profile/${segment(id)}/enrollment-specification` },
          options,
        ),
      sample: async (id, query, options) =>
        call(
          { method: 'GET', path: `/iot/api/v1/enrollment-profile/${segment(id)}/sample`, query: query ?? {} },
          options,
        ),
    },
    enrollmentPasscodes: {
      create: async (id, body, options) =>
        call({ method: 'POST', path: `/iot/api/v1/enrollment-profile/${segment(id)}/passcode`, body }, options),
      list: async (id, query, options) =>
        call(
          { method: 'GET', path: `/iot/api/v1/enrollment-profile/${segment(id)}/passcode`, query: query ?? {} },
          options,
        ),
      each: (id, query, options) =>
        each(
          { method: 'GET', path: `/iot/api/v1/enrollment-profile/${segment(id)}/passcode`, query: query ?? {} },
          options,
        ),
      get: async (id, passcode_id, options) =>
        call(
          { method: 'GET', path: `/iot/api/v1/enrollment-profile/${segment(id)}/passcode/${segment(passcode_id)}` },
          options,
        ),
      change: async (id, passcode_id, body, options) =>
        call(
          {
            method: 'PUT',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/passcode/${segment(passcode_id)}`,
            body,
          },
          options,
        ),
      delete: async (id, passcode_id, options) =>
        call(
          {
            method: 'DELETE',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/passcode/${segment(passcode_id)}`,
            answer: 'nothing',
          },
          options,
        ),
    },
    authenticationCertificates: {
      assign: async (id, body, options) =>
        call(
          { method: 'POST', path: `/iot/api/v1/enrollment-profile/${segment(id)}/authentication-certificate`, body },
          options,
        ),
      list: async (id, query, options) =>
        call(
          {
            method: 'GET',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/authentication-certificate`,
            query: query ?? {},
          },
          options,
        ),
      each: (id, query, options) =>
        each(
          {
            method: 'GET',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/authentication-certificate`,
            query: query ?? {},
          },
          options,
        ),
      get: async (id, authentication_certificate_id, options) =>
        call(
          {
            method: 'GET',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/authentication-certificate/${segment(authentication_certificate_id)}`,
          },
          options,
        ),
      change: async (id, authentication_certificate_id, body, options) =>
        call(
          {
            method: 'PUT',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/authentication-certificate/${segment(authentication_certificate_id)}`,
            body,
          },
          options,
        ),
      delete: async (id, authentication_certificate_id, options) =>
        call(
          {
            method: 'DELETE',
            path: `/iot/api/v1/enrollment-profile/${segment(id)}/authentication-certificate/${segment(authentication_certificate_id)}`,
            answer: 'nothing',
          },
          options,
        ),
    },
    content: {
      sign: async (form, options) =>
        call(
          { method: 'POST', path: `/documentmanager/api/c2pa/v1/sign`, isByCertificate: true, form: { ...form } },
          options,
        ),
      signAsFile: async (form, options) =>
        call(
          {
            method: 'POST',
            path: `/documentmanager/api/c2pa/v1/sign`,
            isByCertificate: true,
            form: { ...form },
            answer: 'file',
          },
          options,
        ),
      verify: async (form, query, options) =>
        call(
          { method: 'POST', path: `/documentmanager/api/c2pa/v1/verify`, form: { ...form }, query: query ?? {} },
          options,
        ),
    },
    csc: {
      info: async (body, options) =>
        call({ method: 'POST', path: `/documentmanager/csc/v1/info`, isByCertificate: true, body }, options),
      listCredentials: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v1/credentials/list`, isByCertificate: true, body },
          options,
        ),
      getCredential: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v1/credentials/info`, isByCertificate: true, body },
          options,
        ),
      authorize: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v1/credentials/authorize`, isByCertificate: true, body },
          options,
        ),
      extendTransaction: async (body, options) =>
        call(
          {
            method: 'POST',
            path: `/documentmanager/csc/v1/credentials/extendTransaction`,
            isByCertificate: true,
            body,
          },
          options,
        ),
      signHash: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v1/signatures/signHash`, isByCertificate: true, body },
          options,
        ),
      timestamp: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v1/signatures/timestamp`, isByCertificate: true, body },
          options,
        ),
    },
    csc2: {
      info: async (body, options) =>
        call({ method: 'POST', path: `/documentmanager/csc/v2/info`, isByCertificate: true, body }, options),
      listCredentials: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v2/credentials/list`, isByCertificate: true, body },
          options,
        ),
      getCredential: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v2/credentials/info`, isByCertificate: true, body },
          options,
        ),
      authorize: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v2/credentials/authorize`, isByCertificate: true, body },
          options,
        ),
      extendTransaction: async (body, options) =>
        call(
          {
            method: 'POST',
            path: `/documentmanager/csc/v2/credentials/extendTransaction`,
            isByCertificate: true,
            body,
          },
          options,
        ),
      signHash: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v2/signatures/signHash`, isByCertificate: true, body },
          options,
        ),
      timestamp: async (body, options) =>
        call(
          { method: 'POST', path: `/documentmanager/csc/v2/signatures/timestamp`, isByCertificate: true, body },
          options,
        ),
    },
  }
}
