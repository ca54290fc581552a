import { type RawBuilder, sql } from 'kysely'
import type { ApplicationCode } from '../domain/application.ts'
import type { CustomRole, CustomRoles } from '../domain/custom-role.ts'
import type { Permission } from '../domain/permission.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `roles`: those that accounts have made. */
export type RoleRow = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  /** The name as it is compared: in lower case. */
  readonly name_key: string
  readonly application_code: ApplicationCode
  readonly description: string
  /** A JSON array. */
  readonly permissions: string
  readonly created_at: number
  readonly created_by: string
}

function toRole(row: RoleRow): CustomRole {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    applicationCode: row.application_code,
    description: row.description,
    permissions: JSON.parse(row.permissions) as readonly Permission[],
    createdAt: new Date(row.created_at),
    createdBy: row.created_by,
  }
}

function toRow(role: CustomRole): RoleRow {
  return {
    id: role.id,
    account_id: role.accountId,
    name: role.name,
    name_key: role.name.toLowerCase(),
    application_code: role.applicationCode,
    description: role.description,
    permissions: JSON.stringify(role.permissions),
    created_at: role.createdAt.getTime(),
    created_by: role.createdBy,
  }
}

/**
 * What roles of an account let do, by the JSON array of ids that users have; what `readRolePermissions` reads. Kept
 * with the user, so that a request is authenticated by one look.
 */
export function rolePermissions(accountId: RawBuilder<unknown>, roles: RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`(
    select coalesce(string_agg(r.permissions, ' '), '') from roles r
    where r.account_id = ${accountId} and ${roles} like '%"' || r.id || '"%')`
}

/** JSON arrays with spaces between them. */
export function readRolePermissions(text: string): readonly Permission[] {
  const arrays = text.split(' ').filter((array) => array !== '')
  return [...new Set(arrays.flatMap((array) => JSON.parse(array) as readonly Permission[]))]
}

/** The roles of accounts of a database. */
export function roles({ read, write }: Connections): CustomRoles {
  return {
    async find(id) {
      const row = await read.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toRole(row)
    },
    async list(accountId) {
      const query = read.selectFrom('roles').selectAll().where('account_id', '=', accountId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toRole)
    },
    async add(role) {
      const query = write.insertInto('roles').values(toRow(role))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'role', 'name')
    },
    async update(role) {
      const { id, ...row } = toRow(role)
      refuseMissing(await write.updateTable('roles').set(row).where('id', '=', id).executeTakeFirst(), 'role')
      await sql`
        update users set role_permissions = ${rolePermissions(sql`users.account_id`, sql`users.roles`)}
        where account_id = ${role.accountId} and roles like ${`%"${id}"%`}`.execute(write)
    },
    async remove(id) {
      await write.deleteFrom('roles').where('id', '=', id).execute()
    },
  }
}
