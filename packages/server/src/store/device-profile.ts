import { sql } from 'kysely'
import type { DeviceProfile, DeviceProfileQuery, DeviceProfiles } from '../domain/device-profile.ts'
import { refuseConflict, refuseMissing, refusingUse } from './conflict.ts'
import type { Connections } from './database.ts'
import type { Engine } from './migrate.ts'

/** A row of `device_profiles`. */
export type DeviceProfileRow = {
  readonly id: string
  readonly account_id: string
  readonly division_id: string
  readonly name: string
  /** JSON: all else of the profile. */
  readonly definition: string
  readonly created_at: number
  readonly updated_at: number
}

/** The columns of `device_profiles`. */
export const DEVICE_PROFILE_COLUMNS = [
  'id',
  'account_id',
  'division_id',
  'name',
  'definition',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DeviceProfileRow)[]

type Definition = Omit<DeviceProfile, 'id' | 'accountId' | 'divisionId' | 'name' | 'createdAt' | 'updatedAt'>

/** The noun of a row. */
export function toDeviceProfile(row: DeviceProfileRow): DeviceProfile {
  const { fields, identifierPattern, ...definition } = JSON.parse(row.definition) as Definition
  return {
    ...definition,
    // JSON has no undefined.
    identifierPattern,
    fields: fields.map((field) => ({ ...field, defaultValue: field.defaultValue, pattern: field.pattern })),
    id: row.id,
    accountId: row.account_id,
    divisionId: row.division_id,
    name: row.name,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function toRow({
  id,
  accountId,
  divisionId,
  name,
  createdAt,
  updatedAt,
  ...definition
}: DeviceProfile): DeviceProfileRow {
  return {
    id,
    account_id: accountId,
    division_id: divisionId,
    name,
    definition: JSON.stringify(definition satisfies Definition),
    created_at: createdAt.getTime(),
    updated_at: updatedAt.getTime(),
  }
}

function conditionsOf({ accountId, name, divisionId }: DeviceProfileQuery) {
  return {
    account_id: accountId,
    ...(name !== undefined && { name }),
    ...(divisionId !== undefined && { division_id: divisionId }),
  }
}

/** The device profiles of a database. */
export function deviceProfiles({ read, write }: Connections, engine: Engine): DeviceProfiles {
  return {
    async find(id) {
      const row = await read.selectFrom('device_profiles').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toDeviceProfile(row)
    },
    async hold(id) {
      // On SQLite a transaction that may write is alone on the file.
      const lock = engine === 'postgres' ? sql`for key share` : sql``
      const { rows } = await sql<DeviceProfileRow>`select * from device_profiles where id = ${id} ${lock}`.execute(
        write,
      )
      return rows[0] && toDeviceProfile(rows[0])
    },
    async list(query) {
      const wanted = read.selectFrom('device_profiles').where((row) => row.and(conditionsOf(query)))
      const counted = await wanted.select((row) => row.fn.countAll<number>().as('total')).executeTakeFirst()
      const page = wanted.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc')
      const rows = await page.limit(query.limit).offset(query.offset).execute()
      return { total: Number(counted?.total ?? 0), records: rows.map(toDeviceProfile) }
    },
    async add(profile) {
      const query = write.insertInto('device_profiles').values(toRow(profile))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'device profile', 'name')
    },
    async update(profile) {
      const { id, ...row } = toRow(profile)
      const query = write.updateTable('device_profiles').set(row).where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'device profile')
    },
    async remove(id) {
      await refusingUse('device profile', () => write.deleteFrom('device_profiles').where('id', '=', id).execute())
    },
  }
}
