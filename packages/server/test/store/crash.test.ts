import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sealAuditEvents, verifyAuditChain } from '../../src/domain/audit-chain.ts'
import { onBothDatabases } from './test-database.ts'

const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url))

onBothDatabases('a writer that is killed', (database) => {
  test('leaves every record that it was answered, whole and with its event', async (t) => {
    const place = await database.place()
    for (let round = 0; round < 2; round++) {
      const child = spawn(process.execPath, [WRITER, JSON.stringify(place)], { stdio: ['ignore', 'pipe', 'inherit'] })
      let said = ''
      child.stdout.on('data', (chunk) => {
        said += chunk
        // In the middle of the work: hundreds are answered, a hundred are under way.
        if (said.length > 37 * 500) child.kill('SIGKILL')
      })
      await once(child, 'close')
      t.assert.equal(child.signalCode, 'SIGKILL')

      const store = await database.open(place)
      const answered = said.split('\n').slice(0, -1)
      t.assert.equal(answered.length >= 500, true)
      for (const id of answered) t.assert.equal((await store.signatures.find(id))?.id, id)
      await sealAuditEvents(store)
      const report = await verifyAuditChain(store)
      t.assert.deepEqual([report.valid, report.unsealed.count], [true, 0])

      const [account] = (await store.accounts.list()).slice(-1)
      const records = (await store.signatures.list(account?.id ?? '', 100_000)).map(({ id }) => id)
      const events = (await store.auditEvents.listSealed(0n, 100_000)).map(({ event }) => event.resourceId)
      t.assert.deepEqual(new Set(records).difference(new Set(events)), new Set())
    }
  })
})
