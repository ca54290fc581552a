/** What `npm test` does before its first file: each file would take longer to do it than for its tests. */
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig } from '../packages/server/src/config.ts'
import { openConfiguredStore, prepareWorld } from '../packages/server/src/platform.ts'
import { serverUrls } from '../packages/server/src/server-urls.ts'
import { openStore } from '../packages/server/src/store/open-store.ts'
import { openCheapWorld } from '../packages/server/test/cheap-world.ts'
import { type MadeOnce, placeOf } from '../packages/server/test/made-once.ts'
import { startForAll } from '../packages/server/test/store/postgres.ts'
import { makeWorld } from '../packages/server/test/test-world.ts'

/** Starts the one PostgreSQL, and makes what tests begin with a copy of. */
export async function globalSetup(): Promise<void> {
  await make('schema', async (folder) => (await openStore({ file: join(folder, 'countersign.db') })).close())
  await make('world', makeWorld)
  await make('sqlite', (folder) => makePlatform({ COUNTERSIGN_DATA: folder }))
  await startForAll((url) =>
    make('postgres', (folder) => makePlatform({ COUNTERSIGN_DATA: folder, COUNTERSIGN_DATABASE_URL: url })),
  )
}

/** What can't be made is left to the tests, which say what is wrong. */
async function make(what: MadeOnce, work: (folder: string) => Promise<void>): Promise<void> {
  const place = placeOf(what)
  if (!place) return
  const draft = `${place}.new`
  await mkdir(draft)
  try {
    await work(draft)
    await rename(draft, place)
  } catch (error) {
    console.error(`What tests were to begin with (${what}) could not be made:`, error)
  }
}

/** The data folder, and the database, of a platform that only had its first start. */
async function makePlatform(env: Readonly<Record<string, string>>): Promise<void> {
  const config = readConfig({ env })
  const store = await openConfiguredStore(config)
  try {
    const { pkiUrl } = serverUrls(config, NOBODYS_PORTS)
    const options = { store, pkiUrl, now: () => new Date(), onRevocation: () => undefined }
    await prepareWorld(await openCheapWorld(config, options), config)
  } finally {
    await store.close()
  }
}

/** Its certificates name a door that none of the copies can open. */
const NOBODYS_PORTS = { port: 9, pkiPort: 9 }
