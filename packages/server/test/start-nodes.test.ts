/** Two nodes on one PostgreSQL. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createLog, startServer } from '../src/index.ts'
import { readConfig } from '../src/settings.ts'
import { FREE_PORTS } from './serve-process.ts'
import { freshDatabase } from './store/postgres.ts'
import { temporaryFolder } from './test-world.ts'

test('two nodes that start at once make one platform, and one of them has the quickstart', async (t: TestContext) => {
  const url = await freshDatabase()
  if (!url) return t.skip('there is no PostgreSQL')
  const env = {
    ...FREE_PORTS,
    COUNTERSIGN_DATABASE_URL: url,
    COUNTERSIGN_MASTER_KEY: Buffer.alloc(32, 5).toString('base64'),
    COUNTERSIGN_PKI_URL: 'http://pki.example.com',
  }
  const folders = [temporaryFolder(t), temporaryFolder(t)]
  const servers = await Promise.all(
    folders.map((folder) =>
      startServer(readConfig({ env: { ...env, COUNTERSIGN_DATA: folder } }), { log: createLog('silent') }),
    ),
  )
  t.after(() => Promise.all(servers.map((server) => server.stop())))
  t.assert.equal(servers.filter(({ isFirstStart }) => isFirstStart).length, 1)
  t.assert.equal(folders.filter((folder) => existsSync(join(folder, 'quickstart'))).length, 1)
  const [one, other] = folders.map((folder) => readFileSync(join(folder, 'ca.pem'), 'utf8'))
  t.assert.equal(one, other)
})

test('a database that does not answer is a sentence that names it, without its password', async (t: TestContext) => {
  const env = {
    ...FREE_PORTS,
    COUNTERSIGN_DATA: temporaryFolder(t),
    COUNTERSIGN_DATABASE_URL: 'postgres://countersign:hunter2@127.0.0.1:1/countersign',
  }
  await t.assert.rejects(startServer(readConfig({ env }), { log: createLog('silent') }), (error: Error) => {
    t.assert.match(error.message, /^The database at 127\.0\.0\.1:1 \(COUNTERSIGN_DATABASE_URL\) can't be opened: ./)
    return !error.message.includes('hunter2')
  })
})
