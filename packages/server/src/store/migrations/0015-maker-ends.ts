import type { Migration } from '../migrate.ts'

/** Until when what a client authentication certificate makes may count. */
export const makerEnds: Migration = async ({ schema }, { integer }) => {
  await schema.alterTable('client_auth_certificates').addColumn('maker_ends_at', integer).execute()
}
