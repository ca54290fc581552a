import type { AuditLogFilter } from '../domain/audit-log.ts'
import { Refusal } from '../domain/refusal.ts'

/** A part of the audit log: which events, and which of them. */
export type AuditLogPage = { readonly filter: AuditLogFilter; readonly offset: number; readonly limit: number }

const NAMES = [
  'user_name',
  'action',
  'resource_types',
  'resource_id',
  'status',
  'account_id',
  'from',
  'to',
  'sort',
  'offset',
  'limit',
] as const
type Name = (typeof NAMES)[number]
type Given = Readonly<Partial<Record<Name, string>>>

/** How many events an answer has when the request does not say, and at most. */
export const PAGE_LIMITS = { usual: 100, most: 1_000 } as const
/** What lies further back is found by `from` and `to`, or exported. */
export const MOST_OFFSET = 10_000
const MOST_TEXT = 200
const MOST_RESOURCE_TYPES = 20
const DAY_MS = 86_400_000

/** Reads the query of the audit log. A filter that is misspelt is refused: passed over it would give all events. */
export function readAuditLogQuery(query: unknown): AuditLogPage {
  const given = textsOf(query)
  const from = given.from === undefined ? undefined : dayOf('from', given.from)
  const to = given.to === undefined ? undefined : dayOf('to', given.to)
  if (from && to && to < from) throw invalid('to', 'It has to be the same day as from, or a later one.')
  return {
    filter: {
      userName: given.user_name,
      action: given.action,
      resourceTypes: given.resource_types === undefined ? undefined : resourceTypes(given.resource_types),
      resourceId: given.resource_id,
      status: given.status === undefined ? undefined : statusOf(given.status),
      accountId: given.account_id,
      from,
      until: to && new Date(to.getTime() + DAY_MS),
      order: given.sort === undefined ? 'newest' : orderOf(given.sort),
    },
    offset: numberOf('offset', given.offset, 0, MOST_OFFSET) ?? 0,
    limit: numberOf('limit', given.limit, 1, PAGE_LIMITS.most) ?? PAGE_LIMITS.usual,
  }
}

/** Each filter once, without those that are empty: forms send them so. */
function textsOf(query: unknown): Given {
  const given: Partial<Record<Name, string>> = {}
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    const known = NAMES.find((candidate) => candidate === name)
    if (!known)
      throw new Refusal(
        'invalid',
        'invalid_request',
        `There is no filter ${JSON.stringify(name.slice(0, 60))} here; there are ${NAMES.join(', ')}.`,
      )
    if (typeof value !== 'string') throw invalid(known, 'It may be given once.')
    if (value.length > MOST_TEXT) throw invalid(known, `It may have ${MOST_TEXT} characters.`)
    // PostgreSQL has no text with it, so nothing has it.
    if (value.includes('\0')) throw invalid(known, 'It may not have a zero byte.')
    if (value.trim() !== '') given[known] = value.trim()
  }
  return given
}

function resourceTypes(text: string): readonly string[] {
  const types = text
    .split(',')
    .map((type) => type.trim())
    .filter((type) => type !== '')
  if (types.length === 0 || types.length > MOST_RESOURCE_TYPES)
    throw invalid('resource_types', `It has 1 to ${MOST_RESOURCE_TYPES} types with commas between them.`)
  return types
}

function statusOf(text: string): 'success' | 'failed' {
  const status = text.toLowerCase()
  if (status !== 'success' && status !== 'failed') throw invalid('status', 'It is success or failed.')
  return status
}

/** `-created_at`, `created_at,desc` and `created_at:desc` are the ways in which people write it. */
function orderOf(text: string): AuditLogFilter['order'] {
  const match = /^(-|\+)?created_at(?:[,: ](asc|desc))?$/i.exec(text)
  if (!match || (match[1] && match[2])) throw invalid('sort', 'It is created_at or -created_at.')
  return match[1] === '-' || match[2]?.toLowerCase() === 'desc' ? 'newest' : 'oldest'
}

/** A day of a query, in UTC, or a Refusal that names its parameter. */
export function dayOf(name: 'from' | 'to', text: string): Date {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00.000Z`) : undefined
  // 30 February would be a day in March.
  if (!day || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text)
    throw invalid(name, 'It has to be a day, as 2026-03-31.')
  return day
}

function numberOf(name: Name, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (number < least || number > most) throw invalid(name, `It has to be a number from ${least} to ${most}.`)
  return number
}

function invalid(name: Name, sentence: string): Refusal {
  return new Refusal('invalid', 'invalid_request', `Invalid parameter ${name}. ${sentence}`)
}
