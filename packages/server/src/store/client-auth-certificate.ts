import { type CompiledQuery, type RawBuilder, sql } from 'kysely'
import type {
  ClientAuthCertificate,
  ClientAuthCertificateHolder,
  ClientAuthCertificates,
} from '../domain/client-auth-certificate.ts'
import { ACCOUNT_COLUMNS, type AccountRow, toAccount } from './account.ts'
import { CERTIFICATE_COLUMNS, type CertificateRow, toCertificate } from './certificate.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'
import { columnsOf, rowOf } from './joined-row.ts'
import { prepared } from './prepared.ts'
import { toUser, USER_COLUMNS, type UserRow } from './user.ts'

/** A row of `client_auth_certificates`. */
export type ClientAuthCertificateRow = {
  readonly id: string
  /** The account of the user, within which the name is unique. */
  readonly account_id: string
  readonly user_id: string
  readonly name: string
  readonly certificate_id: string
  readonly enabled: number
  readonly maker_ends_at: number | null
  readonly created_at: number
}

const TABLE = 'client_auth_certificates'
const COLUMNS = [
  'id',
  'account_id',
  'user_id',
  'name',
  'certificate_id',
  'enabled',
  'maker_ends_at',
  'created_at',
] as const satisfies readonly (keyof ClientAuthCertificateRow)[]

function toClientAuthCertificate(row: ClientAuthCertificateRow): ClientAuthCertificate {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    certificateId: row.certificate_id,
    enabled: row.enabled === 1,
    makerEndsAt: row.maker_ends_at === null ? undefined : new Date(row.maker_ends_at),
    createdAt: new Date(row.created_at),
  }
}

function withCertificate(
  row: Record<string, unknown>,
): Pick<ClientAuthCertificateHolder, 'clientAuthCertificate' | 'certificate'> {
  return {
    clientAuthCertificate: toClientAuthCertificate(rowOf<ClientAuthCertificateRow>(TABLE, COLUMNS, row)),
    certificate: toCertificate(rowOf<CertificateRow>('certificates', CERTIFICATE_COLUMNS, row)),
  }
}

/** The client authentication certificates of a database. */
export function clientAuthCertificates(connections: Connections): ClientAuthCertificates {
  const { read, write } = connections
  const holderWhere = (condition: RawBuilder<unknown>): CompiledQuery<Record<string, unknown>> =>
    sql<Record<string, unknown>>`
      select ${columnsOf(TABLE, COLUMNS)}, ${columnsOf('certificates', CERTIFICATE_COLUMNS)},
        ${columnsOf('users', USER_COLUMNS)}, ${columnsOf('accounts', ACCOUNT_COLUMNS)}
      from certificates
      join client_auth_certificates on client_auth_certificates.certificate_id = certificates.id
      join users on users.id = client_auth_certificates.user_id
      join accounts on accounts.id = users.account_id
      where ${condition}`.compile(read)
  const findByFingerprint = prepared(
    connections,
    'find holder by fingerprint',
    (fingerprint: Uint8Array) => holderWhere(sql`certificates.fingerprint = ${fingerprint}`),
    holderOf,
  )
  const findHolder = prepared(
    connections,
    'find holder',
    (id: string) => holderWhere(sql`client_auth_certificates.id = ${id}`),
    holderOf,
  )

  function holderOf([row]: readonly Record<string, unknown>[]): ClientAuthCertificateHolder | undefined {
    if (!row) return undefined
    return {
      ...withCertificate(row),
      user: toUser(rowOf<UserRow>('users', USER_COLUMNS, row)),
      account: toAccount(rowOf<AccountRow>('accounts', ACCOUNT_COLUMNS, row)),
    }
  }

  return {
    async find(id) {
      const row = await read.selectFrom(TABLE).selectAll().where('id', '=', id).executeTakeFirst()
      return row && toClientAuthCertificate(row)
    },
    findByFingerprint,
    findHolder,
    async list(userId) {
      const query = read.selectFrom(TABLE).selectAll().where('user_id', '=', userId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toClientAuthCertificate)
    },
    async listWithCertificates(userId) {
      const query = sql<Record<string, unknown>>`
        select ${columnsOf(TABLE, COLUMNS)}, ${columnsOf('certificates', CERTIFICATE_COLUMNS)}
        from client_auth_certificates
        join certificates on certificates.id = client_auth_certificates.certificate_id
        where client_auth_certificates.user_id = ${userId}
        order by client_auth_certificates.created_at, client_auth_certificates.id`
      return (await query.execute(read)).rows.map(withCertificate)
    },
    async listNames(accountId) {
      const rows = await read.selectFrom(TABLE).select('name').where('account_id', '=', accountId).execute()
      return new Set(rows.map(({ name }) => name))
    },
    async add({ id, userId, name, certificateId, enabled, makerEndsAt, createdAt }) {
      const query = write.insertInto(TABLE).values((eb) => ({
        id,
        account_id: eb.selectFrom('users').select('account_id').where('users.id', '=', userId),
        user_id: userId,
        name,
        certificate_id: certificateId,
        enabled: enabled ? 1 : 0,
        maker_ends_at: makerEndsAt?.getTime() ?? null,
        created_at: createdAt.getTime(),
      }))
      const result = await query.onConflict((on) => on.doNothing()).executeTakeFirst()
      refuseConflict(result, 'client authentication certificate', 'name')
    },
    async setEnabled(id, enabled) {
      const query = write
        .updateTable(TABLE)
        .set({ enabled: enabled ? 1 : 0 })
        .where('id', '=', id)
      refuseMissing(await query.executeTakeFirst(), 'client authentication certificate')
    },
    async remove(id) {
      await write.deleteFrom(TABLE).where('id', '=', id).execute()
    },
  }
}
