/** What `npm test` does before its first file: one PostgreSQL serves all of them. To start one takes longer than most files. */
import { startForAll } from '../packages/server/test/store/postgres.ts'

export async function globalSetup(): Promise<void> {
  await startForAll()
}
