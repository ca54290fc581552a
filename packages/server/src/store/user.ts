import { sql } from 'kysely'
import type { Permission } from '../domain/permission.ts'
import { permissionsOfRoles } from '../domain/role.ts'
import type { User, Users } from '../domain/user.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'
import { gathered } from './gathered.ts'
import { readRolePermissions, rolePermissions } from './role.ts'

/** A row of `users`. */
export type UserRow = {
  readonly id: string
  readonly account_id: string
  readonly kind: User['kind']
  readonly email: string
  /** The address as it is compared: in lower case. */
  readonly email_key: string
  readonly friendly_name: string
  readonly description: string
  readonly status: User['status'] | 'deleted'
  readonly ends_at: number | null
  readonly locale: string
  /** A JSON array. */
  readonly roles: string
  /** A JSON array: those that no role gives. */
  readonly permissions: string
  /** What roles of the account's own let it; follows from `roles`, and is never written otherwise. */
  readonly role_permissions: string
  /** A JSON array of ids. */
  readonly managers: string
  readonly password_hash: string | null
  readonly password_changed_at: number | null
  readonly created_at: number
  readonly created_by: string | null
}

/** The columns of `users`. */
export const USER_COLUMNS = [
  'id',
  'account_id',
  'kind',
  'email',
  'email_key',
  'friendly_name',
  'description',
  'status',
  'ends_at',
  'locale',
  'roles',
  'permissions',
  'role_permissions',
  'managers',
  'password_hash',
  'password_changed_at',
  'created_at',
  'created_by',
] as const satisfies readonly (keyof UserRow)[]

/** The noun of a row. */
export function toUser(row: UserRow): User {
  const roles = JSON.parse(row.roles) as readonly string[]
  const permissions = JSON.parse(row.permissions) as readonly Permission[]
  const customPermissions = readRolePermissions(row.role_permissions)
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    email: row.email,
    friendlyName: row.friendly_name,
    description: row.description,
    // One that is deleted is only met beside what it left.
    status: row.status === 'deleted' ? 'disabled' : row.status,
    endsAt: row.ends_at === null ? undefined : new Date(row.ends_at),
    locale: row.locale,
    roles,
    permissions: [...new Set([...permissionsOfRoles(roles), ...customPermissions, ...permissions])],
    customPermissions,
    managers: JSON.parse(row.managers) as readonly string[],
    passwordHash: row.password_hash ?? undefined,
    ...(row.password_changed_at !== null && { passwordChangedAt: new Date(row.password_changed_at) }),
    createdAt: new Date(row.created_at),
    createdBy: row.created_by ?? undefined,
  }
}

function toRow(user: User) {
  const byRoles = [...permissionsOfRoles(user.roles), ...user.customPermissions]
  const roles = JSON.stringify(user.roles)
  return {
    id: user.id,
    account_id: user.accountId,
    kind: user.kind,
    email: user.email,
    email_key: user.email.toLowerCase(),
    friendly_name: user.friendlyName,
    description: user.description,
    status: user.status,
    ends_at: user.endsAt?.getTime() ?? null,
    locale: user.locale,
    roles,
    permissions: JSON.stringify(user.permissions.filter((permission) => !byRoles.includes(permission))),
    role_permissions: rolePermissions(sql`${user.accountId}`, sql`cast(${roles} as text)`),
    managers: JSON.stringify(user.managers),
    password_hash: user.passwordHash ?? null,
    password_changed_at: user.passwordChangedAt?.getTime() ?? null,
    created_at: user.createdAt.getTime(),
    created_by: user.createdBy ?? null,
  }
}

/** The users of a database. */
export function users({ read, write, look, breath }: Connections): Users {
  const find = gathered(breath, async (ids: readonly string[]) => {
    const query = read
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', [...new Set(ids)])
    const found = (await look(query.where('status', '!=', 'deleted').compile())).rows.map(toUser)
    return ids.map((id) => found.find((user) => user.id === id))
  })
  return {
    find,
    async findByEmail(email) {
      const query = read.selectFrom('users').selectAll().where('email_key', '=', email.toLowerCase())
      // The kind is a literal so that SQLite sees that the partial index has the row.
      const row = await query.where('kind', '=', sql.lit('standard' as const)).executeTakeFirst()
      return row && toUser(row)
    },
    async list(accountId) {
      const query = read
        .selectFrom('users')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('status', '!=', 'deleted')
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toUser)
    },
    async add(user) {
      const query = write.insertInto('users').values(toRow(user))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'user', 'e-mail address')
    },
    async update(user) {
      const { id, password_hash: _hash, password_changed_at: _changedAt, ...row } = toRow(user)
      const query = write.updateTable('users').set(row).where('id', '=', id).where('status', '!=', 'deleted')
      refuseMissing(await query.executeTakeFirst(), 'user')
    },
    async setPassword(id, hash, changedAt) {
      const password = { password_hash: hash, password_changed_at: changedAt?.getTime() ?? null }
      const query = write.updateTable('users').set(password).where('id', '=', id).where('status', '!=', 'deleted')
      refuseMissing(await query.executeTakeFirst(), 'user')
    },
    async remove(id) {
      const gone = { status: 'deleted', email: '', email_key: id, password_hash: null } as const
      refuseMissing(await write.updateTable('users').set(gone).where('id', '=', id).executeTakeFirst(), 'user')
    },
  }
}
