import { type RawBuilder, sql } from 'kysely'
import type { Ending, EndingKind, Endings } from '../domain/ending.ts'
import type { Connections } from './database.ts'

/** A row of `ending_warnings`. */
export type EndingWarningRow = {
  readonly kind: EndingKind
  readonly object_id: string
  readonly ends_at: number
  readonly days: number
  readonly warned_at: number
}

type EndingRow = {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly holder: string | null
  readonly user_id: string | null
  readonly ends_at: number
}

const DAY = 86_400_000

/** What is in use of a kind, of active users in active accounts. `made_at` is when this end was given to it, as far as is known. */
function inUse(kind: EndingKind, at: Date): RawBuilder<unknown> {
  const now = at.getTime()
  const served = sql`accounts.active = 1 and accounts.service_from <= ${now}
    and (accounts.service_to is null or accounts.service_to >= ${now})`
  const ofActiveUser = sql`users.status = 'active' and ${served}`
  switch (kind) {
    case 'client_auth_certificate':
      return sql`select client_auth_certificates.id, users.account_id, client_auth_certificates.name,
          users.friendly_name as holder, users.id as user_id, certificates.not_after as ends_at, certificates.created_at as made_at
        from certificates
        join client_auth_certificates on client_auth_certificates.certificate_id = certificates.id
        join users on users.id = client_auth_certificates.user_id
        join accounts on accounts.id = users.account_id
        where certificates.status = 'issued' and client_auth_certificates.enabled = 1 and ${ofActiveUser}`
    case 'api_key':
      return sql`select api_keys.id, users.account_id, api_keys.name, users.friendly_name as holder, users.id as user_id,
          api_keys.ends_at, api_keys.created_at as made_at
        from api_keys
        join users on users.id = api_keys.user_id
        join accounts on accounts.id = users.account_id
        where api_keys.enabled = 1 and api_keys.ends_at is not null and ${ofActiveUser}`
    case 'service_user':
      return sql`select users.id, users.account_id, users.friendly_name as name, null as holder, users.id as user_id,
          users.ends_at, users.created_at as made_at
        from users
        join accounts on accounts.id = users.account_id
        where users.kind = 'service' and users.ends_at is not null and ${ofActiveUser}`
    case 'credential':
      // It renews itself after two thirds of its life, and only where that failed is there anything to tell; what authorities
      // elsewhere issued does not.
      return sql`select credentials.id, credentials.account_id, credentials.nickname as name,
          users.friendly_name as holder, users.id as user_id, certificates.not_after as ends_at, certificates.created_at as made_at
        from certificates
        join credentials on credentials.certificate_id = certificates.id
        join accounts on accounts.id = credentials.account_id
        left join users on users.id = credentials.user_id
        where certificates.status = 'issued' and credentials.status = 'enabled' and ${served}
          and certificates.not_before + (certificates.not_after - certificates.not_before) * 2 / 3 < ${now - DAY}
        union all
        select credentials.id, credentials.account_id, credentials.nickname as name,
          users.friendly_name as holder, users.id as user_id, outside.not_after as ends_at, outside.created_at as made_at
        from outside_certificates outside
        join credentials on credentials.certificate_id = outside.id
        join accounts on accounts.id = credentials.account_id
        left join users on users.id = credentials.user_id
        where credentials.status = 'enabled' and ${served}`
    case 'account':
      return sql`select accounts.id, accounts.id as account_id, accounts.name, null as holder, null as user_id,
          accounts.service_to as ends_at, accounts.created_at as made_at
        from accounts where accounts.active = 1 and accounts.service_to is not null`
  }
}

/** What ends of a database. */
export function endings({ read, write }: Connections): Endings {
  return {
    async listDue({ kind, days, at, nextDays }, limit) {
      const now = at.getTime()
      const query = sql<EndingRow>`
        select id, account_id, name, holder, user_id, ends_at from (${inUse(kind, at)}) as ending
        where ends_at > ${now + nextDays * DAY} and ends_at <= ${now + days * DAY} and made_at <= ends_at - ${days * DAY}
          and not exists (
            select 1 from ending_warnings where ending_warnings.kind = ${kind} and ending_warnings.object_id = ending.id
              and ending_warnings.ends_at = ending.ends_at and ending_warnings.days = ${days}
          )
        order by ends_at, id limit ${limit}`
      return (await query.execute(read)).rows.map(
        (row): Ending => ({
          kind,
          id: row.id,
          accountId: row.account_id,
          name: row.name,
          holder: row.holder ?? undefined,
          userId: row.user_id ?? undefined,
          endsAt: new Date(row.ends_at),
        }),
      )
    },
    async nextEnd(kind, at) {
      // In order and cut off: an index of ends is walked to the first that serves.
      const query = sql<{ readonly ends_at: number }>`
        select ends_at from (${inUse(kind, at)}) as ending where ends_at > ${at.getTime()} order by ends_at limit 1`
      const [next] = (await query.execute(read)).rows
      return next && new Date(next.ends_at)
    },
    async noteWarning({ kind, id, endsAt }, days, at) {
      const query = write
        .insertInto('ending_warnings')
        .values({ kind, object_id: id, ends_at: endsAt.getTime(), days, warned_at: at.getTime() })
      const { numInsertedOrUpdatedRows } = await query.onConflict((on) => on.doNothing()).executeTakeFirst()
      return (numInsertedOrUpdatedRows ?? 0n) > 0n
    },
  }
}
