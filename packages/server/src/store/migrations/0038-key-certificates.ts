import { Certificate, digest, PkiError } from '@countersign/pki'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../database.ts'
import type { Migration } from '../migrate.ts'

/** So many certificates are in memory at once. */
const SLICE = 500

/** Which certificates are for which public key; those of before, too. Nearly all keys have one, which stands beside the key. */
export const keyCertificates: Migration = async (database, { text, bytes, table }) => {
  await database.schema.alterTable('certified_keys').addColumn('certificate_id', text).execute()
  await table('key_certificates')
    .addColumn('hash', bytes, (column) => column.notNull())
    .addColumn('certificate_id', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('key_certificates_key', ['hash', 'certificate_id'])
    .execute()
  for (let after = ''; ; ) {
    const { rows } = await sql<CertificateRow>`select id, account_id, bytes from certificates
      where id > ${after} and status in ('issued', 'revoked') order by id limit ${SLICE}`.execute(database)
    await noteAll(database, rows)
    const last = rows.at(-1)
    if (!last || rows.length < SLICE) return
    after = last.id
  }
}

type CertificateRow = { readonly id: string; readonly account_id: string | null; readonly bytes: Uint8Array }
type KeyRow = { readonly hash: Uint8Array; readonly certificate_id: string }

async function noteAll(database: Transaction<Database>, rows: readonly CertificateRow[]): Promise<void> {
  const firsts = new Map<string, RawBuilder<unknown>>()
  const all: KeyRow[] = []
  for (const { id, account_id, bytes } of rows) {
    const hash = keyHash(bytes)
    if (!hash) continue
    all.push({ hash, certificate_id: id })
    const name = nameOf(hash)
    if (!firsts.has(name)) firsts.set(name, sql`(${hash}, ${account_id}, ${id})`)
  }
  if (all.length === 0) return
  const noted = await sql<KeyRow>`insert into certified_keys (hash, account_id, certificate_id)
    values ${sql.join([...firsts.values()])}
    on conflict (hash) do update set certificate_id = coalesce(certified_keys.certificate_id, excluded.certificate_id)
    returning hash, certificate_id`.execute(database)
  const first = new Map(noted.rows.map(({ hash, certificate_id }) => [nameOf(hash), certificate_id]))
  const others = all.filter(({ hash, certificate_id }) => first.get(nameOf(hash)) !== certificate_id)
  if (others.length > 0)
    await sql`insert into key_certificates values ${sql.join(
      others.map(({ hash, certificate_id }) => sql`(${hash}, ${certificate_id})`),
    )}`.execute(database)
}

const nameOf = (hash: Uint8Array): string => Buffer.from(hash).toString('base64')

/** Undefined for what is no certificate. */
function keyHash(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return digest('sha256', Certificate.decode(bytes).publicKey.bytes)
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}
