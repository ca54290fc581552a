import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { C2paError, type C2paErrorCode } from '@countersign/c2pa'
import type { ContentEngine, ContentToSign, SignedContent, SignedSummary } from '../domain/content-engine.ts'
import { Refusal } from '../domain/refusal.ts'
import { invalidImage } from '../domain/sign-content.ts'
import type { FromThread, ToThread } from './content-message.ts'
import { type SigningJob, signAndVerify } from './content-signing.ts'
import { type Deadline, deadlineOf } from './deadline.ts'

/** How much is done at once and how much may wait. */
export type EngineLimits = {
  /** Threads; they start when there is work. */
  readonly threads: number
  /** Files that one thread works on at once: while one waits for its time stamp, another is hashed. */
  readonly jobsOfThread: number
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  /** A file of at most so many bytes that comes while nothing else is done is signed where it is: crossing threads would cost more. */
  readonly inlineBytes: number
  /** Time stamps are waited for too, twice at worst. */
  readonly deadline: Deadline
}

const DEFAULTS: EngineLimits = {
  threads: availableParallelism(),
  jobsOfThread: 4,
  maxWaiting: 512,
  maxWaitingBytes: 512 * 1024 * 1024,
  // About five milliseconds for the event loop.
  inlineBytes: 1_500_000,
  deadline: { baseMs: 40_000, bytesOfMs: 20_000 },
}

/** The engine with its threads; `stop` ends them once what they were doing is done. */
export type ContentThreads = ContentEngine & { stop(): Promise<void> }

type Job = {
  readonly content: ContentToSign
  readonly resolve: (signed: SignedContent) => void
  readonly reject: (error: unknown) => void
  /** What a function of the main thread threw, kept here since errors lose their class on the way. */
  failure: unknown
  summary: SignedSummary | undefined
  recorded: Promise<unknown> | undefined
  timer: NodeJS.Timeout | undefined
}

type Thread = { readonly worker: Worker; readonly jobs: Map<number, Job> }

