/** Several processes on this machine that answer on the same ports. The first process starts them and answers nothing itself. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Node } from './node.ts'
import type { ServerUrls } from './server-urls.ts'
import { answerScrapes, createScraper } from './worker-metrics.ts'

/** What a worker is told once it runs; by message, since others could read an environment. */
export type WorkerOrder = { readonly config: Config; readonly urls: ServerUrls }

/** What a worker says, apart from its measures. */
export type WorkerNews = 'ready'

const RESTART_MS = 1000

/** Starts `config.workers` processes and resolves when all are ready; one that ends is replaced. */
export async function startWorkers(config: Config, urls: ServerUrls, log: Logger): Promise<Node> {
  cluster.setupPrimary({ exec: new URL('./worker.ts', import.meta.url).pathname, args: [], serialization: 'advanced' })
  const order: WorkerOrder = { config, urls }
  const answering = new Set<Worker>()
  const scrape = createScraper(() => answering)
  let isStopping = false

  const start = async (): Promise<void> => {
    const worker = cluster.fork()
    worker.once('exit', (code, signal) => {
      answering.delete(worker)
      if (isStopping) return
      log.error({ worker: worker.id, code, signal }, 'a worker ended and is replaced')
      setTimeout(() => {
        if (!isStopping) start().catch((error: unknown) => log.error({ err: error }, 'no worker could be started'))
      }, RESTART_MS)
    })
    worker.once('online', () => worker.send(order))
    answerScrapes(worker, scrape, (error) => log.error({ err: error }, 'the measures could not be summed'))
    await ready(worker)
    answering.add(worker)
  }

  const stop = async (): Promise<void> => {
    isStopping = true
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    await Promise.all(
      workers.map(async (worker) => {
        if (worker.isDead()) return
        const ended = once(worker, 'exit')
        worker.process.kill('SIGTERM')
        await ended
      }),
    )
  }

  try {
    await Promise.all(Array.from({ length: config.workers }, start))
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

async function ready(worker: Worker): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (news: WorkerNews) => {
      if (news === 'ready') resolve()
    })
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it was ready: see its log`)))
  })
}
