import type { Device, Devices } from '../domain/device.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `devices`. */
export type DeviceRow = {
  readonly id: string
  readonly account_id: string
  readonly division_id: string
  readonly identifier: string
  readonly created_at: number
}

function toDevice(row: DeviceRow): Device {
  return {
    id: row.id,
    accountId: row.account_id,
    divisionId: row.division_id,
    identifier: row.identifier,
    createdAt: new Date(row.created_at),
  }
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
    async add({ id, accountId, divisionId, identifier, createdAt }) {
      const row = { id, account_id: accountId, division_id: divisionId, identifier, created_at: createdAt.getTime() }
      const query = write.insertInto('devices').values(row)
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'device', 'identifier')
    },
  }
}
