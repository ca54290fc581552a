import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import type { ListedAuditEvent } from '../domain/audit-event.ts'
import { readAuditLog } from '../domain/audit-log.ts'
import type { World } from '../domain/world.ts'
import { acceptsCsv } from './accept.ts'
import { MOST_OFFSET, PAGE_LIMITS, readAuditLogQuery } from './audit-log-query.ts'
import { CSV_TYPE, csvRecord } from './csv.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/account/api/v1/audit-log'
/** Characters that are written at a time: each writing may wait for the reader. */
const PIECE = 256 * 1024

/** The audit log of the caller's account. */
export function addAuditLogRoutes(app: FastifyInstance, world: Pick<World, 'store' | 'now'>): void {
  const options = { config: { permission: 'VIEW_AM_AUDIT_LOG' }, validatorCompiler: () => () => true } as const

  app.get(PATH, { ...options, schema: LIST_SCHEMA }, async (request, reply) => {
    if (acceptsCsv(request.headers.accept)) return sendTable(request, reply)
    const { filter, offset, limit } = readAuditLogQuery(request.query)
    const page: EventView[] = []
    let passed = 0
    let isMore = false
    for await (const listed of readAuditLog(world, principalOf(request).account, filter)) {
      if (passed++ < offset) continue
      isMore = page.length === limit
      if (isMore) break
      page.push(eventView(listed))
    }
    if (isMore && offset + limit <= MOST_OFFSET) reply.header('link', nextLink(request.url, offset + limit))
    if (!isMore && page.length > 0) reply.header('x-total-count', offset + page.length)
    return page
  })

  app.get(`${PATH}/export`, { ...options, schema: EXPORT_SCHEMA }, sendTable)

  async function sendTable(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { filter } = readAuditLogQuery(request.query)
    const events = readAuditLog(world, principalOf(request).account, filter)
    // A refusal has its status only before the first byte.
    const first = await events.next()
    return reply
      .type(CSV_TYPE)
      .header('content-disposition', 'attachment; filename="audit-log.csv"')
      .send(Readable.from(table(first.done ? undefined : first.value, events), { objectMode: false }))
  }
}

async function* table(
  first: ListedAuditEvent | undefined,
  others: AsyncGenerator<ListedAuditEvent, void, void>,
): AsyncGenerator<string> {
  let text = csvRecord(COLUMNS) + (first ? recordOf(first) : '')
  for await (const listed of others) {
    text += recordOf(listed)
    if (text.length < PIECE) continue
    yield text
    text = ''
  }
  yield text
}

const COLUMNS = [
  'created_at',
  'user_name',
  'user_id',
  'actor_type',
  'action',
  'resource_type',
  'resource_id',
  'status',
  'details',
  'id',
  'account_id',
] as const satisfies readonly (keyof EventView)[]

function recordOf(listed: ListedAuditEvent): string {
  const view = eventView(listed)
  return csvRecord(
    COLUMNS.map((column) => (column === 'details' ? JSON.stringify(view.details) : (view[column] ?? undefined))),
  )
}

/** The address of what follows. RFC 8288. */
function nextLink(url: string, offset: number): string {
  const [path = '', query = ''] = url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.set('offset', String(offset))
  return `<${path}?${parameters}>; rel="next"`
}

function eventView({ event, userName }: ListedAuditEvent): EventView {
  return {
    id: event.id,
    account_id: event.accountId ?? null,
    created_at: event.at.toISOString(),
    user_id: event.actorId ?? null,
    user_name: userName ?? null,
    actor_type: event.actorKind,
    action: event.action,
    resource_type: event.resourceType,
    resource_id: event.resourceId ?? null,
    status: event.status,
    details: event.details,
  }
}

const OrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

