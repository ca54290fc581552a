/** Threads for the files of a folder: while they read, hash and write some, claims are made about others. */
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FileThreads } from '../sign-image.ts'
import type { FileAnswer, FileRequest } from './file-worker.ts'
import { openAsset, READ_WHOLE } from './files.ts'

type Waiting = { readonly resolve: (answer: FileAnswer) => void; readonly reject: (error: Error) => void }
type Question<T = FileRequest> = T extends FileRequest ? Omit<T, 'givenBack'> : never

/** Of these one thread does not read as many as claims are made about meanwhile. */
const LARGE = 2 * 1024 * 1024
const MOST_THREADS = Math.min(4, availableParallelism())

/** Starts a thread, and others once there are large files that wait. */
export function startFileThreads(): FileThreads {
  const threads = [startFileThread()]
  return {
    async open(path) {
      const thread = threads.reduce((least, one) => (one.waiting() < least.waiting() ? one : least))
      const opened = await thread.open(path)
      const isLarge = opened.asset instanceof Uint8Array && opened.asset.length > LARGE
      if (isLarge && threads.length < MOST_THREADS && thread.waiting() > 0) threads.push(startFileThread())
      return opened
    },
    end() {
      for (const { end } of threads) end()
    },
  }
}

/** How much is asked of it that it has not done. */
type FileThread = FileThreads & { waiting(): number }

/** Starts a thread. It keeps the process only while something is asked of it. */
function startFileThread(): FileThread {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  // The flags of the process are not for its threads: Node refuses --input-type, for one.
  const worker = new Worker(new URL(`./file-worker.${extension}`, import.meta.url), { execArgv: [] })
  /** In the order in which they are answered. */
  const waiting: Waiting[] = []
  let givenBack: number[] = []
  let ended: Error | undefined

  worker.unref()
  worker.on('message', (answer: FileAnswer) => {
    const asked = waiting.shift()
    if (waiting.length === 0) worker.unref()
    if (answer.kind === 'failed') asked?.reject(Object.assign(new Error(answer.message), answer.facts))
    else asked?.resolve(answer)
  })
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => end(new Error('the thread for files has ended')))

  function end(error: Error): void {
    ended ??= error
    for (const { reject } of waiting.splice(0)) reject(ended)
  }

  function ask(question: Question): Promise<FileAnswer> {
    return new Promise((resolve, reject) => {
      if (ended) return reject(ended)
      worker.postMessage({ ...question, givenBack } satisfies FileRequest)
      givenBack = []
      if (waiting.push({ resolve, reject }) === 1) worker.ref()
    })
  }

  return {
    async open(path) {
      const answer = await ask({ kind: 'read', path, mostBytes: READ_WHOLE })
      if (answer.kind !== 'read') return openAsset(path)
      const { bytes, hash } = answer
      return {
        asset: bytes,
        name: basename(path),
        hash,
        write: async (to, pieces) =>
          void (await ask({ kind: 'write', path: to, pieces: await Array.fromAsync(pieces) })),
        close: async () => {
          if (bytes.buffer instanceof SharedArrayBuffer) givenBack.push(bytes.byteOffset)
        },
      }
    },
    waiting: () => waiting.length,
    end: () => void worker.terminate(),
  }
}
