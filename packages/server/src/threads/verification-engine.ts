import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { FetchedData, Fetchers } from '@countersign/c2pa'
import { Refusal } from '../domain/refusal.ts'
import { invalidImage } from '../domain/sign-content.ts'
import type { ContentToVerify, VerificationEngine, VerifiedContent } from '../domain/verification-engine.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import type { FetchCall, FromVerification, ToVerification } from './verification-message.ts'

/** How much is done at once, how much may wait, and for how long a file is worked on. */
export type VerificationLimits = {
  /** Threads; each verifies one file at a time, so that one that is ended takes no other along. */
  readonly threads: number
  /** Threads beside those, while as many wait for something to be fetched: what is slow elsewhere is to stop nobody here. */
  readonly moreThreads: number
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  readonly deadline: Deadline
  /** What is left to a file that nobody waits for any more: most are done before, and a thread costs more to start. */
  readonly abandonedMs: number
  /** Objects of one thread, in megabytes; files are not counted. */
  readonly heapMegabytes: number
}

const DEFAULTS: VerificationLimits = {
  threads: Math.max(2, availableParallelism()),
  moreThreads: 8,
  maxWaiting: 128,
  maxWaitingBytes: 512 * 1024 * 1024,
  deadline: { baseMs: 10_000, bytesOfMs: 20_000 },
  abandonedMs: 250,
  heapMegabytes: 512,
}

/** The engine with its threads; `stop` ends them once what they were doing is done. */
export type VerificationThreads = VerificationEngine & { stop(): Promise<void> }

type Job = {
  readonly content: ContentToVerify
  readonly size: number
  readonly signal: AbortSignal
  readonly resolve: (verified: VerifiedContent) => void
  readonly reject: (error: unknown) => void
}

type Thread = {
  readonly worker: Worker
  job: Job | undefined
  timer: NodeJS.Timeout | undefined
  begunAt: number
  /** What is left of its job's time, and since when that has been running. */
  leftMs: number
  resumedAt: number
  /** How much it waits for, since when, and for how long it has waited before. */
  fetching: number
  pausedAt: number
  waitedMs: number
}

