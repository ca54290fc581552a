import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Refusal } from '../domain/refusal.ts'
import { invalidImage } from '../domain/sign-content.ts'
import type { ContentToVerify, VerificationEngine, VerifiedContent } from '../domain/verification-engine.ts'
import { type Deadline, deadlineOf } from './deadline.ts'
import type { VerificationTask } from './verification-worker.ts'

/** How much is done at once, how much may wait, and for how long a file is worked on. */
export type VerificationLimits = {
  /** Threads; each verifies one file at a time, so that one that is ended takes no other along. */
  readonly threads: number
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

type Thread = { readonly worker: Worker; job: Job | undefined; timer: NodeJS.Timeout | undefined; begunAt: number }

/** Verifies on worker threads of its own: files of strangers keep nobody from signing. */
export function createVerificationThreads(limits: Partial<VerificationLimits> = {}): VerificationThreads {
  const {
    threads: most,
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
      const thread = [...threads].find((candidate) => !candidate.job) ?? (threads.size < most ? start() : undefined)
      if (!thread) return
      leaveQueue(job)
      begin(thread, job)
    }
    if (stopped && [...threads].every(({ job }) => !job)) whenIdle?.()
  }

  function leaveQueue(job: Job): void {
    if (waiting.delete(job)) waitingBytes -= job.size
  }

  function start(): Thread {
    const worker = new Worker(new URL('./verification-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    })
    const thread: Thread = { worker, job: undefined, timer: undefined, begunAt: 0 }
    threads.add(thread)
    worker.unref()
    worker.on('message', (verified: VerifiedContent | 'ready') => {
      if (verified === 'ready') {
        // What it takes to start a thread is nobody's file's fault.
        thread.begunAt = performance.now()
        return
      }
      const job = release(thread)
      job?.resolve(verified)
      assign()
    })
    worker.on('error', (error: NodeJS.ErrnoException) =>
      end(thread, error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch('needs more memory', error) : error),
    )
    worker.on('exit', (code) => end(thread, new Error(`a verification thread ended with ${code}`)))
    return thread
  }

  function begin(thread: Thread, job: Job): void {
    const milliseconds = deadlineOf(deadline, job.size)
    thread.job = job
    thread.begunAt = performance.now()
    thread.timer = setTimeout(
      () => end(thread, tooMuch(`takes longer than the ${Math.round(milliseconds / 1000)} seconds that it is given`)),
      milliseconds,
    )
    const { onSpent: _, ...task } = job.content
    thread.worker.postMessage(task satisfies VerificationTask, [task.bytes.buffer])
  }

  /** Takes the job off its thread, which is free then. */
  function release(thread: Thread): Job | undefined {
    const { job } = thread
    clearTimeout(thread.timer)
    thread.job = undefined
    job?.content.onSpent(performance.now() - thread.begunAt)
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

function tooMuch(what: string, cause?: Error): Refusal {
  const refusal = invalidImage(`Its verification was ended: it ${what}.`)
  return cause ? new Refusal(refusal.reason, refusal.code, refusal.message, { cause }) : refusal
}
