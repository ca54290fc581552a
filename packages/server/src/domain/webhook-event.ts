/** What webhooks can be told of, and how the audit log's actions are called there. */
import type { AuditEvent } from './audit-event.ts'
import { ENDING_KINDS, type EndingKind } from './ending.ts'

/** What is told once it is done, by the action under which the audit log has it. */
const DONE = {
  'client_auth_certificate.create': 'client_auth_certificate.issued',
  'client_auth_certificate.enable': 'client_auth_certificate.enabled',
  'client_auth_certificate.disable': 'client_auth_certificate.disabled',
  'client_auth_certificate.delete': 'client_auth_certificate.revoked',
  'api_key.create': 'api_key.created',
  'api_key.update': 'api_key.changed',
  'api_key.rotate': 'api_key.rotated',
  'api_key.enable': 'api_key.enabled',
  'api_key.disable': 'api_key.disabled',
  'api_key.delete': 'api_key.deleted',
  'user.create': 'user.created',
  'user.update': 'user.changed',
  'user.enable': 'user.enabled',
  'user.disable': 'user.disabled',
  'user.delete': 'user.deleted',
  'user.lock': 'user.locked',
  'certificate_request.submit': 'certificate_request.pending',
  'certificate_request.approve': 'certificate_request.approved',
  'certificate_request.reject': 'certificate_request.rejected',
  'batch.finish': 'batch.finished',
  'batch.fail': 'batch.failed',
  'credential.create': 'credential.created',
  'credential.renew': 'credential.renewed',
  'credential.suspend': 'credential.suspended',
  'credential.resume': 'credential.resumed',
  'credential.lock': 'credential.locked',
  'credential.unlock': 'credential.unlocked',
  'credential.revoke': 'credential.revoked',
} as const

/** The actions of the audit log that are told. */
export const TOLD_ACTIONS: readonly string[] = Object.keys(DONE)

/** The one that follows another is told of as such. */
const RENEWED = 'client_auth_certificate.renewed' as const

/** A device's certificate that will end, and that has: there are many, so that nobody is told by mail. */
const CERTIFICATE_ENDS = ['certificate.ending', 'certificate.ended'] as const

/** What a webhook may be told of: what was done, that something in use will end, and that it has. */
export type WebhookEvent =
  | `${EndingKind}.${'ending' | 'ended'}`
  | (typeof CERTIFICATE_ENDS)[number]
  | (typeof DONE)[keyof typeof DONE]
  | typeof RENEWED

/** All of them, those of a noun together. */
export const WEBHOOK_EVENTS: readonly WebhookEvent[] = [
  ...ENDING_KINDS.flatMap((kind): WebhookEvent[] => [`${kind}.ending`, `${kind}.ended`]),
  ...CERTIFICATE_ENDS,
  ...Object.values(DONE),
  RENEWED,
].sort()

/** What is sent when somebody asks for it, whatever the webhook is told of otherwise. */
export const TEST_EVENT = 'webhook.test'

/** What a delivery is of. */
export type DeliveryEvent = WebhookEvent | typeof TEST_EVENT

/** What webhooks are told of an audit event, if they are: what it is about and who did it, by names and ids alone. */
export function webhookEventOf(
  audited: AuditEvent,
): { readonly accountId: string; readonly event: WebhookEvent; readonly data: object } | undefined {
  const { action, accountId, resourceId, actorId, status, details } = audited
  if (accountId === undefined || status !== 'success' || !isTold(action)) return undefined
  const isRenewal = action === 'client_auth_certificate.create' && details.renewed !== undefined
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    accountId,
    event: isRenewal ? RENEWED : DONE[action],
    data: {
      id: resourceId ?? null,
      name: text(details.name ?? details.friendlyName ?? details.nickname),
      user_id: text(details.userId),
      actor_id: actorId ?? null,
      ...(isRenewal && { renewed_id: text(details.renewed) }),
    },
  }
}

function isTold(action: string): action is keyof typeof DONE {
  return Object.hasOwn(DONE, action)
}
