import type { Actor } from './record-event.ts'

/** One change or signature, written in the transaction of the change itself. */
export type AuditEvent = {
  /** UUID v7: ordered by time of writing, roughly. */
  readonly id: string
  readonly at: Date
  readonly accountId: string | undefined
  /** Who did it: a user, the platform itself, or who is known by a passcode or a certificate alone. */
  readonly actorId: string | undefined
  readonly actorKind: Actor['kind'] | 'anonymous'
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

/** An event and its place in the chain. */
export type SealedAuditEvent = { readonly event: AuditEvent; readonly seal: AuditSeal }

/** Which events of an account are wanted, and in which order of time. All of what is given has to be so. */
export type AuditQuery = {
  readonly accountId: string
  readonly action?: string | undefined
  readonly resourceTypes?: readonly string[] | undefined
  readonly resourceId?: string | undefined
  readonly status?: AuditEvent['status'] | undefined
  readonly actorIds?: readonly string[] | undefined
  readonly from?: Date | undefined
  /** The first moment that is too late. */
  readonly until?: Date | undefined
  readonly order: 'newest' | 'oldest'
}

/** An event with the name that its user has now; undefined where there is no user, none any more, or one of another account. */
export type ListedAuditEvent = { readonly event: AuditEvent; readonly userName: string | undefined }

/** The audit events in the store. An event is never changed and never removed. */
export type AuditEvents = {
  append(event: AuditEvent): Promise<void>
  /** Those that a query wants, read as they are taken, in constant memory and without long steps. */
  walk(query: AuditQuery): AsyncGenerator<ListedAuditEvent, void, void>
  /** Sealed events that follow a place in the chain, in the chain's order. */
  listSealed(after: bigint, limit: number): Promise<readonly SealedAuditEvent[]>
  /** Events that no seal holds yet, in the order in which they are to be sealed. */
  listUnsealed(limit: number): Promise<readonly AuditEvent[]>
  countUnsealed(): Promise<number>
  /** The last seal, as the sealer noted it; undefined before the first. */
  head(): Promise<AuditSeal | undefined>
  /** Seals events, in order, and notes the last seal as the head. */
  seal(seals: readonly AuditSeal[]): Promise<void>
}
