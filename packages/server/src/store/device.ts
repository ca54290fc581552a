import { type ExpressionBuilder, sql } from 'kysely'
import { COUNTED_DEVICES, type Device, type DeviceQuery, type Devices } from '../domain/device.ts'
import { refuseConflict, refuseMissing, refusingUse } from './conflict.ts'
import type { Connections, Database } from './database.ts'

/** A row of `devices`. */
export type DeviceRow = {
  readonly id: string
  readonly account_id: string
  readonly division_id: string
  readonly device_profile_id: string | null
  readonly identifier: string
  readonly status: Device['status']
  /** A JSON object. */
  readonly field_values: string
  /** A JSON object. */
  readonly api_access: string
  readonly created_at: number
  readonly updated_at: number
}

function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    accountId: row.account_id,
    divisionId: row.division_id,
    deviceProfileId: row.device_profile_id ?? undefined,
    identifier: row.identifier,
    status: row.status,
    values: JSON.parse(row.field_values) as Device['values'],
    apiAccess: JSON.parse(row.api_access) as Device['apiAccess'],
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow(device: Device): DeviceRow {
  return {
    id: device.id,
    account_id: device.accountId,
    division_id: device.divisionId,
    device_profile_id: device.deviceProfileId ?? null,
    identifier: device.identifier,
    status: device.status,
    field_values: JSON.stringify(device.values),
    api_access: JSON.stringify(device.apiAccess),
    created_at: device.createdAt.getTime(),
    updated_at: device.updatedAt.getTime(),
  }
}

function conditionsOf(row: ExpressionBuilder<Database, 'devices'>, query: DeviceQuery) {
  const { identifier, divisionId, deviceProfileId, status, createdFrom, createdUntil, updatedFrom, updatedUntil } =
    query
  // Of what few devices have the index is to be taken: SQLite would walk through all of the account.
  const isFew = (divisionId ?? deviceProfileId) !== undefined && (status ?? 'active') === 'active'
  return row.and([
    isFew ? row(sql`account_id || ''`, '=', query.accountId) : row('account_id', '=', query.accountId),
    status ? row('status', '=', status) : row('status', '<>', 'deleted'),
    ...(identifier === undefined ? [] : [row('identifier', '=', identifier)]),
    ...(divisionId === undefined ? [] : [row('division_id', '=', divisionId)]),
    ...(deviceProfileId === undefined ? [] : [row('device_profile_id', '=', deviceProfileId)]),
    ...(createdFrom ? [row('created_at', '>=', createdFrom.getTime())] : []),
    ...(createdUntil ? [row('created_at', '<', createdUntil.getTime())] : []),
    ...(updatedFrom ? [row('updated_at', '>=', updatedFrom.getTime())] : []),
    ...(updatedUntil ? [row('updated_at', '<', updatedUntil.getTime())] : []),
  ])
}

/** The certificates of a device that count. */
function countingOf(id: string, at: Date) {
  return sql`from certificate_requests
    join certificates on certificates.id = certificate_requests.certificate_id
    where certificate_requests.device_id = ${id} and certificates.not_after >= ${at.getTime()} and
      (certificates.status = 'issued' or certificates.revocation_reason = 'certificate_hold')`
}

/** The devices of a database. */
export function devices({ read, write }: Connections): Devices {
  return {
    async find(id) {
      const row = await read.selectFrom('devices').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toDevice(row)
    },
    async findByIdentifier(accountId, identifier) {
      const query = read.selectFrom('devices').selectAll().where('account_id', '=', accountId)
      const row = await query.where('identifier', '=', identifier).executeTakeFirst()
      return row && toDevice(row)
    },
    async list(query) {
      const wanted = read.selectFrom('devices').where((row) => conditionsOf(row, query))
      const most = Math.max(COUNTED_DEVICES, query.offset + query.limit + 1)
      const some = wanted.select(sql.lit(1).as('one')).limit(most).as('counted')
      const counted = await read
        .selectFrom(some)
        .select((row) => row.fn.countAll<number>().as('total'))
        .executeTakeFirst()
      const order = query.updatedFrom || query.updatedUntil ? 'updated_at' : 'created_at'
      const page = wanted.selectAll().orderBy(order, 'desc').orderBy('id', 'desc')
      const rows = await page.limit(query.limit).offset(query.offset).execute()
      const total = Number(counted?.total ?? 0)
      return { records: rows.map(toDevice), total, isTotalExact: total < most }
    },
    async add(device) {
      const query = write.insertInto('devices').values(toRow(device))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'device', 'identifier')
    },
    async update(device) {
      const { id, ...row } = toRow(device)
      refuseMissing(await write.updateTable('devices').set(row).where('id', '=', id).executeTakeFirst(), 'device')
    },
    async hasHistory(id) {
      const query = read.selectFrom('certificate_requests').select('id').where('device_id', '=', id)
      return (await query.limit(1).executeTakeFirst()) !== undefined
    },
    async countCertificates(id, at) {
      const { rows } = await sql<{ readonly total: number | bigint | string }>`
        select count(*) as total ${countingOf(id, at)}`.execute(read)
      return Number(rows[0]?.total ?? 0)
    },
    async hasCertificateOfOthers(id, actor, at) {
      const { rows } = await sql`
        select 1 ${countingOf(id, at)}
          and not (certificate_requests.actor_kind = ${actor.kind} and certificate_requests.actor_id = ${actor.id})
        limit 1`.execute(read)
      return rows.length > 0
    },
    async remove(id) {
      await refusingUse('device', () => write.deleteFrom('devices').where('id', '=', id).execute())
    },
  }
}
