/** Failures to authenticate: what the log is told, and what the audit. */
import type { AuditEvent } from './audit-event.ts'
import type { Actor } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

type FailureWorld = Pick<World, 'now'> & { readonly store: Pick<World['store'], 'auditEvents'> }

/** The credentials that programs and people show with each request. */
export type CredentialKind =
  | 'api_key'
  | 'client_auth_certificate'
  | 'session'
  | 'passcode'
  | 'authentication_certificate'
  | 'device_certificate'

/** Why a credential does not count, for the log, and which it is if it is one of the platform's. */
export class AuthenticationFault extends Error {
  readonly kind: CredentialKind
  readonly credentialId: string | undefined
  constructor(fault: string, kind: AuthenticationFault['kind'], credentialId: string | undefined) {
    super(fault)
    this.kind = kind
    this.credentialId = credentialId
  }
}

/** Which credential of the platform a failed authentication was about; undefined for what is none. */
export function credentialOfFailure(
  error: unknown,
): { readonly kind: CredentialKind; readonly id: string } | undefined {
  const cause = error instanceof Refusal ? error.cause : undefined
  if (!(cause instanceof AuthenticationFault) || cause.credentialId === undefined) return undefined
  return { kind: cause.kind, id: cause.credentialId }
}

/**
 * Failures may fill a disk: of those of strangers together, and of each certificate and key that no longer counts and is
 * used on and on, at most this many a second are written, the rest counted.
 */
const FAILURES_A_SECOND = 10
const MOST_GATES = 1_000

type Gate = { second: number; written: number; passedOver: number }
const gates = new WeakMap<object, Map<string, Gate>>()

/** How many failures were passed over before this one; undefined if this one is passed over itself. */
function passGate(store: object, who: string, at: Date): number | undefined {
  const known = gates.get(store) ?? new Map<string, Gate>()
  gates.set(store, known)
  const second = Math.floor(at.getTime() / 1000)
  const gate = known.get(who) ?? { second, written: 0, passedOver: 0 }
  known.set(who, gate)
  if (known.size > MOST_GATES) known.delete(known.keys().next().value as string)
  if (gate.second !== second) Object.assign(gate, { second, written: 0 })
  if (gate.written >= FAILURES_A_SECOND) {
    gate.passedOver++
    return undefined
  }
  gate.written++
  const { passedOver } = gate
  gate.passedOver = 0
  return passedOver
}

/** Writes that somebody could not be known, and why; `holder` is whom it was about. */
export async function auditFailure(world: FailureWorld, ...failure: Failure): Promise<void> {
  const event = failureEvent(world, ...failure)
  if (event) await world.store.auditEvents.append(event)
}

type Failure = readonly [
  fault: string,
  resourceType: string,
  resourceId: string | undefined,
  holder: { readonly user: Pick<User, 'id' | 'accountId'> } | { readonly actor: Actor } | undefined,
]

/** What is to be written of a failure; undefined for one that is only counted. */
export function failureEvent(
  { store, now }: FailureWorld,
  ...[fault, resourceType, resourceId, holder]: Failure
): AuditEvent | undefined {
  const at = now()
  const passedOver = passGate(store, resourceId ?? 'strangers', at)
  if (passedOver === undefined) return undefined
  const actor =
    holder &&
    ('actor' in holder
      ? holder.actor
      : ({ kind: 'user', id: holder.user.id, accountId: holder.user.accountId } as const))
  return {
    id: uuidV7(at),
    at,
    accountId: actor?.accountId,
    actorId: actor?.id,
    actorKind: actor?.kind ?? 'anonymous',
    action: 'authentication.fail',
    resourceType,
    resourceId,
    status: 'failed',
    details: { reason: fault, ...(passedOver > 0 ? { passedOverBefore: passedOver } : {}) },
  }
}
