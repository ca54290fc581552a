import { concatBytes, equalBytes, utf8Bytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import type { AuditEvent, AuditSeal, SealedAuditEvent } from './audit-event.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Store } from './store.ts'

/** So many events are hashed and written at a time that neither the event loop nor other writers wait long. */
const BATCH = 128

/** What the chain begins with, in place of a hash before the first. */
const BEGINNING = new Uint8Array(32)

/**
 * Seals the events that no seal holds yet, at most `limit` of them; gives how many. Of several sealers at a time one
 * works, and the others give 0.
 */
export async function sealAuditEvents(store: Store, limit = 20 * BATCH): Promise<number> {
  let sealed = 0
  while (sealed < limit) {
    // Most calls find nothing to do, and need no transaction for it.
    if ((await store.auditEvents.listUnsealed(1)).length === 0) break
    const count = await sealBatch(store, Math.min(BATCH, limit - sealed))
    if (count === 0) break
    sealed += count
  }
  return sealed
}

function sealBatch(store: Store, limit: number): Promise<number> {
  return store.transaction(async ({ auditEvents, locks }) => {
    if (!(await locks.tryTake('audit-sealer'))) return 0
    const head = await auditEvents.head()
    let sequence = head?.sequence ?? 0n
    let hash = head?.hash ?? BEGINNING
    const seals: AuditSeal[] = []
    for (const event of await auditEvents.listUnsealed(limit)) {
      hash = linkHash(hash, event)
      sequence += 1n
      seals.push({ sequence, eventId: event.id, hash })
    }
    await auditEvents.seal(seals)
    return seals.length
  })
}

/** SHA-256 over the hash before it and the event's canonical JSON. */
function linkHash(previous: Uint8Array, event: AuditEvent): Uint8Array {
  const text = canonicalJson({
    id: event.id,
    at: event.at.toISOString(),
    accountId: event.accountId ?? null,
    actorId: event.actorId ?? null,
    actorKind: event.actorKind,
    action: event.action,
    resourceType: event.resourceType,
    resourceId: event.resourceId ?? null,
    status: event.status,
    details: event.details,
  })
  return digest('sha256', concatBytes([previous, utf8Bytes(text)]))
}

/** What is wrong at a place of the chain. */
export type AuditFault = {
  readonly sequence: bigint
  /** Undefined when no event has this place. */
  readonly eventId: string | undefined
  readonly code: 'event.missing' | 'event.mismatch' | 'head.mismatch' | 'noted.mismatch'
  readonly explanation: string
}

/** Whether the audit log is as it was written. */
export type AuditReport = {
  readonly valid: boolean
  /** How many events the chain holds. */
  readonly sealed: bigint
  /** The last seal: note it elsewhere, and a later check can show that the chain goes on from it. */
  readonly head: AuditSeal | undefined
  /** The first of the faults, in the chain's order. */
  readonly faults: readonly AuditFault[]
  /** How many events wait for their seal, and the ids of the first of them. */
  readonly unsealed: { readonly count: number; readonly eventIds: readonly string[] }
}

const MAX_FAULTS = 100
const MAX_UNSEALED_NAMES = 1000

/**
 * Checks the chain from its beginning to its head, and names what is not sealed yet. A seal that was noted elsewhere
 * shows besides that nobody has written the whole chain anew.
 */
export async function verifyAuditChain(store: Store, noted?: AuditSeal): Promise<AuditReport> {
  const { auditEvents } = store
  const head = await auditEvents.head()
  const end = head?.sequence ?? 0n
  const faults = await walk(store, end, [head, noted])
  if (noted && noted.sequence > end)
    faults.push(notLinked(noted, 'noted.mismatch', 'the chain ends before the noted seal'))

  // A sealer may have been at work meanwhile; what lies behind its head, too, belongs to no chain.
  const [beyond] = await auditEvents.listSealed(end, 1)
  if (beyond && beyond.seal.sequence > ((await auditEvents.head())?.sequence ?? 0n)) {
    faults.push(notLinked(beyond.seal, 'head.mismatch', 'the event lies behind the end of the chain'))
  }
  const unsealed = await auditEvents.listUnsealed(MAX_UNSEALED_NAMES)
  return {
    valid: faults.length === 0,
    sealed: end,
    head,
    faults: faults.slice(0, MAX_FAULTS),
    unsealed: { count: await auditEvents.countUnsealed(), eventIds: unsealed.map(({ id }) => id) },
  }
}

/** Goes through the chain up to its end, and holds it against the seals that are known from elsewhere. */
async function walk(store: Store, end: bigint, known: readonly (AuditSeal | undefined)[]): Promise<AuditFault[]> {
  const [head] = known
  const faults: AuditFault[] = []
  let place: Pick<AuditSeal, 'sequence' | 'hash'> = { sequence: 0n, hash: BEGINNING }
  while (place.sequence < end && faults.length < MAX_FAULTS) {
    const page = (await store.auditEvents.listSealed(place.sequence, BATCH)).filter(({ seal }) => seal.sequence <= end)
    for (const sealed of page) {
      const { seal } = sealed
      faults.push(...missing(place.sequence, seal.sequence))
      if (!isLink(place.hash, sealed)) {
        faults.push(notLinked(seal, 'event.mismatch', 'the hash is not that of the event and the hash before it'))
      }
      for (const other of known) {
        if (other?.sequence !== seal.sequence || isSame(other, seal)) continue
        const code = other === head ? 'head.mismatch' : 'noted.mismatch'
        faults.push(notLinked(seal, code, 'another event, or another hash, was noted for this place'))
      }
      place = seal
    }
    if (page.length === 0) {
      faults.push(...missing(place.sequence, end + 1n))
      break
    }
    // A turn of the event loop between pages, on SQLite too, where reading doesn't give one.
    await new Promise<void>((resolve) => setTimeout(resolve))
  }
  return faults
}

function isLink(previous: Uint8Array, { event, seal }: SealedAuditEvent): boolean {
  try {
    return equalBytes(linkHash(previous, event), seal.hash)
  } catch {
    // A row that no event gives: a time that is none, say.
    return false
  }
}

function isSame(a: AuditSeal, b: AuditSeal): boolean {
  return a.eventId === b.eventId && equalBytes(a.hash, b.hash)
}

/** The places between two, without them. */
function missing(after: bigint, before: bigint): AuditFault[] {
  const faults: AuditFault[] = []
  for (let sequence = after + 1n; sequence < before && faults.length < MAX_FAULTS; sequence++) {
    faults.push({ sequence, eventId: undefined, code: 'event.missing', explanation: 'no event has this place' })
  }
  return faults
}

function notLinked({ sequence, eventId }: AuditSeal, code: AuditFault['code'], explanation: string): AuditFault {
  return { sequence, eventId, code, explanation }
}
