import type { Account, Accounts } from '../domain/account.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `accounts`. */
export type AccountRow = {
  readonly id: string
  readonly name: string
  readonly friendly_identifier: string
  readonly active: number
  readonly service_from: number
  readonly service_to: number | null
  readonly locale: string
  readonly default_digital_source_type: string | null
  readonly created_at: number
}

/** The columns of `accounts`. */
export const ACCOUNT_COLUMNS = [
  'id',
  'name',
  'friendly_identifier',
  'active',
  'service_from',
  'service_to',
  'locale',
  'default_digital_source_type',
  'created_at',
] as const satisfies readonly (keyof AccountRow)[]

/** The noun of a row. */
export function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    friendlyIdentifier: row.friendly_identifier,
    active: row.active === 1,
    servicePeriod: {
      from: new Date(row.service_from),
      to: row.service_to === null ? undefined : new Date(row.service_to),
    },
    locale: row.locale,
    defaultDigitalSourceType: row.default_digital_source_type ?? undefined,
    createdAt: new Date(row.created_at),
  }
}

function toRow(account: Account): AccountRow {
  return {
    id: account.id,
    name: account.name,
    friendly_identifier: account.friendlyIdentifier,
    active: account.active ? 1 : 0,
    service_from: account.servicePeriod.from.getTime(),
    service_to: account.servicePeriod.to?.getTime() ?? null,
    locale: account.locale,
    default_digital_source_type: account.defaultDigitalSourceType ?? null,
    created_at: account.createdAt.getTime(),
  }
}

/** The accounts of a database. */
export function accounts({ read, write }: Connections): Accounts {
  return {
    async find(id) {
      const row = await read.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toAccount(row)
    },
    async findByFriendlyIdentifier(friendlyIdentifier) {
      const query = read.selectFrom('accounts').selectAll().where('friendly_identifier', '=', friendlyIdentifier)
      const row = await query.executeTakeFirst()
      return row && toAccount(row)
    },
    async list() {
      const rows = await read.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('id').execute()
      return rows.map(toAccount)
    },
    async add(account) {
      const query = write.insertInto('accounts').values(toRow(account))
      refuseConflict(
        await query.onConflict((on) => on.doNothing()).executeTakeFirst(),
        'account',
        'friendly identifier',
      )
    },
    async update(account) {
      const { id, ...row } = toRow(account)
      refuseMissing(await write.updateTable('accounts').set(row).where('id', '=', id).executeTakeFirst(), 'account')
    },
  }
}