/** Signs and verifies on worker threads. What comes in and goes out is handed over, not copied. */
export function createContentThreads(limits: Partial<EngineLimits> = {}): ContentThreads {
  // Files are memory outside V8's heap, and it would mark its whole heap again for every few of them.
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  const { threads: most, jobsOfThread, maxWaiting, maxWaitingBytes, inlineBytes, deadline } = { ...DEFAULTS, ...limits }
  const threads = new Set<Thread>()
  const waiting: Job[] = []
  let waitingBytes = 0
  let lastId = 0
  let inline = 0
  let stopped = false
  let whenIdle: (() => void) | undefined

  function isIdle(): boolean {
    return inline === 0 && waiting.length === 0 && [...threads].every(({ jobs }) => jobs.size === 0)
  }

  /** Here and now: the keys are at hand, and nobody waits. Undefined for a file that is for a thread all the same. */
  async function signHere(content: ContentToSign): Promise<SignedContent | undefined> {
    inline++
    try {
      let summary: SignedSummary | undefined
      let recorded: Promise<void> | undefined
      const outcome = await signAndVerify(taskOf(content), {
        signer: content.signer,
        timeStamp: (request) => (content.timeStamp as NonNullable<ContentToSign['timeStamp']>)(request),
        signed(made) {
          summary = made
          recorded = content.onSigned(made)
          recorded.catch(() => {})
        },
        // It may take long, and here it could not be ended.
        verifyParent: () => Promise.reject(new ForThread()),
      })
      await recorded
      if (!summary) throw new Error('a signing was done before it had signed')
      return { summary, ...outcome }
    } catch (error) {
      if (error instanceof ForThread) return undefined
      throw error
    } finally {
      inline--
      assign()
    }
  }

  function assign(): void {
    while (waiting.length > 0) {
      const thread = freest()
      if (!thread) return
      const job = waiting.shift() as Job
      waitingBytes -= job.content.image.length
      begin(thread, job)
    }
    if (stopped && isIdle()) whenIdle?.()
  }

  /** The thread with the least to do; a new one before a second job goes to a busy one. */
  function freest(): Thread | undefined {
    const thread = [...threads].sort((a, b) => a.jobs.size - b.jobs.size)[0]
    if (thread && thread.jobs.size === 0) return thread
    if (threads.size < most) return start()
    return thread && thread.jobs.size < jobsOfThread ? thread : undefined
  }

  function start(): Thread {
    const thread: Thread = { worker: new Worker(new URL('./content-worker.ts', import.meta.url)), jobs: new Map() }
    threads.add(thread)
    thread.worker.unref()
    thread.worker.on('message', (message: FromThread) => receive(thread, message))
    thread.worker.on('error', (error) => died(thread, error))
    thread.worker.on('exit', (code) => died(thread, new Error(`a content thread ended with ${code}`)))
    return thread
  }

  /** A thread that dies takes its jobs along, and the next job starts another thread. */
  function died(thread: Thread, error: unknown): void {
    threads.delete(thread)
    for (const job of thread.jobs.values()) {
      clearTimeout(job.timer)
      job.reject(error)
    }
    thread.jobs.clear()
    assign()
  }

  /** Ends the thread: nothing else stops what a job computes. The others on it may be tried again. */
  function expire(thread: Thread, id: number, milliseconds: number): void {
    const job = thread.jobs.get(id)
    if (!job) return
    thread.jobs.delete(id)
    const seconds = Math.round(milliseconds / 1000)
    job.reject(invalidImage(`It takes longer to sign than the ${seconds} seconds that it is given.`))
    died(thread, new Refusal('unavailable', 'temporarily_unavailable', 'The thread of the file had to be ended.'))
    void thread.worker.terminate()
  }

  function begin(thread: Thread, job: Job): void {
    const id = ++lastId
    thread.jobs.set(id, job)
    const milliseconds = deadlineOf(deadline, job.content.image.length)
    job.timer = setTimeout(() => expire(thread, id, milliseconds), milliseconds)
    const task = taskOf(job.content)
    send(thread, { type: 'sign', id, job: task }, [job.content.image.buffer])
  }

  function send(thread: Thread, message: ToThread, transfer: ArrayBuffer[] = []): void {
    thread.worker.postMessage(message, transfer)
  }

  function receive(thread: Thread, message: FromThread): void {
    const job = thread.jobs.get(message.id)
    if (!job) return
    if (message.type === 'call') {
      void answer(thread, job, message)
    } else if (message.type === 'signed') {
      job.summary = message.summary
      job.recorded = job.content.onSigned(message.summary)
      job.recorded.catch(() => {})
    } else {
      thread.jobs.delete(message.id)
      clearTimeout(job.timer)
      void finish(job, message)
      assign()
    }
  }

  async function answer(thread: Thread, job: Job, call: Extract<FromThread, { type: 'call' }>): Promise<void> {
    const { signer, timeStamp } = job.content
    try {
      const bytes = call.what === 'sign' ? await signer.sign(call.bytes) : await timeStamp?.(call.bytes)
      send(thread, { type: 'answer', call: call.call, bytes })
    } catch (error) {
      job.failure = error
      send(thread, { type: 'answer', call: call.call, bytes: undefined })
    }
  }

  return {
    async sign(content) {
      const { length } = content.image
      const signed = !stopped && length <= inlineBytes && isIdle() ? await signHere(content) : undefined
      if (signed) return signed
      return new Promise((resolve, reject) => {
        if (
          stopped ||
          waiting.length >= maxWaiting ||
          (waiting.length > 0 && waitingBytes + length > maxWaitingBytes)
        ) {
          reject(new Refusal('unavailable', 'temporarily_unavailable', 'Too many files wait to be signed.'))
          return
        }
        waiting.push({
          content,
          resolve,
          reject,
          failure: undefined,
          summary: undefined,
          recorded: undefined,
          timer: undefined,
        })
        waitingBytes += length
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

/** The file brings a manifest of others along. */
class ForThread extends Error {}

function taskOf({ signer, timeStamp, onSigned: _, ...rest }: ContentToSign): SigningJob {
  const { algorithm, publicKey } = signer
  return { ...rest, signer: { algorithm, publicKey }, isTimeStamped: timeStamp !== undefined }
}

/** The outcome of a job, once its record is written: without a record nothing is given away. */
async function finish(job: Job, message: Extract<FromThread, { type: 'done' | 'failed' }>): Promise<void> {
  try {
    if (message.type === 'failed') throw job.failure ?? errorOf(message.error)
    await job.recorded
    if (!job.summary) throw new Error('a content thread was done before it had signed')
    const { contents, verdict } = message
    job.resolve({ summary: job.summary, contents, verdict })
  } catch (error) {
    job.reject(error)
  }
}

function errorOf({ message, stack, code }: Extract<FromThread, { type: 'failed' }>['error']): Error {
  const error = code === undefined ? new Error(message) : new C2paError(code as C2paErrorCode, message)
  if (stack !== undefined) error.stack = stack
  return error
}
