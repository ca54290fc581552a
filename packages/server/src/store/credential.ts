import { type RawBuilder, sql } from 'kysely'
import { type Credential, type Credentials, MOST_PIN_ATTEMPTS } from '../domain/credential.ts'
import { refuseConflict, refuseMissing } from './conflict.ts'
import type { Connections } from './database.ts'
import { prepared } from './prepared.ts'

/** A row of `credentials`. */
export type CredentialRow = {
  readonly id: string
  readonly account_id: string
  readonly user_id: string | null
  readonly nickname: string
  readonly key_id: string
  readonly certificate_id: string | null
  readonly request: Uint8Array | null
  readonly status: Credential['status']
  /** Those under way and those that were wrong since the last right one. */
  readonly pin_attempts: number
  /** Those of them that were wrong. */
  readonly pin_failures: number
  readonly created_at: number
}

function toCredential(row: CredentialRow): Credential {
  return {
    id: row.id,
    accountId: row.account_id,
    userId: row.user_id ?? undefined,
    nickname: row.nickname,
    keyId: row.key_id,
    certificateId: row.certificate_id ?? undefined,
    request: row.request ?? undefined,
    status: row.status,
    pinAttempts: row.pin_attempts,
    createdAt: new Date(row.created_at),
  }
}

function toRow(credential: Credential): Omit<CredentialRow, 'pin_attempts' | 'pin_failures'> {
  return {
    id: credential.id,
    account_id: credential.accountId,
    user_id: credential.userId ?? null,
    nickname: credential.nickname,
    key_id: credential.keyId,
    certificate_id: credential.certificateId ?? null,
    request: credential.request ?? null,
    status: credential.status,
    created_at: credential.createdAt.getTime(),
  }
}

type Counted = { readonly pin_attempts: number; readonly pin_failures: number }

const NONE_WRONG: Counted = { pin_attempts: 0, pin_failures: 0 }

/** An attempt that was begun is one that may be wrong, until it is known. Whoever forgets attempts may do so in between. */
const AFTER: Readonly<
  Record<'right' | 'wrong' | 'undone', { readonly [column in keyof Counted]?: RawBuilder<number> }>
> = {
  // Those that are still under way stay counted.
  right: { pin_attempts: notNegative(sql`pin_attempts - pin_failures - 1`), pin_failures: sql`0` },
  wrong: {
    pin_attempts: sql`case when pin_attempts > pin_failures then pin_attempts else pin_failures + 1 end`,
    pin_failures: sql`pin_failures + 1`,
  },
  undone: { pin_attempts: notNegative(sql`pin_attempts - 1`) },
}

function notNegative(number: RawBuilder<number>): RawBuilder<number> {
  return sql`case when ${number} > 0 then ${number} else 0 end`
}

/** The content credentials of a database. */
export function credentials(connections: Connections): Credentials {
  const { read, write } = connections
  const find: Credentials['find'] = async (id) => {
    const row = await read.selectFrom('credentials').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toCredential(row)
  }
  const listShared = prepared(
    connections,
    'list shared credentials',
    (accountId: string) => {
      const query = read.selectFrom('credentials').selectAll().where('account_id', '=', accountId)
      return query.where('user_id', 'is', null).orderBy('created_at').orderBy('id').compile()
    },
    (rows) => rows.map(toCredential),
  )
  return {
    find,
    async findByNickname(accountId, nickname) {
      const query = read.selectFrom('credentials').selectAll().where('account_id', '=', accountId)
      const row = await query.where('nickname', '=', nickname).executeTakeFirst()
      return row && toCredential(row)
    },
    async list(accountId) {
      const query = read.selectFrom('credentials').selectAll().where('account_id', '=', accountId)
      return (await query.orderBy('created_at').orderBy('id').execute()).map(toCredential)
    },
    listShared,
    async add(credential) {
      const query = write.insertInto('credentials').values({ ...toRow(credential), ...NONE_WRONG })
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'credential', 'nickname')
    },
    async update(credential) {
      const { id, ...row } = toRow(credential)
      refuseMissing(
        await write.updateTable('credentials').set(row).where('id', '=', id).executeTakeFirst(),
        'credential',
      )
    },
    async beginPinAttempt(id) {
      const query = write.updateTable('credentials').set({ pin_attempts: sql<number>`pin_attempts + 1` })
      const { numUpdatedRows } = await query
        .where('id', '=', id)
        .where('pin_attempts', '<', MOST_PIN_ATTEMPTS)
        .executeTakeFirst()
      if (numUpdatedRows > 0n) return 'begun'
      return (await failuresOf(id)) >= MOST_PIN_ATTEMPTS ? 'locked' : 'busy'
    },
    async endPinAttempt(id, outcome) {
      await write.updateTable('credentials').set(AFTER[outcome]).where('id', '=', id).execute()
      return failuresOf(id)
    },
    async forgetPinAttempts(id) {
      refuseMissing(
        await write.updateTable('credentials').set(NONE_WRONG).where('id', '=', id).executeTakeFirst(),
        'credential',
      )
    },
  }

  async function failuresOf(id: string): Promise<number> {
    const query = read.selectFrom('credentials').select('pin_failures').where('id', '=', id)
    return (await query.executeTakeFirst())?.pin_failures ?? 0
  }
}
