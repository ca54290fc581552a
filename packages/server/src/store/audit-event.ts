import { sql } from 'kysely'
import type { AuditEvent, AuditEvents, AuditSeal } from '../domain/audit-event.ts'
import { walkAuditEvents } from './audit-walk.ts'
import type { Connections } from './database.ts'
import { gathered } from './gathered.ts'
import type { Engine } from './migrate.ts'
import { preparedRows } from './prepared.ts'
import { columnNames, type RowTypes } from './row-values.ts'

/** A row of `audit_events`. Its place in the chain is null until it is sealed. */
export type AuditEventRow = {
  readonly id: string
  readonly at: number
  readonly account_id: string | null
  readonly actor_id: string | null
  readonly actor_kind: AuditEvent['actorKind']
  readonly action: string
  readonly resource_type: string
  readonly resource_id: string | null
  readonly status: AuditEvent['status']
  /** JSON. */
  readonly details: string
  readonly sequence: number | null
  readonly hash: Uint8Array | null
}

const TYPES: RowTypes<AuditEventRow> = {
  id: 'text',
  at: 'integer',
  account_id: 'text',
  actor_id: 'text',
  actor_kind: 'text',
  action: 'text',
  resource_type: 'text',
  resource_id: 'text',
  status: 'text',
  details: 'text',
  sequence: 'integer',
  hash: 'bytes',
}

type Seal = { readonly event_id: string; readonly sequence: number; readonly hash: Uint8Array }

/** The one row of `audit_head`: the last seal. */
export type AuditHeadRow = {
  readonly id: number
  readonly sequence: number
  readonly event_id: string
  readonly hash: Uint8Array
}

const HEAD = 1

function toAuditEvent(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    at: new Date(row.at),
    accountId: row.account_id ?? undefined,
    actorId: row.actor_id ?? undefined,
    actorKind: row.actor_kind,
    action: row.action,
    resourceType: row.resource_type,
    resourceId: row.resource_id ?? undefined,
    status: row.status,
    details: parseDetails(row.details),
  }
}

/** Details that someone has spoiled must not keep the chain from being read: that is how they are found. */
function parseDetails(text: string): AuditEvent['details'] {
  try {
    return JSON.parse(text)
  } catch {
    return { unreadable: text }
  }
}

/** The row of an event that is not sealed. */
export function toAuditEventRow(event: AuditEvent): AuditEventRow {
  return {
    id: event.id,
    at: event.at.getTime(),
    account_id: event.accountId ?? null,
    actor_id: event.actorId ?? null,
    actor_kind: event.actorKind,
    action: event.action,
    resource_type: event.resourceType,
    resource_id: event.resourceId ?? null,
    status: event.status,
    details: JSON.stringify(event.details),
    sequence: null,
    hash: null,
  }
}

/** The audit events of a database. */
export function auditEvents(connections: Connections, engine: Engine): AuditEvents {
  const { read, write, breath } = connections
  const addAll = preparedRows<AuditEventRow, never>(
    connections,
    'append audit events',
    TYPES,
    (given) => sql`insert into audit_events (${columnNames(TYPES)}) select * from ${given}`,
  )
  // The first keeps PostgreSQL's planner from reading a small table as a whole, for good; the second keeps SQLite from
  // walking through all unsealed events for each seal, in place of finding it by id.
  const byId = engine === 'postgres' ? sql`audit_events.id = any(array(select event_id from seals)) and` : sql``
  const sealAll = preparedRows<Seal, never>(
    connections,
    'seal audit events',
    { event_id: 'text', sequence: 'integer', hash: 'bytes' },
    (given) => sql`
      with seals as (select * from ${given})
      update audit_events set sequence = seals.sequence, hash = seals.hash from seals
      where ${byId} audit_events.id = seals.event_id and coalesce(audit_events.sequence, 0) = 0`,
  )
  return {
    append: gathered(breath, async (events: readonly AuditEvent[]) => {
      await addAll(events.map(toAuditEventRow))
      return []
    }),
    walk: (query) => walkAuditEvents(read, query, toAuditEvent),
    async listSealed(after, limit) {
      const query = read.selectFrom('audit_events').selectAll().where('sequence', '>', Number(after))
      const rows = await query.orderBy('sequence').limit(limit).execute()
      return rows.map((row) => ({ event: toAuditEvent(row), seal: toSeal(row.sequence, row.id, row.hash) }))
    },
    async listUnsealed(limit) {
      const query = read.selectFrom('audit_events').selectAll().where('sequence', 'is', null)
      return (await query.orderBy('id').limit(limit).execute()).map(toAuditEvent)
    },
    async countUnsealed() {
      const query = read.selectFrom('audit_events').where('sequence', 'is', null)
      return (await query.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count
    },
    async head() {
      const row = await read.selectFrom('audit_head').selectAll().where('id', '=', HEAD).executeTakeFirst()
      return row && toSeal(row.sequence, row.event_id, row.hash)
    },
    async seal(seals) {
      const last = seals.at(-1)
      if (!last) return
      const { numAffectedRows } = await sealAll(
        seals.map(({ eventId, sequence, hash }) => ({ event_id: eventId, sequence: Number(sequence), hash })),
      )
      if (numAffectedRows !== BigInt(seals.length)) throw new Error('an event that was to be sealed is sealed or gone')
      const head = { sequence: Number(last.sequence), event_id: last.eventId, hash: last.hash }
      const query = write.insertInto('audit_head').values({ id: HEAD, ...head })
      await query.onConflict((on) => on.column('id').doUpdateSet(head)).execute()
    },
  }
}

function toSeal(sequence: number | null, eventId: string, hash: Uint8Array | null): AuditSeal {
  return { sequence: BigInt(sequence ?? 0), eventId, hash: hash ?? new Uint8Array(0) }
}
