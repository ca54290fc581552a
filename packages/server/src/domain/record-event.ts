import type { AuditEvent } from './audit-event.ts'
import { uuidV7 } from './uuid.ts'

/** Who does something: a user of an account, the platform itself, or who is known by what it shows alone, under whose id it is noted. */
export type Actor = {
  readonly kind: 'user' | 'platform' | 'passcode' | 'authentication_certificate' | 'device_certificate'
  readonly id?: string
  readonly accountId?: string
}

/** The platform, doing by itself what has to be done. */
export const PLATFORM: Actor = { kind: 'platform' }

/** The audit event of something that succeeded. */
export function auditEvent(
  at: Date,
  actor: Actor,
  event: Pick<AuditEvent, 'action' | 'resourceType' | 'resourceId'> & {
    readonly accountId?: string | undefined
    readonly details?: AuditEvent['details']
  },
): AuditEvent {
  return {
    id: uuidV7(at),
    at,
    accountId: event.accountId ?? actor.accountId,
    actorId: actor.id,
    actorKind: actor.kind,
    action: event.action,
    resourceType: event.resourceType,
    resourceId: event.resourceId,
    status: 'success',
    details: event.details ?? {},
  }
}
