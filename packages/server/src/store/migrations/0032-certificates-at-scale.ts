import { Certificate, subjectAlternativeName } from '@countersign/pki'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { searchedNames } from '../../domain/device-certificate.ts'
import type { Database } from '../database.ts'
import type { Migration } from '../migrate.ts'

/** What certificates of devices are looked for by, lists of revocations in parts, and how far the warnings have come. */
export const certificatesAtScale: Migration = async (database, { text, integer, bytes, table }) => {
  const { schema } = database

  // Apart from `certificates`, whose rows are written twice, and with all indexes, while one is issued.
  await table('device_certificates')
    .addColumn('certificate_id', text, (column) => column.primaryKey().references('certificates.id'))
    .addColumn('account_id', text, (column) => column.notNull().references('accounts.id'))
    .addColumn('enrollment_profile_id', text, (column) => column.notNull())
    .addColumn('certificate_profile_id', text, (column) => column.notNull())
    .addColumn('division_id', text, (column) => column.notNull())
    .addColumn('device_id', text)
    .addColumn('common_name', text, (column) => column.notNull())
    .addColumn('not_after', integer, (column) => column.notNull())
    .addColumn('revoked', integer, (column) => column.notNull())
    .execute()
  await table('certificate_names')
    .addColumn('account_id', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('certificate_id', text, (column) => column.notNull().references('certificates.id'))
    .addPrimaryKeyConstraint('certificate_names_key', ['account_id', 'name', 'certificate_id'])
    .execute()
  await sql`insert into device_certificates
    select certificates.id, certificate_requests.account_id, certificate_requests.enrollment_profile_id,
      enrollment_profiles.certificate_profile_id, enrollment_profiles.division_id, certificate_requests.device_id,
      certificates.common_name, certificates.not_after, case when certificates.status = 'revoked' then 1 else 0 end
    from certificates
    join certificate_requests on certificate_requests.certificate_id = certificates.id
    join enrollment_profiles on enrollment_profiles.id = certificate_requests.enrollment_profile_id`.execute(database)
  await fillNames(database)
  const revoked = sql<boolean>`revoked = 1`
  const named = sql<boolean>`device_id is not null`
  for (const [name, columns, where] of [
    ['account', ['account_id', 'certificate_id'], undefined],
    ['enrollment_profile', ['enrollment_profile_id', 'certificate_id'], undefined],
    ['certificate_profile', ['certificate_profile_id', 'certificate_id'], undefined],
    ['division', ['division_id', 'certificate_id'], undefined],
    ['device', ['device_id', 'certificate_id'], named],
    ['common_name', ['account_id', 'common_name', 'certificate_id'], undefined],
    ['end', ['account_id', 'not_after', 'certificate_id'], undefined],
    ['revoked', ['account_id', 'certificate_id'], revoked],
  ] as const satisfies readonly (readonly [string, readonly string[], RawBuilder<boolean> | undefined])[]) {
    const index = schema
      .createIndex(`device_certificates_${name}`)
      .on('device_certificates')
      .columns([...columns])
    await (where ? index.where(where) : index).execute()
  }
  for (const name of ['serial_number', 'common_name', 'end'])
    await schema.dropIndex(`certificates_device_${name}`).execute()

  await schema.alterTable('certificates').addColumn('crl_partition', integer).execute()
  await schema.alterTable('certificates').addColumn('invalid_since', integer).execute()
  await schema
    .createIndex('certificates_revoked_partition')
    .on('certificates')
    .columns(['authority_id', 'crl_partition' as never, 'revoked_at', 'id'])
    .where(sql.ref('status'), '=', sql.lit('revoked'))
    .execute()

  // The list of everything is part 0.
  await table('revocation_lists_in_parts')
    .addColumn('authority_id', text, (column) => column.notNull().references('authorities.id'))
    .addColumn('crl_partition', integer, (column) => column.notNull())
    .addColumn('number', integer, (column) => column.notNull())
    .addColumn('this_update', integer, (column) => column.notNull())
    .addColumn('next_update', integer, (column) => column.notNull())
    .addColumn('bytes', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('revocation_lists_in_parts_key', ['authority_id', 'crl_partition'])
    .execute()
  await sql`insert into revocation_lists_in_parts
    select authority_id, 0, number, this_update, next_update, bytes from revocation_lists`.execute(database)
  await schema.dropTable('revocation_lists').execute()
  await schema.alterTable('revocation_lists_in_parts').renameTo('revocation_lists').execute()

  await table('revocation_changes')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('authority_id', text, (column) => column.notNull())
    .addColumn('serial_number', text, (column) => column.notNull())
    .addColumn('crl_partition', integer)
    .addColumn('changed_at', integer, (column) => column.notNull())
    .addColumn('claimed_until', integer, (column) => column.notNull())
    .addColumn('published', integer, (column) => column.notNull())
    .execute()
  await schema.createIndex('revocation_changes_time').on('revocation_changes').column('changed_at').execute()
  await schema
    .createIndex('revocation_changes_waiting')
    .on('revocation_changes')
    .column('claimed_until')
    .where(sql.ref('published'), '=', sql.lit(0))
    .execute()

  await table('expiry_sweeps')
    .addColumn('days', integer, (column) => column.primaryKey())
    .addColumn('not_after', integer, (column) => column.notNull())
    .addColumn('certificate_id', text, (column) => column.notNull())
    .execute()
}

const PAGE = 500

async function fillNames(database: Transaction<Database>): Promise<void> {
  for (let after = ''; ; ) {
    const { rows } = await sql<{ readonly id: string; readonly account_id: string; readonly bytes: Uint8Array }>`
      select certificates.id, device_certificates.account_id, certificates.bytes
      from device_certificates join certificates on certificates.id = device_certificates.certificate_id
      where device_certificates.certificate_id > ${after}
      order by device_certificates.certificate_id limit ${PAGE}`.execute(database)
    const names = rows.flatMap(({ id, account_id, bytes }) =>
      searchedNames(subjectAlternativeName(Certificate.decode(bytes)) ?? []).map(
        (name) => sql`(${account_id}, ${name}, ${id})`,
      ),
    )
    for (let index = 0; index < names.length; index += PAGE)
      await sql`insert into certificate_names values ${sql.join(names.slice(index, index + PAGE))}`.execute(database)
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = last.id
  }
}