/** Verifies on worker threads of its own: files of strangers keep nobody from signing. */
export function createVerificationThreads(limits: Partial<VerificationLimits> = {}): VerificationThreads {
  const {
    threads: most,
    moreThreads,
    maxWaiting,
    maxWaitingBytes,
    deadline,
    abandonedMs,
    heapMegabytes,
  } = { ...DEFAULTS, ...limits }
  const threads = new Set<Thread>()
  const waiting = new Set<Job>()
  let waitingBytes = 0
  let stopped = false
  let whenIdle: (() => void) | undefined

  function assign(): void {
    for (const job of waiting) {
      const fetching = [...threads].filter((candidate) => candidate.fetching > 0).length
      const mayStart = threads.size < most + Math.min(fetching, moreThreads)
      const thread = [...threads].find((candidate) => !candidate.job) ?? (mayStart ? start() : undefined)
      if (!thread) return
      leaveQueue(job)
      begin(thread, job)
    }
    if (stopped && [...threads].every(({ job }) => !job)) whenIdle?.()
  }

  /** Ends what was started beside the usual threads and is not needed any more. */
  function retire(thread: Thread): void {
    if (thread.job || threads.size <= most) return
    threads.delete(thread)
    void thread.worker.terminate()
  }

  function leaveQueue(job: Job): void {
    if (waiting.delete(job)) waitingBytes -= job.size
  }

  function start(): Thread {
    const worker = new Worker(new URL('./verification-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    })
    const thread: Thread = {
      worker,
      job: undefined,
      timer: undefined,
      begunAt: 0,
      leftMs: 0,
      resumedAt: 0,
      fetching: 0,
      pausedAt: 0,
      waitedMs: 0,
    }
    threads.add(thread)
    worker.unref()
    worker.on('message', (message: FromVerification) => {
      // What it takes to start a thread is nobody's file's fault.
      if (message.type === 'ready') thread.begunAt = performance.now()
      else if (message.type === 'fetch') void fetchFor(thread, message.call, message.fetch)
      else {
        release(thread)?.resolve(message.verified)
        assign()
        retire(thread)
      }
    })
    worker.on('error', (error: NodeJS.ErrnoException) =>
      end(thread, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch('needs more memory', error) : error),
    )
    worker.on('exit', (code) => end(thread, new Error(`a verification thread ended with ${code}`)))
    return thread
  }

  function begin(thread: Thread, job: Job): void {
    thread.job = job
    thread.begunAt = performance.now()
    thread.leftMs = deadlineOf(deadline, job.size)
    thread.fetching = 0
    thread.waitedMs = 0
    resume(thread, job)
    const { onSpent: _, fetchers = {}, ...task } = job.content
    const fetched = Object.keys(fetchers) as (keyof Fetchers)[]
    send(thread, { type: 'verify', task: { ...task, fetched } }, [task.bytes.buffer])
  }

  function send(thread: Thread, message: ToVerification, transfer: ArrayBuffer[] = []): void {
    thread.worker.postMessage(message, transfer)
  }

  /** Lets the time of a job run. */
  function resume(thread: Thread, { size }: Job): void {
    const seconds = Math.round(deadlineOf(deadline, size) / 1000)
    thread.resumedAt = performance.now()
    thread.timer = setTimeout(
      () => end(thread, tooMuch(`takes longer than the ${seconds} seconds that it is given`)),
      thread.leftMs,
    )
  }

  /** Fetches for a thread. Its time stands still meanwhile: how long fetching takes is for the fetcher to bound. */
  async function fetchFor(thread: Thread, call: number, fetch: FetchCall): Promise<void> {
    const { job } = thread
    if (!job) return
    if (job.signal.aborted) return
    if (thread.fetching++ === 0) {
      clearTimeout(thread.timer)
      thread.pausedAt = performance.now()
      thread.leftMs -= thread.pausedAt - thread.resumedAt
    }
    // Who waits for a thread may have one more now.
    assign()
    const data = await fetchedBy(job.content.fetchers ?? {}, fetch).catch(() => undefined)
    if (!threads.has(thread) || thread.job !== job) return
    if (--thread.fetching === 0) {
      thread.waitedMs += performance.now() - thread.pausedAt
      if (!job.signal.aborted) resume(thread, job)
    }
    send(thread, { type: 'fetched', call, data })
  }

  /** Takes the job off its thread, which is free then. */
  function release(thread: Thread): Job | undefined {
    const { job } = thread
    clearTimeout(thread.timer)
    thread.job = undefined
    thread.fetching = 0
    job?.content.onSpent(performance.now() - thread.begunAt - thread.waitedMs)
    return job
  }

  /** Ends a thread with what it does; the next job starts another one. */
  function end(thread: Thread, reason: unknown): void {
    if (!threads.delete(thread)) return
    release(thread)?.reject(reason)
    void thread.worker.terminate()
    assign()
  }

  /** Nobody waits for the outcome any more. */
  function abandon(job: Job): void {
    if (waiting.has(job)) {
      leaveQueue(job)
      job.reject(job.signal.reason)
      return
    }
    const thread = [...threads].find((candidate) => candidate.job === job)
    if (!thread) return
    clearTimeout(thread.timer)
    thread.timer = setTimeout(() => end(thread, job.signal.reason), abandonedMs)
  }

  return {
    verify(content, signal) {
      const size = content.bytes.length
      return new Promise<VerifiedContent>((resolve, reject) => {
        if (stopped || waiting.size >= maxWaiting || (waiting.size > 0 && waitingBytes + size > maxWaitingBytes)) {
          reject(new Refusal('unavailable', 'temporarily_unavailable', 'Too many files wait to be verified.'))
          return
        }
        if (signal.aborted) {
          reject(signal.reason)
          return
        }
        const job: Job = { content, size, signal, resolve, reject }
        signal.addEventListener('abort', () => abandon(job), { once: true })
        waiting.add(job)
        waitingBytes += size
        assign()
      })
    },
    async stop() {
      stopped = true
      await new Promise<void>((resolve) => {
        whenIdle = resolve
        assign()
      })
      await Promise.all([...threads].map(({ worker }) => worker.terminate()))
    },
  }
}

async function fetchedBy(fetchers: Fetchers, fetch: FetchCall): Promise<FetchedData | undefined> {
  if (fetch.what === 'cloudData') return fetchers.cloudData?.(fetch.url, fetch.size)
  const bytes = await (fetch.what === 'ocsp'
    ? fetchers.ocsp?.(fetch.url, fetch.request)
    : fetchers.manifestStore?.(fetch.url))
  return bytes && { bytes }
}

function tooMuch(what: string, cause?: Error): Refusal {
  const refusal = invalidImage(`Its verification was ended: it ${what}.`)
  return cause ? new Refusal(refusal.reason, refusal.code, refusal.message, { cause }) : refusal
}
