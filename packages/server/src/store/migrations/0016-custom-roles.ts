import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** Roles that accounts make for themselves, and what they let each user do. */
export const customRoles: Migration = async ({ schema }, { text, integer, table }) => {
  await table('roles')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('name_key', text, (column) => column.notNull())
    .addColumn('application_code', text, (column) => column.notNull())
    .addColumn('description', text, (column) => column.notNull())
    .addColumn('permissions', text, (column) => column.notNull())
    .addColumn('created_at', integer, (column) => column.notNull())
    .addColumn('created_by', text, (column) => column.notNull())
    .addUniqueConstraint('roles_name', ['account_id', 'name_key'])
    .execute()
  await schema
    .alterTable('users')
    .addColumn('role_permissions', text, (column) => column.notNull().defaultTo(sql.lit('')))
    .execute()
}
