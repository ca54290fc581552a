import type { AuditEvent, AuditEvents } from '../../src/domain/audit-event.ts'

/** The newest audit events of an account. */
export async function eventsOf(
  auditEvents: Pick<AuditEvents, 'walk'>,
  accountId: string,
  limit: number,
): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = []
  for await (const { event } of auditEvents.walk({ accountId, order: 'newest' })) {
    events.push(event)
    if (events.length === limit) break
  }
  return events
}
