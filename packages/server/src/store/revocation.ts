import { sql } from 'kysely'
import type { Certificates, Revocation, RevokedCertificate } from '../domain/certificate.ts'
import type { RevocationChange, RevocationChanges } from '../domain/revocation-change.ts'
import { uuidV7 } from '../domain/uuid.ts'
import type { Connections } from './database.ts'

/** A row of `revocation_changes`. */
export type RevocationChangeRow = {
  readonly id: string
  readonly authority_id: string
  readonly serial_number: string
  readonly crl_partition: number | null
  readonly changed_at: number
  readonly claimed_until: number
  readonly published: number
}

// Literals, so that SQLite sees that a partial index has the rows.
const ISSUED = sql.lit('issued' as const)
const REVOKED = sql.lit('revoked' as const)
const UNPUBLISHED = sql.lit(0)

const ON_HOLD = 'certificate_hold'

const revokedColumns = ({ at, reason, invalidSince }: Revocation) =>
  ({
    status: 'revoked',
    revoked_at: at.getTime(),
    revocation_reason: reason,
    invalid_since: invalidSince?.getTime() ?? null,
  }) as const

/** A page of revoked certificates: so few that mapping them doesn't hold up the event loop. */
const PAGE = 1000

/** The revocations of a database's certificates. */
export function revocations(
  connections: Connections,
): Pick<Certificates, 'revoke' | 'revokeAll' | 'release' | 'listRevoked'> {
  const { read, write, engine, search = read } = connections
  async function note(id: string, at: Date, revoked: 0 | 1): Promise<void> {
    await write.updateTable('device_certificates').set({ revoked }).where('certificate_id', '=', id).execute()
    await sql`insert into revocation_changes
        (id, authority_id, serial_number, crl_partition, changed_at, claimed_until, published)
      select cast(${uuidV7(at)} as text), authority_id, serial_number, crl_partition, cast(${at.getTime()} as bigint), 0, 0
      from certificates where id = ${id}`.execute(write)
  }
  return {
    async revoke(id, revocation) {
      const { at, reason } = revocation
      const { numUpdatedRows } = await write
        .updateTable('certificates')
        .set(revokedColumns(revocation))
        .where('id', '=', id)
        .where((eb) =>
          reason === ON_HOLD
            ? eb('status', '=', ISSUED)
            : eb.or([eb('status', '=', ISSUED), eb.and({ status: REVOKED, revocation_reason: ON_HOLD })]),
        )
        .executeTakeFirst()
      if (numUpdatedRows === 0n) return false
      await note(id, at, 1)
      return true
    },
    async revokeAll(ids, revocation) {
      if (ids.length === 0) return []
      // In their order, as whoever renews several has them: so neither waits for the other while the other waits for it.
      if (engine === 'postgres')
        await sql`select id from certificates where id in (${sql.join(ids)}) order by id for no key update`.execute(
          write,
        )
      const rows = await write
        .updateTable('certificates')
        .set(revokedColumns(revocation))
        .where('id', 'in', ids)
        .where((eb) => eb.or([eb('status', '=', ISSUED), eb.and({ status: REVOKED, revocation_reason: ON_HOLD })]))
        .returning(['id', 'account_id', 'authority_id', 'serial_number'])
        .execute()
      for (const { id } of rows) await note(id, revocation.at, 1)
      return rows.map((row) => ({
        id: row.id,
        accountId: row.account_id ?? undefined,
        authorityId: row.authority_id,
        serialNumber: row.serial_number,
      }))
    },
    async release(id, at) {
      const query = write
        .updateTable('certificates')
        .set({ status: 'issued', revoked_at: null, revocation_reason: null, invalid_since: null })
        .where('id', '=', id)
        .where('status', '=', REVOKED)
        .where('revocation_reason', '=', ON_HOLD)
      if ((await query.executeTakeFirst()).numUpdatedRows === 0n) return false
      await note(id, at, 0)
      return true
    },
    async listRevoked(authorityId, notAfter, partition) {
      const revoked: RevokedCertificate[] = []
      for (let after = { revoked_at: 0, id: '' }; ; ) {
        let query = search
          .selectFrom('certificates')
          .select(['id', 'serial_number', 'revoked_at', 'revocation_reason', 'invalid_since'])
          .where('authority_id', '=', authorityId)
          .where('status', '=', REVOKED)
          .where('not_after', '>=', notAfter.getTime())
          .where(sql<boolean>`(revoked_at, id) > (${after.revoked_at}, ${after.id})`)
        if (partition !== undefined) query = query.where('crl_partition', '=', partition)
        const rows = await query.orderBy('revoked_at').orderBy('id').limit(PAGE).execute()
        for (const { id, serial_number: serialNumber, revoked_at, revocation_reason: reason, invalid_since } of rows) {
          if (revoked_at === null || reason === null) continue
          const since = invalid_since !== null && { invalidSince: new Date(invalid_since) }
          revoked.push({ serialNumber, at: new Date(revoked_at), reason, ...since })
          after = { revoked_at, id }
        }
        if (rows.length < PAGE) return revoked
        await new Promise(setImmediate)
      }
    },
  }
}

function toChange(row: RevocationChangeRow): RevocationChange {
  return {
    id: row.id,
    authorityId: row.authority_id,
    serialNumber: row.serial_number,
    partition: row.crl_partition ?? undefined,
    at: new Date(row.changed_at),
  }
}

/** The changes of revocations of a database. */
export function revocationChanges({ read, write }: Connections): RevocationChanges {
  return {
    async listSince(from, limit) {
      const query = read.selectFrom('revocation_changes').selectAll().where('changed_at', '>=', from.getTime())
      return (await query.orderBy('changed_at').orderBy('id').limit(limit).execute()).map(toChange)
    },
    async claim(at, until, limit) {
      const waiting = read
        .selectFrom('revocation_changes')
        .select('id')
        .where('published', '=', UNPUBLISHED)
        .where('claimed_until', '<=', at.getTime())
      // Without a look first, a platform with nothing to publish would write all the time.
      if (!(await waiting.limit(1).executeTakeFirst())) return []
      const rows = await write
        .updateTable('revocation_changes')
        .set({ claimed_until: until.getTime() })
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('revocation_changes')
            .select('id')
            .where('published', '=', UNPUBLISHED)
            .where('claimed_until', '<=', at.getTime())
            .limit(limit),
        )
        .where('claimed_until', '<=', at.getTime())
        .returningAll()
        .execute()
      return rows.map(toChange)
    },
    async settle(ids) {
      for (let index = 0; index < ids.length; index += PAGE)
        await write
          .updateTable('revocation_changes')
          .set({ published: 1 })
          .where('id', 'in', ids.slice(index, index + PAGE))
          .execute()
    },
    async forget(before) {
      const query = write.deleteFrom('revocation_changes').where('published', '=', 1)
      await query.where('changed_at', '<', before.getTime()).execute()
    },
  }
}
