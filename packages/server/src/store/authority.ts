import type { Authorities, Authority } from '../domain/authority.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `authorities`. */
export type AuthorityRow = {
  readonly id: string
  readonly purpose: Authority['purpose']
  readonly name: string
  readonly issuer_id: string | null
  readonly key_id: string
  readonly certificate: Uint8Array
  readonly created_at: number
}

function toAuthority(row: AuthorityRow): Authority {
  return {
    id: row.id,
    purpose: row.purpose,
    name: row.name,
    issuerId: row.issuer_id ?? undefined,
    keyId: row.key_id,
    certificate: row.certificate,
    createdAt: new Date(row.created_at),
  }
}

function toRow(authority: Authority): AuthorityRow {
  return {
    id: authority.id,
    purpose: authority.purpose,
    name: authority.name,
    issuer_id: authority.issuerId ?? null,
    key_id: authority.keyId,
    certificate: authority.certificate,
    created_at: authority.createdAt.getTime(),
  }
}

/** The authorities of a database. */
export function authorities({ read, write }: Connections): Authorities {
  return {
    async find(id) {
      const row = await read.selectFrom('authorities').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toAuthority(row)
    },
    async findByPurpose(purpose) {
      const query = read.selectFrom('authorities').selectAll().where('purpose', '=', purpose)
      const row = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst()
      return row && toAuthority(row)
    },
    async list() {
      const rows = await read.selectFrom('authorities').selectAll().orderBy('created_at').orderBy('id').execute()
      return rows.map(toAuthority)
    },
    async add(authority) {
      const query = write.insertInto('authorities').values(toRow(authority))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'authority', 'id')
    },
  }
}
