import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { AuditEvent, AuditQuery, ListedAuditEvent } from '../domain/audit-event.ts'
import type { AuditEventRow } from './audit-event.ts'
import type { Database } from './database.ts'

/** What one step gives at most. */
const PAGE = 250
/** What one step looks at, at most: some milliseconds on SQLite, which reads on the main thread. */
const STRIDE = 4_000
/** Of more values than these, each a walk of its own, it is cheaper to look at what else comes by. */
const MOST_WALKS = 20

type Condition = RawBuilder<boolean>
type Place = { readonly at: number; readonly id: string }

/** One filter that an index answers in order, and all that has to be looked at besides. */
type Plan = { readonly walks: readonly Condition[]; readonly rest: readonly Condition[] }

/** The events that a query wants, in order of time and of id. */
export function walkAuditEvents(
  database: Kysely<Database>,
  query: AuditQuery,
  toAuditEvent: (row: AuditEventRow) => AuditEvent,
): AsyncGenerator<ListedAuditEvent, void, void> {
  const { walks, rest } = plan(query)
  const walked = walks.map((driver) => walkOne(database, query, driver, rest, toAuditEvent))
  return walked.length === 1 ? (walked[0] as (typeof walked)[0]) : merge(walked, query.order)
}

/**
 * The filter that leaves least goes first: each of three has an index that begins with the account and ends with the time.
 * The others are looked at event by event: an index of each would cost every signature more than it saves a reader.
 */
function plan({ resourceId, actorIds, action, resourceTypes, status }: AuditQuery): Plan {
  const indexed = [
    resourceId === undefined ? undefined : [sql<boolean>`e.resource_id = ${resourceId}`],
    status === 'failed' ? [sql<boolean>`e.status = 'failed'`] : undefined,
    actorIds && eachOf('actor_id', actorIds),
  ].filter((filter) => filter !== undefined)
  const others = [
    action === undefined ? undefined : [sql<boolean>`e.action = ${action}`],
    resourceTypes && eachOf('resource_type', resourceTypes),
    status === 'success' ? [sql<boolean>`e.status = 'success'`] : undefined,
  ].filter((filter) => filter !== undefined)
  const isDriver = (filter: readonly Condition[]): boolean => filter.length <= MOST_WALKS
  const driver = indexed.find(isDriver)
  const rest = [...indexed, ...others]
    .filter((filter) => filter !== driver)
    .map((filter) => sql<boolean>`(${sql.join(filter, sql` or `)})`)
  return { walks: driver ?? [sql<boolean>`1 = 1`], rest }
}

function eachOf(column: 'actor_id' | 'resource_type', values: readonly string[]): Condition[] {
  return [...new Set(values)].map((value) => sql<boolean>`${sql.ref(`e.${column}`)} = ${value}`)
}

async function* walkOne(
  database: Kysely<Database>,
  { accountId, from, until, order }: AuditQuery,
  driver: Condition,
  rest: readonly Condition[],
  toAuditEvent: (row: AuditEventRow) => AuditEvent,
): AsyncGenerator<ListedAuditEvent, void, void> {
  const [direction, further, notFurther] =
    order === 'newest' ? [sql`desc`, sql`<`, sql`>=`] : [sql`asc`, sql`>`, sql`<=`]
  const within: Condition[] = [sql<boolean>`e.account_id = ${accountId}`, driver]
  const earliest = from ? [sql<boolean>`e.at >= ${from.getTime()}`] : []
  const latest = until ? [sql<boolean>`e.at < ${until.getTime()}`] : []
  // One bound at each end and no second one beside it: SQLite would go by the wider, and begin each step at the beginning.
  let [near, far] = order === 'newest' ? [latest, earliest] : [earliest, latest]
  const all = (...conditions: readonly Condition[]): RawBuilder<unknown> => sql.join(conditions, sql` and `)
  const inOrder = sql`order by e.at ${direction}, e.id ${direction}`

  for (;;) {
    // With more to look at than the index tells, only so far as the stride goes: what comes next is another step.
    const stride: Place | undefined =
      rest.length === 0
        ? undefined
        : (
            await sql<Place>`
              select e.at, e.id from audit_events e where ${all(...within, ...near, ...far)}
              ${inOrder} limit 1 offset ${STRIDE}`.execute(database)
          ).rows[0]
    const end = stride ? [sql<boolean>`(e.at, e.id) ${notFurther} (${stride.at}, ${stride.id})`] : far
    const { rows } = await sql<AuditEventRow & { readonly user_name: string | null }>`
      select e.*, u.friendly_name as user_name from audit_events e left join users u on u.id = e.actor_id and u.account_id = e.account_id
      where ${all(...within, ...near, ...end, ...rest)} ${inOrder} limit ${PAGE}`.execute(database)
    for (const row of rows) yield { event: toAuditEvent(row), userName: row.user_name ?? undefined }
    const last: Place | undefined = rows.length === PAGE ? rows.at(-1) : stride
    if (!last) return
    near = [sql<boolean>`(e.at, e.id) ${further} (${last.at}, ${last.id})`]
    // A turn of the event loop between steps, on SQLite too, where reading doesn't give one.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

/** Several walks as one, in order. */
async function* merge(
  walks: readonly AsyncGenerator<ListedAuditEvent, void, void>[],
  order: AuditQuery['order'],
): AsyncGenerator<ListedAuditEvent, void, void> {
  const heads: { walk: (typeof walks)[0]; value: ListedAuditEvent }[] = []
  const draw = async (walk: (typeof walks)[0]): Promise<void> => {
    const next = await walk.next()
    if (!next.done) heads.push({ walk, value: next.value })
  }
  try {
    for (const walk of walks) await draw(walk)
    for (;;) {
      heads.sort((a, b) => (order === 'newest' ? -1 : 1) * compare(a.value, b.value))
      const first = heads.shift()
      if (!first) return
      yield first.value
      await draw(first.walk)
    }
  } finally {
    for (const walk of walks) await walk.return()
  }
}

function compare({ event: a }: ListedAuditEvent, { event: b }: ListedAuditEvent): number {
  return a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
