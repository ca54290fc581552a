/** A million certificates of devices, written as the platform would have, straight into its database. */
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'

/** What a platform already has that the rows refer to. */
export type Owner = {
  readonly accountId: string
  readonly enrollmentProfileId: string
  /** A certificate of it, DER: all have the same. */
  readonly certificate: Uint8Array
}

type Value = string | number | Uint8Array | null
type Tables = Readonly<Record<string, { readonly columns: readonly string[]; readonly types: readonly string[] }>>

const DAY = 86_400_000
const AT_ONCE = 5_000
/** Enrollment profiles, as far as the search goes. */
export const PROFILES = 4

const TABLES: Tables = {
  certificates: {
    columns: [
      ...['id', 'authority_id', 'account_id', 'profile', 'serial_number', 'subject', 'common_name', 'not_before'],
      ...[
        'not_after',
        'status',
        'bytes',
        'fingerprint',
        'revoked_at',
        'revocation_reason',
        'created_at',
        'crl_partition',
      ],
    ],
    types: [
      ...['text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint'],
      ...['bigint', 'text', 'bytea', 'bytea', 'bigint', 'text', 'bigint', 'bigint'],
    ],
  },
  certificate_requests: {
    columns: [
      ...['id', 'account_id', 'enrollment_profile_id', 'certificate_id', 'actor_id', 'status', 'key_generation'],
      ...['key_type', 'created_at', 'actor_kind'],
    ],
    types: [...Array.from({ length: 8 }, () => 'text'), 'bigint', 'text'],
  },
  device_certificates: {
    columns: [
      ...[
        'certificate_id',
        'account_id',
        'enrollment_profile_id',
        'certificate_profile_id',
        'division_id',
        'device_id',
      ],
      ...['common_name', 'not_after', 'revoked'],
    ],
    types: ['text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'bigint'],
  },
  certificate_names: { columns: ['account_id', 'name', 'certificate_id'], types: ['text', 'text', 'text'] },
}

/** The enrollment profile of the certificate with that number; the platform's own is the first. */
export function profileOf({ enrollmentProfileId }: Owner, index: number): string {
  return index % PROFILES === 0 ? enrollmentProfileId : `IOT_bench-${index % PROFILES}`
}

function* rowsOf(
  owner: Owner,
  authorityId: string,
  total: number,
): Generator<Readonly<Record<string, readonly Value[]>>> {
  const now = Date.now()
  for (let index = 0; index < total; index++) {
    // Made over four hundred days, and good for a year: those of the first month have ended.
    const createdAt = now - Math.floor(((total - index) / total) * 400 * DAY)
    const time = createdAt.toString(16).padStart(12, '0')
    const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${index.toString(16).padStart(12, '0')}`
    const notAfter = createdAt + 365 * DAY
    const isRevoked = index % 50 === 7
    const commonName = `device-${index}`
    const serial = randomBytes(19)
    const revoked: readonly Value[] = isRevoked ? [createdAt + DAY, 'superseded'] : [null, null]
    const profile = profileOf(owner, index)
    yield {
      certificates: [
        ...[
          id,
          authorityId,
          owner.accountId,
          'device',
          `f${serial.toString('hex')}`,
          `CN=${commonName}`,
          commonName,
          createdAt,
        ],
        ...[notAfter, isRevoked ? 'revoked' : 'issued', owner.certificate, randomBytes(32), ...revoked, createdAt],
        1 + ((serial[18] ?? 0) % 128),
      ],
      certificate_requests: [
        ...[
          id,
          owner.accountId,
          owner.enrollmentProfileId,
          id,
          'bench',
          'AUTO_APPROVED',
          'client',
          'p_256',
          createdAt,
          'user',
        ],
      ],
      device_certificates: [
        ...[
          id,
          owner.accountId,
          profile,
          `profile-${index % 2}`,
          'division',
          null,
          commonName,
          notAfter,
          isRevoked ? 1 : 0,
        ],
      ],
      certificate_names: [owner.accountId, `device-${index}.example`, id],
    }
  }
}

const AUTHORITY = "select id from authorities where purpose = 'device'"

/** Into a SQLite file that nothing has open. */
export function fillSqlite(file: string, owner: Owner, total: number): void {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  const { id } = database.prepare(AUTHORITY).get() as { id: string }
  const statements = Object.entries(TABLES).map(
    ([table, { columns }]) =>
      [table, database.prepare(`insert into ${table} (${columns}) values (${columns.map(() => '?')})`)] as const,
  )
  database.exec('pragma synchronous = off; pragma cache_size = -500000; begin')
  for (const row of rowsOf(owner, id, total))
    for (const [table, statement] of statements) statement.run(...(row[table] as Value[]))
  database.exec('commit')
  database.close()
}

/** Into a PostgreSQL database. */
export async function fillPostgres(url: string, owner: Owner, total: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ id: string }>(AUTHORITY)
  await client.query('set synchronous_commit = off')
  // What the rows refer to is there, and needs no look for each.
  await client.query('set session_replication_role = replica')
  let waiting: Readonly<Record<string, readonly Value[]>>[] = []
  const flush = async (): Promise<void> => {
    for (const [table, { columns, types }] of Object.entries(TABLES)) {
      const values = columns.map((_, column) => waiting.map((row) => row[table]?.[column] ?? null))
      const arrays = types.map((type, column) => `$${column + 1}::${type}[]`)
      await client.query(`insert into ${table} (${columns}) select * from unnest(${arrays})`, values)
    }
    waiting = []
  }
  for (const row of rowsOf(owner, rows[0]?.id ?? '', total)) if (waiting.push(row) === AT_ONCE) await flush()
  await flush()
  // As autovacuum leaves it soon after.
  await client.query('vacuum analyze')
  await client.end()
}
