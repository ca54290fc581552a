/** Several processes of one machine, one answer of `/metrics`: whichever of them is asked answers for all. */

import type { Worker } from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { AggregatorRegistry, type Registry } from 'prom-client'

type Measures = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** What the first process and its workers tell each other about measures. */
export type MetricsMessage =
  /** A worker to the first process: somebody asks for the measures of all. */
  | { readonly kind: 'scrape'; readonly id: string }
  /** The first process to each worker that is ready. */
  | { readonly kind: 'measure'; readonly id: string }
  | { readonly kind: 'measured'; readonly id: string; readonly measures: Measures }
  /** The first process to the worker that asked. */
  | { readonly kind: 'scraped'; readonly id: string; readonly text: string }

/** Who says nothing for so long is left out: a busy worker must not make the others look dead. */
const WORKER_MS = 2_000
const FIRST_PROCESS_MS = 5_000

/** In the first process: the measures of all workers that are ready, counts summed. Who asks meanwhile shares the answer. */
export function createScraper(ready: () => Iterable<Worker>): () => Promise<string> {
  let running: Promise<string> | undefined
  const scrape = async (): Promise<string> => {
    const all = await Promise.all(Array.from(ready(), measuresOf))
    return AggregatorRegistry.aggregate(all.filter((measures) => measures !== undefined)).metrics()
  }
  return () => {
    running ??= scrape().finally(() => {
      running = undefined
    })
    return running
  }
}

/** In the first process: answers the worker whenever it is asked. One that gets no answer says so to its own client. */
export function answerScrapes(worker: Worker, scrape: () => Promise<string>, onError: (error: unknown) => void): void {
  worker.on('message', (message: MetricsMessage | string) => {
    if (typeof message === 'string' || message.kind !== 'scrape') return
    const { id } = message
    scrape().then((text) => tell(worker, { kind: 'scraped', id, text }), onError)
  })
}

function measuresOf(worker: Worker): Promise<Measures | undefined> {
  const id = randomUUID()
  return new Promise((resolve) => {
    const finish = (measures?: Measures): void => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
      resolve(measures)
    }
    const onExit = (): void => finish()
    const onMessage = (message: MetricsMessage | string): void => {
      if (typeof message !== 'string' && message.kind === 'measured' && message.id === id) finish(message.measures)
    }
    const timer = setTimeout(finish, WORKER_MS)
    worker.on('message', onMessage)
    worker.on('exit', onExit)
    tell(worker, { kind: 'measure', id })
  })
}

/** A worker that is gone meanwhile is told nothing. */
function tell(worker: Worker, message: MetricsMessage): void {
  worker.send(message, () => undefined)
}

/** In a worker: gives its own measures when the first process asks; the function that it gives asks for those of all. */
export function joinMetrics(registry: Registry): () => Promise<string> {
  const waiting = new Map<string, (text: string) => void>()
  process.on('message', (message: MetricsMessage) => {
    if (message.kind === 'scraped') waiting.get(message.id)?.(message.text)
    if (message.kind !== 'measure') return
    const { id } = message
    // Measures that can't be read, since the store is down, are those of a worker that says nothing.
    registry.getMetricsAsJSON().then(
      (measures) => toFirst({ kind: 'measured', id, measures }),
      () => undefined,
    )
  })
  return () => {
    const id = randomUUID()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new Error('the first process does not answer for the measures of all workers'))
      }, FIRST_PROCESS_MS)
      waiting.set(id, (text) => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(text)
      })
      toFirst({ kind: 'scrape', id })
    })
  }
}

function toFirst(message: MetricsMessage): void {
  process.send?.(message, undefined, undefined, () => undefined)
}
