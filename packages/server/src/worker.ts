/** The entry of a worker process: one node of the platform on ports that it shares with the others. */
import { once } from 'node:events'
import { bindPorts } from './bound-ports.ts'
import { createLog } from './http/log.ts'
import { startNode } from './node.ts'
import { openConfiguredStore, openWorld } from './platform.ts'
import { joinMetrics } from './worker-metrics.ts'
import type { WorkerNews, WorkerOrder } from './workers.ts'

const [{ config, urls }] = (await once(process, 'message')) as [WorkerOrder]
const log = createLog(config.logLevel, { write: (line) => void process.stderr.write(line) })
const ports = await bindPorts(config)
const store = await openConfiguredStore(config, (error) => log.warn({ err: error }, 'a database connection was lost'))
let revoked = (_authorityId: string): void => undefined
const world = await openWorld(config, {
  store,
  pkiUrl: urls.pkiUrl,
  now: () => new Date(),
  onRevocation: (authorityId) => revoked(authorityId),
})
const node = await startNode({ config, urls, world, ports, log, gatherMetrics: joinMetrics })
revoked = node.revoked

let isStopping = false
const stop = (): void => {
  if (isStopping) return
  isStopping = true
  node.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error({ err: error }, 'the worker did not stop in order')
      process.exit(1)
    },
  )
}
process.on('SIGTERM', stop)
// Ctrl+C reaches every process of the terminal: the first process says when.
process.on('SIGINT', () => undefined)
// Without the first process nobody would stop this one.
process.on('disconnect', stop)

const news: WorkerNews = 'ready'
process.send?.(news)
