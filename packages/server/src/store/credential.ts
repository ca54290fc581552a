import type { Credential, Credentials } from '../domain/credential.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `credentials`. */
export type CredentialRow = {
  readonly id: string
  readonly account_id: string
  readonly user_id: string | null
  readonly nickname: string
  readonly key_id: string
  readonly certificate_id: string
  readonly status: Credential['status']
  readonly created_at: number
}

function toCredential(row: CredentialRow): Credential {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id ?? undefined,
    nickname: row.nickname,
    keyId: row.key_id,
    certificateId: row.certificate_id,
    status: row.status,
    createdAt: new Date(row.created_at),
  }
}

function toRow(credential: Credential): CredentialRow {
  return {
    id: credential.id,
    account_id: credential.accountId,
    user_id: credential.userId ?? null,
    nickname: credential.nickname,
    key_id: credential.keyId,
    certificate_id: credential.certificateId,
    status: credential.status,
    created_at: credential.createdAt.getTime(),
  }
}

/** The content credentials of a database. */
export function credentials({ read, write }: Connections): Credentials {
  return {
    async find(id) {
      const row = await read.selectFrom('credentials').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toCredential(row)
    },
    async findByNickname(accountId, nickname) {
      const query = read.selectFrom('credentials').selectAll().where('account_id', '=', accountId)
      const row = await query.where('nickname', '=', nickname).executeTakeFirst()
      return row && toCredential(row)
    },
    async list(accountId) {
      const query = read.selectFrom('credentials').selectAll().where('account_id', '=', accountId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toCredential)
    },
    async add(credential) {
      const query = write.insertInto('credentials').values(toRow(credential))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'credential', 'nickname')
    },
    async update(credential) {
      const { id, ...row } = toRow(credential)
      refuseMissing(
        await write.updateTable('credentials').set(row).where('id', '=', id).executeTakeFirst(),
        'credential',
      )
    },
  }
}
