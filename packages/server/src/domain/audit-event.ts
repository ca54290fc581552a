/** One change or signature, written in the transaction of the change itself. */
export type AuditEvent = {
  /** UUID v7: ordered by time of writing, roughly. */
  readonly id: string
  readonly at: Date
  readonly accountId: string | undefined
  /** Who did it: a user, or the platform itself. */
  readonly actorId: string | undefined
  readonly actorKind: 'user' | 'platform' | 'anonymous'
  /** Verb and noun, as `certificate.issue`. */
  readonly action: string
  readonly resourceType: string
  readonly resourceId: string | undefined
  readonly status: 'success' | 'failed'
  /** What else is worth knowing; JSON, never a secret. */
  readonly details: Readonly<Record<string, unknown>>
}

/**
 * The place of an event in the chain: `hash` is SHA-256 over the one before it and the event's canonical JSON. One
 * sealer at a time orders the events, within a second of their writing.
 */
export type AuditSeal = {
  readonly sequence: bigint
  readonly eventId: string
  readonly hash: Uint8Array
}
