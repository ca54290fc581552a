/** How certificates of devices are found among a million: by the index of what few of them have, or in an index's own order. */
import { type RawBuilder, sql } from 'kysely'
import { COUNTED_CERTIFICATES, type DeviceCertificateQuery } from '../domain/device-certificate.ts'
import type { Connections } from './database.ts'
import type { Engine } from './migrate.ts'

/** Which certificates are on a page, in its order, and how many there are in all as far as was counted. */
export type FoundCertificates = {
  readonly ids: readonly string[]
  readonly total: number
  readonly isTotalExact: boolean
}

/** Something that a certificate has to have. */
type Condition = {
  /** Of a row of `device_certificates` as `found`. */
  readonly of: RawBuilder<unknown>
  /** The ids of all that have it, by an index alone. */
  readonly ids: RawBuilder<unknown>
  /** Its index has these newest first. */
  readonly index?: string
}

type Order = { readonly by: RawBuilder<unknown>; readonly index: string }

/** Fewer than this are looked at one by one; of more, an index is followed. */
const FEW = 5_000

/** By account and id. */
const BY_ID = 'device_certificates_account'

/** Those that a query asks for, a page of them. */
export async function searchCertificates(
  search: Connections['read'],
  engine: Engine,
  query: DeviceCertificateQuery,
): Promise<FoundCertificates> {
  const conditions = conditionsOf(query, engine)
  const all = sql.join([sql`found.account_id = ${query.accountId}`, ...conditions.map(({ of }) => of)], sql` and `)
  const most = Math.max(COUNTED_CERTIFICATES, query.offset + query.limit + 1)
  const few = await fewest(search, conditions)
  const order = orderOf(query, conditions)
  // Without statistics SQLite guesses, and may go through all that end within a week for each of a thousand: it is told.
  const by = (index: string): RawBuilder<unknown> => (engine === 'sqlite' ? sql`indexed by ${sql.ref(index)}` : sql``)
  const matching = few
    ? sql`from few cross join device_certificates as found ${by(BY_ID)} where found.certificate_id = few.certificate_id and ${all}`
    : sql`from device_certificates as found ${by(order.index)} where ${all}`
  const beginning = few ? sql`with few (certificate_id) as materialized (${few.ids})` : sql``
  const [counted, { rows }] = await Promise.all([
    sql<{ readonly total: number | string }>`
      ${beginning} select count(*) as total from (select 1 as one ${matching} limit ${most}) as counted`.execute(
      search,
    ),
    sql<{ readonly certificate_id: string }>`
      ${beginning} select found.certificate_id as certificate_id ${matching}
      order by ${order.by} limit ${query.limit} offset ${query.offset}`.execute(search),
  ])
  const total = Number(counted.rows[0]?.total ?? 0)
  return { ids: rows.map(({ certificate_id }) => certificate_id), total, isTotalExact: total < most }
}

/** The condition that the fewest certificates meet, if they are few; each is counted no further than that. */
async function fewest(search: Connections['read'], conditions: readonly Condition[]): Promise<Condition | undefined> {
  if (conditions.length === 0) return undefined
  const counts = conditions.map(
    ({ ids }, index) =>
      sql`(select count(*) from (select 1 as one from (${ids}) as ids limit ${FEW}) as counted) as ${sql.ref(`of_${index}`)}`,
  )
  const { rows } = await sql<Record<string, number | string>>`select ${sql.join(counts)}`.execute(search)
  let fewest: Condition | undefined
  let least = FEW
  for (const [index, condition] of conditions.entries()) {
    const total = Number(rows[0]?.[`of_${index}`] ?? FEW)
    if (total < least) [fewest, least] = [condition, total]
  }
  return fewest
}

/** By what is looked for as a range, so that its index has them in order; else the newest first. */
function orderOf(
  { commonNamePrefix, endsFrom, endsUntil, status }: DeviceCertificateQuery,
  conditions: readonly Condition[],
): Order {
  if (commonNamePrefix !== undefined)
    return { by: sql`found.common_name, found.certificate_id`, index: 'device_certificates_common_name' }
  if (endsFrom || endsUntil || status === 'EXPIRED')
    return {
      by: sql`found.not_after, found.certificate_id`,
      index: status === 'REVOKED' ? 'device_certificates_revoked_end' : 'device_certificates_end',
    }
  const index = conditions.find((condition) => condition.index)?.index ?? BY_ID
  return { by: sql`found.certificate_id desc`, index }
}

