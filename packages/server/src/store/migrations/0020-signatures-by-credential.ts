import type { Migration } from '../migrate.ts'

/** Signatures are looked for by their credential: an index by account costs each of them a write, and nobody asks it. */
export const signaturesByCredential: Migration = async ({ schema }) => {
  await schema.dropIndex('signatures_account').execute()
}
