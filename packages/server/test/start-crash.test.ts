/** A first start that is killed, at any moment. */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createLog, startServer, verifyAuditChain } from '../src/index.ts'
import { openConfiguredStore } from '../src/platform.ts'
import { readConfig } from '../src/settings.ts'
import { FREE_PORTS, spawnServe, until } from './serve-process.ts'
import { temporaryFolder } from './test-world.ts'

const FILES = ['account.json', 'cert.pem', 'chain.pem', 'client.p12', 'key.pem', 'signing-chain.pem']

/** Moments of a first start, told by what lies in the data folder. */
const MOMENTS: readonly (readonly [string, (data: string) => boolean])[] = [
  ['the ports are kept', (data) => existsSync(join(data, 'ports.json'))],
  ['there is a database', (data) => existsSync(join(data, 'countersign.db'))],
  ['there is a master key', (data) => existsSync(join(data, 'master.key'))],
  ['the quickstart is drafted', (data) => existsSync(join(data, 'quickstart.new', '.facts.json'))],
  ['the quickstart stands', (data) => existsSync(join(data, 'quickstart'))],
  ['the root is written', (data) => existsSync(join(data, 'ca.pem'))],
]

test('a kill at any moment of the first start leaves a start that completes', {
  timeout: 120_000,
  concurrency: 2,
}, async (t) => {
  for (const [moment, isReached] of MOMENTS)
    await t.test(`when ${moment}`, async (t: TestContext) => {
      const data = temporaryFolder(t)
      const child = spawnServe(data)
      const exited = once(child, 'exit')
      await until(() => isReached(data))
      child.kill('SIGKILL')
      await exited
      const config = readConfig({ env: { COUNTERSIGN_DATA: data, ...FREE_PORTS } })
      const server = await startServer(config, { log: createLog('silent') })
      try {
        const account = JSON.parse(readFileSync(join(data, 'quickstart', 'account.json'), 'utf8'))
        t.assert.equal(server.account?.account_id, account.account_id)
        for (const file of FILES) t.assert.ok(existsSync(join(data, 'quickstart', file)), file)
        t.assert.equal(existsSync(join(data, 'quickstart.new')), false)
        const store = await openConfiguredStore(config)
        try {
          t.assert.deepEqual(
            (await store.accounts.list()).map(({ id }) => id),
            [account.account_id],
          )
          t.assert.equal((await verifyAuditChain(store)).valid, true)
        } finally {
          await store.close()
        }
      } finally {
        await server.stop()
      }
    })
})
