import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/**
 * What is about to be signed stands by itself until it is a certificate: there a row was written twice, and each time into
 * all indexes.
 */
export const reservedCertificates: Migration = async (database, { engine, text, integer, bytes, table }) => {
  // Without references: who it names was just read, and the certificate refers to them.
  await table('reserved_certificates')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('authority_id', text, (column) => column.notNull())
    .addColumn('account_id', text)
    .addColumn('profile', text, (column) => column.notNull())
    .addColumn('serial_number', text, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('common_name', text, (column) => column.notNull())
    .addColumn('not_before', integer, (column) => column.notNull())
    .addColumn('not_after', integer, (column) => column.notNull())
    .addColumn('bytes', bytes, (column) => column.notNull())
    .addColumn('crl_partition', integer)
    .addColumn('created_at', integer, (column) => column.notNull())
    .addUniqueConstraint('reserved_certificates_serial_number', ['authority_id', 'serial_number'])
    .execute()
  await sql`insert into reserved_certificates
    select id, authority_id, account_id, profile, serial_number, subject, common_name, not_before, not_after, bytes,
      crl_partition, created_at
    from certificates where status = 'reserved'`.execute(database)
  await sql`delete from certificates where status = 'reserved'`.execute(database)
  await database.schema.dropIndex('certificates_reserved').execute()
  // PostgreSQL would look each up and lock it, for every row: accounts, authorities and certificates never go, and what is
  // said of a certificate is written with it or not at all. SQLite looks, and has nothing to lock.
  if (engine === 'postgres')
    for (const [name, columns] of Object.entries(CERTAIN))
      for (const column of columns)
        await sql`alter table ${sql.table(name)} drop constraint ${sql.id(`${name}_${column}_fkey`)}`.execute(database)
}

const CERTAIN = {
  certificates: ['authority_id', 'account_id'],
  certified_keys: ['account_id'],
  certificate_requests: ['certificate_id', 'account_id'],
  device_certificates: ['certificate_id', 'account_id'],
  certificate_names: ['certificate_id'],
}
