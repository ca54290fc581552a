import { sql } from 'kysely'
import type { Migration } from '../migrate.ts'

/** What enrollment profiles hold requests to, and which certificate a request renews. */
export const enrollmentLimits: Migration = async (database, { text, integer }) => {
  const { schema } = database
  const profiles = (): ReturnType<typeof schema.alterTable> => schema.alterTable('enrollment_profiles')
  await profiles()
    .addColumn('status', text, (column) => column.notNull().defaultTo(sql.lit('active')))
    .execute()
  await profiles()
    .addColumn('device_profile_id', text, (column) => column.references('device_profiles.id'))
    .execute()
  await profiles().addColumn('starts_at', integer).execute()
  await profiles().addColumn('ends_at', integer).execute()
  await profiles().addColumn('usage_limit', integer).execute()
  await profiles()
    .addColumn('number_of_usage', integer, (column) => column.notNull().defaultTo(sql.lit(0)))
    .execute()
  await profiles()
    .addColumn('updated_at', integer, (column) => column.notNull().defaultTo(sql.lit(0)))
    .execute()
  const { rows } = await sql<{ readonly id: string; readonly definition: string }>`
    select id, definition from enrollment_profiles`.execute(database)
  for (const { id, definition } of rows) {
    const whole = JSON.stringify({ ...JSON.parse(definition), ...AS_BEFORE })
    await sql`update enrollment_profiles set definition = ${whole}, updated_at = created_at where id = ${id}`.execute(
      database,
    )
  }

  await schema
    .alterTable('certificate_requests')
    .addColumn('renewed_certificate_id', text, (column) => column.references('certificates.id'))
    .execute()
}

/** Of profiles that were made before there was more to say. */
const AS_BEFORE = {
  approval: 'automatic',
  renewal: { allowsKeyReuse: false, allowsNameChange: false },
  networks: [],
}