const EventView = Type.Object(
  {
    id: Type.String(),
    account_id: OrNull('The account whose event it is'),
    created_at: Type.String({ format: 'date-time' }),
    user_id: OrNull('Who did it: the id of the user, or of the passcode or certificate where it was none'),
    user_name: OrNull('The name that this user has now'),
    actor_type: Type.Enum(
      ['user', 'platform', 'passcode', 'authentication_certificate', 'device_certificate', 'anonymous'],
      {
        type: 'string',
        description:
          'A user, the platform by itself, who has a passcode or a certificate by which others enroll, a device by its own certificate, or somebody unknown',
      },
    ),
    action: Type.String({ description: 'Noun and verb, as certificate.issue' }),
    resource_type: Type.String(),
    resource_id: OrNull('What it was done to'),
    status: Type.Enum(['success', 'failed'], { type: 'string' }),
    details: Type.Object({}, { additionalProperties: true }),
  },
  { title: 'AuditEvent' },
)
type EventView = Omit<Static<typeof EventView>, 'details'> & { readonly details: Readonly<Record<string, unknown>> }

const FILTERS = {
  user_name: Type.Optional(Type.String({ description: "Part of the user's name or e-mail address, in any case" })),
  action: Type.Optional(Type.String({ description: 'As certificate.issue' })),
  resource_types: Type.Optional(Type.String({ description: 'One or several, with commas between them' })),
  resource_id: Type.Optional(Type.String()),
  status: Type.Optional(Type.Enum(['success', 'failed'], { type: 'string' })),
  account_id: Type.Optional(Type.String({ description: "Nobody sees another account's events" })),
  from: Type.Optional(Type.String({ format: 'date', description: 'The first day, UTC' })),
  to: Type.Optional(Type.String({ format: 'date', description: 'The last day, UTC' })),
  sort: Type.Optional(Type.Enum(['-created_at', 'created_at'], { type: 'string', default: '-created_at' })),
}

const DECLINED = {
  400: accountAnswer(
    'A filter that is none, or with a wrong value',
    'invalid_request',
    'Invalid parameter from. It has to be a day, as 2026-03-31.',
  ),
  404: accountAnswer("Another account's events", 'account_not_found', 'There is no such account.'),
  ...declinedAnswers('VIEW_AM_AUDIT_LOG'),
}

const LIST_SCHEMA = {
  tags: ['Account'],
  operationId: 'listAuditLog',
  summary: 'List the audit log',
  description:
    "The events of one's own account, newest first. While more follow, the header Link names the address of what is next; the last page has X-Total-Count. With `Accept: text/csv` it is the export.",
  querystring: Type.Object({
    ...FILTERS,
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MOST_OFFSET, default: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMITS.most, default: PAGE_LIMITS.usual })),
  }),
  response: {
    200: jsonAnswer('The events', Type.Array(EventView), {
      signature: {
        summary: 'a picture was signed',
        value: [
          {
            id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
            account_id: '019ab2c4-1111-7d02-8f5e-4c1a9b7b2f10',
            created_at: '2026-11-23T00:00:00.000Z',
            user_id: '019ab2c4-2222-7d02-8f5e-4c1a9b7b2f10',
            user_name: 'Picture desk',
            actor_type: 'user',
            action: 'content.sign',
            resource_type: 'signature',
            resource_id: '019ab2c4-3333-7d02-8f5e-4c1a9b7b2f10',
            status: 'success',
            details: { format: 'image/jpeg' },
          },
        ],
      },
    }),
    ...DECLINED,
  },
}

const EXPORT_SCHEMA = {
  tags: ['Account'],
  operationId: 'exportAuditLog',
  summary: 'Export the audit log as CSV',
  description:
    'All events that pass the filters, by RFC 4180. A cell that begins with =, +, - or @ has an apostrophe before it, so that no spreadsheet runs it.',
  querystring: Type.Object(FILTERS),
  response: {
    200: { description: 'The table', content: { 'text/csv': { schema: Type.String() } } },
    ...DECLINED,
  },
}
