import { Certificate, digest, PkiError } from '@countersign/pki'
import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** So many certificates are in memory at once. */
const SLICE = 500

/** Which public keys were certified, for which account, and which of them others have come to know; those of before, too. */
export const certifiedKeys: Migration = async (database, { text, integer, bytes, table }) => {
  await table('certified_keys')
    .addColumn('hash', bytes, (column) => column.primaryKey())
    .addColumn('account_id', text, (column) => column.references('accounts.id'))
    .addColumn('compromised_at', integer)
    .execute()
  for (let after = ''; ; ) {
    const query = database
      .selectFrom('certificates')
      .select(['id', 'account_id', 'bytes', 'revoked_at', 'revocation_reason'])
      .where('id', '>', after)
      .where('status', '!=', 'reserved')
    const rows = await query.orderBy('id').limit(SLICE).execute()
    for (const { id, account_id, bytes, revoked_at, revocation_reason } of rows) {
      after = id
      const hash = keyHash(bytes)
      if (!hash) continue
      const compromised_at = revocation_reason === 'key_compromise' ? revoked_at : null
      // Ids are in the order of time: the account that had it first has it, and a key that was known once is known.
      await sql`insert into certified_keys (hash, account_id, compromised_at) values (${hash}, ${account_id}, ${compromised_at})
        on conflict (hash) do update set compromised_at = coalesce(certified_keys.compromised_at, excluded.compromised_at)`.execute(
        database,
      )
    }
    if (rows.length < SLICE) return
  }
}

/** Undefined for what is no certificate: nobody can have one for its key. */
function keyHash(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return digest('sha256', Certificate.decode(bytes).publicKey.bytes)
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}