function conditionsOf(query: DeviceCertificateQuery, engine: Engine): readonly Condition[] {
  const { accountId, commonName, commonNamePrefix, name, serialNumber } = query
  const from = (index: string, of: RawBuilder<unknown>): RawBuilder<unknown> =>
    sql`select found.certificate_id from device_certificates as found
      ${engine === 'sqlite' ? sql`indexed by ${sql.ref(`device_certificates_${index}`)}` : sql``} where ${of}`
  const ofAccount = sql`found.account_id = ${accountId}`
  /** Of which an index has the newest first. */
  const plain = (index: string, of: RawBuilder<unknown>): Condition => ({
    of,
    ids: from(index, of),
    index: `device_certificates_${index}`,
  })
  /** Those that are revoked (a literal, so that SQLite sees it) have indexes of their own: they are few among many, all over the table. */
  const ofMany = (index: string, of: RawBuilder<unknown>): Condition =>
    query.status === 'REVOKED'
      ? plain(`revoked_${index}`, sql`${ofAccount} and ${of} and found.revoked = 1`)
      : plain(index, of)
  const conditions: Condition[] = []
  if (serialNumber !== undefined) {
    const ids = sql`select id as certificate_id from certificates
      where authority_id in (select id from authorities where purpose = 'device') and serial_number = ${serialNumber}`
    conditions.push({ of: sql`found.certificate_id in (${ids})`, ids })
  }
  if (name !== undefined) {
    const named = sql`certificate_names where account_id = ${accountId} and name = ${name}`
    conditions.push({
      of: sql`exists (select 1 from ${named} and certificate_names.certificate_id = found.certificate_id)`,
      ids: sql`select certificate_id from ${named}`,
    })
  }
  if (query.deviceIdentifier !== undefined)
    conditions.push(
      plain(
        'device',
        sql`found.device_id = (select id from devices where account_id = ${accountId} and identifier = ${query.deviceIdentifier})`,
      ),
    )
  if (commonName !== undefined) {
    const of = sql`found.common_name = ${commonName}`
    conditions.push({
      of,
      ids: from('common_name', sql`${ofAccount} and ${of}`),
      index: 'device_certificates_common_name',
    })
  }
  if (commonNamePrefix !== undefined) {
    const of = sql`found.common_name >= ${commonNamePrefix} and found.common_name < ${`${commonNamePrefix}${LAST}`}`
    conditions.push({ of, ids: from('common_name', sql`${ofAccount} and ${of}`) })
  }
  // As literals, too: nearly all came by the API, and the index has the others.
  if (query.method === 'API') {
    const of = sql`found.method = 'API'`
    conditions.push({ of, ids: from('account', sql`${ofAccount} and ${of}`) })
  } else if (query.method !== undefined) {
    const of = sql`found.method <> 'API' and found.method = ${query.method}`
    conditions.push({ of, ids: from('method', sql`${ofAccount} and ${of}`), index: 'device_certificates_method' })
  }
  for (const [index, id] of [
    ['enrollment_profile', query.enrollmentProfileId],
    ['certificate_profile', query.certificateProfileId],
    ['division', query.divisionId],
  ] as const)
    if (id !== undefined) conditions.push(ofMany(index, sql`found.${sql.ref(`${index}_id`)} = ${id}`))
  if (query.status === 'REVOKED') {
    const of = sql`found.revoked = 1`
    conditions.push({ of, ids: from('revoked', sql`${ofAccount} and ${of}`), index: 'device_certificates_revoked' })
  }
  const ends = endConditions(query)
  if (ends.length > 0) {
    const of = sql.join(ends, sql` and `)
    const ids =
      query.status === 'REVOKED'
        ? from('revoked_end', sql`${ofAccount} and ${of} and found.revoked = 1`)
        : from('end', sql`${ofAccount} and ${of}`)
    conditions.push({ of, ids })
  }
  if (query.status === 'ISSUED' || query.status === 'EXPIRED') {
    const at = query.at.getTime()
    const ended = query.status === 'EXPIRED' ? sql`found.not_after < ${at}` : sql`found.not_after >= ${at}`
    conditions.push({ of: sql`found.revoked = 0 and ${ended}`, ids: from('end', sql`${ofAccount} and ${ended}`) })
  }
  return conditions
}

/** After every character that a name holds: U+10FFFF is none. */
const LAST = '\u{10ffff}'

function endConditions({ endsFrom, endsUntil }: DeviceCertificateQuery): readonly RawBuilder<unknown>[] {
  return [
    ...(endsFrom ? [sql`found.not_after >= ${endsFrom.getTime()}`] : []),
    ...(endsUntil ? [sql`found.not_after < ${endsUntil.getTime()}`] : []),
  ]
}
